"""The targets of a hostile passage: the peoples that it attacks, among all that it names.

Each mention is judged by its own form, the words around it, and the score of its sentence for
ethnic hostility; a people by the mean over its mentions.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from moderation.models.base import Floats, Ints
from moderation.text.foreign_names import Name
from moderation.text.peoples import Mention, mentions
from moderation.text.segmentation import Sentence, Token

N_FEATURES = 2**12
"""Columns of a mention's hashed features."""
REACH = 6
"""Words looked at on either side of a mention."""
NEAR_TOP = 0.9
"""Share of the highest score from which a sentence counts as one of the most hostile, or a place in
which a people is named."""
NEAR_CHARACTERS = 12
"""Characters on either side of a people's name that count as the same place."""


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

    def find(self, sentences: Sequence[Sentence], scores: Sequence[float]) -> tuple[str, ...]:
        """Return the peoples attacked, most certain first.

        Parameters
        ----------
        sentences : sequence of Sentence
            The passage.
        scores : sequence of float
            Each sentence's probability of ethnic hostility, alone.

        Returns
        -------
        tuple of str
            Ordinary names; empty only when the passage names no people.
        """
        by_people: dict[str, list[float]] = defaultdict(list)
        for people, features in mention_features(sentences, scores):
            by_people[people].append(float(hash_features(features) @ self.weights) + self.bias)
        means = {people: np.mean(values) for people, values in by_people.items()}
        ranked = sorted(means, key=lambda people: -means[people])
        return tuple(people for people in ranked if means[people] > 0) or tuple(ranked[:1])


def attacked(names: Sequence[Name], starts: Ints, ends: Ints, scores: Floats) -> tuple[str, ...]:
    """Return the peoples that a hostile passage attacks: those named where it is most hostile.

    It is for languages in which there are too few examples to learn from how a people is attacked.

    Parameters
    ----------
    names : sequence of Name
        The peoples named.
    starts, ends : array of shape (n_words,)
        The offsets of the words.
    scores : array of shape (n_words,)
        The probability that a word is evidence of ethnic hostility.

    Returns
    -------
    tuple of str
        Ordinary names, the one in the most hostile place first; empty only without names.
    """
    heat: dict[str, float] = defaultdict(float)
    for name in names:
        around = (starts < name.end + NEAR_CHARACTERS) & (ends > name.start - NEAR_CHARACTERS)
        heat[name.people] = max(heat[name.people], float(scores[around].max(initial=0.0)))
    highest = max(heat.values(), default=0.0)
    ranked = sorted(heat, key=lambda people: -heat[people])
    return tuple(people for people in ranked if heat[people] >= NEAR_TOP * highest)


def mention_features(
    sentences: Sequence[Sentence], scores: Sequence[float]
) -> Iterator[tuple[str, list[str]]]:
    """Yield, for each mention of a people, that people and the mention's features."""
    in_order = [
        (index, mention)
        for index, sentence in enumerate(sentences)
        for mention in mentions(sentence.tokens)
    ]
    counts = Counter(mention.people for _, mention in in_order)
    highest = max(scores, default=0.0)
    for position, (index, mention) in enumerate(in_order):
        tokens = sentences[index].tokens
        features = list(_context_features(tokens, mention))
        features.append("form " + " ".join(t.text for t in tokens[mention.first : mention.last]))
        features.append(f"peoples {min(len(counts), 3)}")
        features.append("first" if position == 0 else "later")
        features.append(f"named {min(counts[mention.people], 3)}")
        if counts[mention.people] == max(counts.values()):
            features.append("named most")
        if scores[index] >= highest * NEAR_TOP:
            # The name is hashed, so the weights of every shipped model depend on it.
            features.append("hottest sentence")
        yield mention.people, features


def hash_features(features: Iterable[str]) -> Floats:
    """Return the number of features that fall in each column, shape ``(N_FEATURES,)``."""
    columns = [zlib.crc32(feature.encode()) % N_FEATURES for feature in features]
    return np.bincount(columns, minlength=N_FEATURES).astype(float)


def _context_features(tokens: Sequence[Token], mention: Mention) -> Iterator[str]:
    """Yield the words within reach of a mention, by side, and the nearest again by themselves."""
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
