"""A model's judgement of one text, before any policy; the scores that it is made of."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, LABELLING, OTHERWISE, Label
from moderation.text.peoples import Mention, mentions
from moderation.text.sentences import Sentence
from moderation.text.tokens import Token
from moderation.verdict import Span

Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]

HARMFUL = np.array([attribute.harmful for attribute in ATTRIBUTES])
"""Which columns are harms."""

HOSTILITY = ATTRIBUTE_NAMES.index(Label.ETHNIC_HOSTILITY)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Scores of all attributes, the evidence for the high ones, and the targets."""

    scores: dict[str, float]
    spans: tuple[Span, ...]
    targets: tuple[str, ...]


class Judge(Protocol):
    """A model of any tier: it judges texts."""

    @property
    def thresholds(self) -> dict[str, float]:
        """For each labelling attribute, the probability from which its label holds."""

    @property
    def review_thresholds(self) -> dict[str, float]:
        """The probabilities that the word ``"model"`` in a policy stands for."""

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Score texts and find their evidence and targets, in order."""


def label_of(scores: Mapping[str, float], thresholds: Mapping[str, float]) -> Label:
    """Return the first labelling attribute that reaches its threshold, else ``civil``."""
    return next((name for name in LABELLING if scores[name] >= thresholds[name]), OTHERWISE)


def sigmoid(odds: Floats) -> Floats:
    """Return the probabilities of log-odds of any size, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(odds / 2)))


class Calibration(NamedTuple):
    """``probability = 1 / (1 + exp(-(slope * raw + offset)))``, by attribute."""

    slopes: Floats
    offsets: Floats

    def probabilities(self, raw: Floats) -> Floats:
        """Map raw scores of shape ``(n, n_attributes)`` to probabilities."""
        return sigmoid(raw * self.slopes + self.offsets)


# FOLDED targets: Which of the peoples a hostile passage names does it attack? Learned from the
# labelled set.
# Each mention is judged by its own form, the words around it, and how hostile its sentence is; a
# people by the mean of its mentions.

N_FEATURES = 2**12
REACH = 6
"""Words looked at on either side of a mention."""


class TargetFinder:
    """Names the peoples that a hostile passage attacks.

    Parameters
    ----------
    weights : array of shape (N_FEATURES,)
    bias : float
    """

    def __init__(self, weights: Floats, bias: float) -> None:
        self.weights = weights
        self.bias = bias

    def find(self, sentences: Sequence[Sentence], heat: Sequence[float]) -> tuple[str, ...]:
        """Return the peoples attacked, most certain first.

        Parameters
        ----------
        sentences : sequence of Sentence
            The passage.
        heat : sequence of float
            Each sentence's probability of ethnic hostility, alone.

        Returns
        -------
        tuple of str
            Ordinary names; empty only when the passage names no people.
        """
        by_people: dict[str, list[float]] = defaultdict(list)
        for people, features in described(sentences, heat):
            by_people[people].append(float(hash_features(features) @ self.weights) + self.bias)
        scores = {people: np.mean(some) for people, some in by_people.items()}
        ranked = sorted(scores, key=lambda people: -scores[people])
        return tuple(people for people in ranked if scores[people] > 0) or tuple(ranked[:1])


def described(
    sentences: Sequence[Sentence], heat: Sequence[float]
) -> Iterator[tuple[str, list[str]]]:
    """Yield each mention's people and the features of how it is spoken of."""
    found = [(index, m) for index, s in enumerate(sentences) for m in mentions(s.tokens)]
    named = Counter(mention.people for _, mention in found)
    hottest = max(heat, default=0.0)
    for position, (index, mention) in enumerate(found):
        tokens = sentences[index].tokens
        features = list(_around(tokens, mention))
        features.append("form " + " ".join(t.text for t in tokens[mention.first : mention.last]))
        features.append(f"peoples {min(len(named), 3)}")
        features.append("first" if position == 0 else "later")
        features.append(f"named {min(named[mention.people], 3)}")
        if named[mention.people] == max(named.values()):
            features.append("named most")
        if heat[index] >= hottest * 0.9:
            features.append("hottest sentence")
        yield mention.people, features


def _around(tokens: Sequence[Token], mention: Mention) -> Iterator[str]:
    for distance in range(1, REACH + 1):
        for side, at in (
            ("before", mention.first - distance),
            ("after", mention.last - 1 + distance),
        ):
            if 0 <= at < len(tokens):
                word = tokens[at].text
                yield f"{side} {word}"
                if distance == 1:
                    yield f"just {side} {word}"
            elif distance == 1:
                yield f"nothing {side}"


def hash_features(features: Iterable[str]) -> Floats:
    """Return how often each column stands for one of the features: shape ``(N_FEATURES,)``."""
    columns = [zlib.crc32(feature.encode()) % N_FEATURES for feature in features]
    return np.bincount(columns, minlength=N_FEATURES).astype(float)
