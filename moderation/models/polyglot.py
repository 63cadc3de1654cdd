"""The polyglot: one model for English and one for all other languages, on one scale."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import exp, log
from typing import Any, NamedTuple

from moderation.models.base import Judgement, languages_of, lowest_limits
from moderation.models.encoder import EncoderModel
from moderation.text.document import Document, Steps, finish

_EDGE = 1e-9
"""Scores nearer to 0 or 1 than this are moved as this one is."""


class PolyglotState(NamedTuple):
    """The thresholds of both models together: those of the model for English."""

    thresholds: dict[str, float]
    review_thresholds: dict[str, float]


class PolyglotModel:
    """Judges each text with the model that knows its language.

    Texts in English, and those in no certain language, are judged by the one for English. Scores of
    the other are moved so that its thresholds fall on those for English: a policy has one number
    for all languages, and a text is as likely to be wrongly held in either.

    Parameters
    ----------
    state : PolyglotState
    english, others : EncoderModel
    manifest : dict
        The state's origin; ``id`` names the model.
    """

    def __init__(
        self,
        state: PolyglotState,
        english: EncoderModel,
        others: EncoderModel,
        manifest: dict[str, Any],
    ) -> None:
        self.state = state
        self.english = english
        self.others = others
        self.manifest = manifest
        self.thresholds = state.thresholds
        self.review_thresholds = state.review_thresholds
        self._foreign = frozenset(languages_of(others.manifest)) - set(
            languages_of(english.manifest)
        )
        self._limits = lowest_limits(others.thresholds, others.review_thresholds)
        self._scale = Scale.between(others, state)

    @property
    def id(self) -> str:
        """``name@version``."""
        return str(self.manifest["id"])

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Score texts and find their evidence and targets, in order."""
        return finish(self.begin(texts))

    def begin(self, texts: Sequence[str]) -> Steps[list[Judgement]]:
        """Judge texts as `judge` does, in steps."""
        documents = [Document.of(text) for text in texts]
        foreign: list[bool] = []
        for document in documents:
            foreign.append(document.language in self._foreign)
            yield
        english = yield from self.english.begin(
            [one for one, is_foreign in zip(documents, foreign, strict=True) if not is_foreign],
            lowest_limits(self.thresholds, self.review_thresholds),
        )
        others = yield from self.others.begin(
            [one for one, is_foreign in zip(documents, foreign, strict=True) if is_foreign],
            self._limits,
        )
        of_english, of_others = iter(english), map(self._scale.move, others)
        return [next(of_others if is_foreign else of_english) for is_foreign in foreign]


class Scale(NamedTuple):
    """The scale on which one model's scores are those of another."""

    knots: dict[str, list[tuple[float, float]]]
    """By attribute, its thresholds of both models as log-odds, from the lowest on."""

    @classmethod
    def between(cls, model: EncoderModel, wanted: PolyglotState) -> "Scale":
        """Return the scale on which a model's thresholds are the wanted ones."""
        knots: dict[str, list[tuple[float, float]]] = {}
        for name in {**model.thresholds, **model.review_thresholds}:
            pairs = sorted(
                (_odds(own[name]), _odds(other[name]))
                for own, other in (
                    (model.review_thresholds, wanted.review_thresholds),
                    (model.thresholds, wanted.thresholds),
                )
                if name in own
            )
            # Two thresholds that stand the other way round in the other model cannot both be met.
            rising = all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(pairs))
            first = _odds(model.review_thresholds.get(name, model.thresholds[name]))
            knots[name] = pairs if rising else [pair for pair in pairs if pair[0] == first][:1]
        return cls(knots)

    def move(self, judgement: Judgement) -> Judgement:
        """Return a judgement with its scores on this scale."""
        return replace(judgement, scores=self._moved(judgement.scores))

    def _moved(self, scores: Mapping[str, float]) -> dict[str, float]:
        return {
            name: _probability(_on_line(_odds(score), self.knots[name]))
            if name in self.knots
            else score
            for name, score in scores.items()
        }


def _on_line(x: float, knots: Sequence[tuple[float, float]]) -> float:
    """Return the value at `x` of the line through some points, which goes on at 45 degrees."""
    first, last = knots[0], knots[-1]
    if x <= first[0]:
        return x - first[0] + first[1]
    if x >= last[0]:
        return x - last[0] + last[1]
    (left, low), (right, high) = next((a, b) for a, b in pairwise(knots) if x <= b[0])
    return low + (high - low) * (x - left) / (right - left)


def _odds(probability: float) -> float:
    bounded = min(max(probability, _EDGE), 1 - _EDGE)
    return log(bounded / (1 - bounded))


def _probability(odds: float) -> float:
    return 1 / (1 + exp(-odds))
