"""The cascade: the fast tier answers the texts that it is sure of, the encoder the others."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from moderation.models.base import Flags, Floats, Judgement, lowest_limits
from moderation.models.encoder import EncoderModel
from moderation.models.fast import FastModel
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.document import Steps

CHUNK = 1024
"""Texts judged at once; the number bounds memory and changes no score."""


class CascadeState(NamedTuple):
    """The limits chosen for two tiers together, as arrays and built-in values only.

    The fast tier is sure of a text if each of its probabilities is below its low limit or above its
    high one.
    """

    lows: Floats
    """Shape ``(n_attributes,)``."""
    highs: Floats
    """Shape ``(n_attributes,)``; infinite where the fast tier may not say that something holds."""
    thresholds: dict[str, float]
    review_thresholds: dict[str, float]


class CascadeModel:
    """Judges texts with two tiers on one calibrated scale.

    Parameters
    ----------
    state : CascadeState
    fast : FastModel
    encoder : EncoderModel
    manifest : dict
        The state's origin; ``id`` names the model.
    """

    def __init__(
        self,
        state: CascadeState,
        fast: FastModel,
        encoder: EncoderModel,
        manifest: dict[str, Any],
    ) -> None:
        self.state = state
        self.fast = fast
        self.encoder = encoder
        self.manifest = manifest
        self.thresholds = state.thresholds
        self.review_thresholds = state.review_thresholds
        self._limits = lowest_limits(state.thresholds, state.review_thresholds)

    @property
    def id(self) -> str:
        """``name@version``."""
        return str(self.manifest["id"])

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Score texts and find their evidence and targets, in order."""
        judgements: list[Judgement] = []
        for start in range(0, len(texts), CHUNK):
            answer = self._answer_fast(texts[start : start + CHUNK])
            judgements.extend(answer.merge(self.encoder.judge(answer.unsure, self._limits)))
        return judgements

    def begin(self, texts: Sequence[str]) -> Steps[list[Judgement]]:
        """Judge texts as `judge` does, in steps."""
        judgements: list[Judgement] = []
        for start in range(0, len(texts), CHUNK):
            answer = self._answer_fast(texts[start : start + CHUNK])
            yield
            others = yield from self.encoder.begin(answer.unsure, self._limits)
            judgements.extend(answer.merge(others))
        return judgements

    def _answer_fast(self, texts: Sequence[str]) -> "FastAnswer":
        probabilities = self.fast.probabilities(texts)
        sure = is_sure(probabilities, self.state.lows, self.state.highs)
        unsure = [texts[index] for index in np.flatnonzero(~sure).tolist()]
        return FastAnswer(probabilities, sure, unsure)


class FastAnswer(NamedTuple):
    """The fast tier's answer for some texts."""

    probabilities: Floats
    """Shape ``(n_texts, n_attributes)``."""
    sure: Flags
    """Shape ``(n_texts,)``."""
    unsure: list[str]
    """The texts that it is not sure of, in order."""

    def merge(self, judgements: Iterable[Judgement]) -> Iterator[Judgement]:
        """Yield a judgement for each text: the fast tier's, or the next of the encoder's."""
        others = iter(judgements)
        for row, known in zip(self.probabilities.tolist(), self.sure.tolist(), strict=True):
            scores = dict(zip(ATTRIBUTE_NAMES, row, strict=True))
            yield Judgement(scores, (), ()) if known else next(others)


def is_sure(probabilities: Floats, lows: Floats, highs: Floats) -> Flags:
    """Return True for each row whose every probability is below its low or above its high."""
    return np.asarray(((probabilities < lows) | (probabilities > highs)).all(axis=1))
