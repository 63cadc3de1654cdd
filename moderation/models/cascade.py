"""The cascade: the fast tier answers what it is sure of, the encoder the rest."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from moderation.models.base import Flags, Floats, Judgement
from moderation.models.encoder import EncoderModel, lowest_limits
from moderation.models.fast import FastModel
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.document import Steps

CHUNK = 1024
"""Texts judged at once; it bounds memory and changes no score."""


class CascadeState(NamedTuple):
    """What is chosen for two tiers together: arrays and built-in values only."""

    lows: Floats
    """Shape ``(n_attributes,)``: the fast tier is sure if each probability is below its own of
    these,"""
    highs: Floats
    """or above its own of these; infinite where it is not trusted to know that something holds."""
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
        Where the state came from; ``id`` names the model.
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
        self._lowest = lowest_limits(state.thresholds, state.review_thresholds)

    @property
    def id(self) -> str:
        """``name@version``."""
        return str(self.manifest["id"])

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Score texts and find their evidence and targets, in order."""
        found: list[Judgement] = []
        for start in range(0, len(texts), CHUNK):
            asked = self._ask_fast(texts[start : start + CHUNK])
            found.extend(asked.with_rest(self.encoder.judge(asked.hard, self._lowest)))
        return found

    def begin(self, texts: Sequence[str]) -> Steps[list[Judgement]]:
        """Judge texts as `judge` does, in steps."""
        found: list[Judgement] = []
        for start in range(0, len(texts), CHUNK):
            asked = self._ask_fast(texts[start : start + CHUNK])
            yield
            rest = yield from self.encoder.begin(asked.hard, self._lowest)
            found.extend(asked.with_rest(rest))
        return found

    def _ask_fast(self, texts: Sequence[str]) -> "FastAnswer":
        probabilities = self.fast.probabilities(texts)
        sure = is_sure(probabilities, self.state.lows, self.state.highs)
        hard = [texts[index] for index in np.flatnonzero(~sure).tolist()]
        return FastAnswer(probabilities, sure, hard)


class FastAnswer(NamedTuple):
    """The fast tier's answer for some texts."""

    probabilities: Floats
    """Shape ``(n_texts, n_attributes)``."""
    sure: Flags
    """Shape ``(n_texts,)``."""
    hard: list[str]
    """The texts that it is not sure of."""

    def with_rest(self, rest: Iterable[Judgement]) -> Iterator[Judgement]:
        """Yield a judgement for each text: the fast tier's, or the next of `rest`."""
        others = iter(rest)
        for row, known in zip(self.probabilities.tolist(), self.sure.tolist(), strict=True):
            scores = dict(zip(ATTRIBUTE_NAMES, row, strict=True))
            yield Judgement(scores, (), ()) if known else next(others)


def is_sure(probabilities: Floats, lows: Floats, highs: Floats) -> Flags:
    """Return for which texts, by row, every probability is below its low or above its high."""
    return np.asarray(((probabilities < lows) | (probabilities > highs)).all(axis=1))
