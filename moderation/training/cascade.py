"""Joining two tiers: which texts the fast one may answer alone, chosen on dev."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from moderation.corpora import CorpusText
from moderation.evaluation.metrics import attribute_result
from moderation.models.base import HARMFUL, Floats
from moderation.models.cascade import CascadeState, is_sure
from moderation.models.encoder import EncoderModel
from moderation.models.fast import FastModel
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT
from moderation.training.data import ORDINARY, Dataset
from moderation.training.fit import choose_label_thresholds, choose_review_thresholds

MAX_LOST = 0.005
"""AUC that the cascade may lose against the encoder alone, for any attribute."""

_LOWS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)
_NEWS = ((0.0, 1.0), (0.01, 0.99), (0.02, 0.98), (0.05, 0.95), (0.1, 0.9), (0.2, 0.8))


class Band(NamedTuple):
    """A choice of what the fast tier is sure of, and what it costs."""

    low: float
    """Probability below which a harm counts as absent for sure."""
    news: tuple[float, float]
    """Below the first, and above the second, the fast tier knows whether a text is news."""
    sent: float
    """Share of dev passages that the encoder judges."""
    sent_ordinary: float
    """Share of ordinary comments, from corpora, that the encoder judges; NaN where none is here."""
    lost: float
    """Most AUC that an attribute loses on dev."""

    @property
    def lows(self) -> Floats:
        """Return the limits below which the fast tier is sure, by attribute."""
        return np.where(HARMFUL, self.low, self.news[0])

    @property
    def highs(self) -> Floats:
        """Return the limits above which it is sure; of a harm's presence it never is."""
        return np.where(HARMFUL, np.inf, self.news[1])


class Joined(NamedTuple):
    """What was chosen, and the choices there were."""

    state: CascadeState
    chosen: Band
    curve: list[Band]
    """From the cheapest to the dearest; none in it is both dearer and worse than another."""


def join(
    fast: FastModel, encoder: EncoderModel, dev: Dataset, corpora: Sequence[CorpusText]
) -> Joined:
    """Choose the band that sends least on and costs at most `MAX_LOST`, then the thresholds.

    Parameters
    ----------
    fast : FastModel
    encoder : EncoderModel
    dev : Dataset
    corpora : sequence of CorpusText
        Held-out texts; the ordinary comments among them say how much a band sends on.
    """
    quick = fast.probabilities(dev.texts)
    slow = encoder.probabilities(dev.texts)
    comments = [text.text for text in corpora if text.source == ORDINARY[0]]
    ordinary = fast.probabilities(comments) if comments else np.zeros((0, len(ATTRIBUTE_NAMES)))
    bands = [
        _measured(Band(low, news, 0, 0, 0), quick, slow, ordinary, dev.values)
        for low, news in product(_LOWS, _NEWS)
    ]
    cost = [(band.sent if np.isnan(band.sent_ordinary) else band.sent_ordinary) for band in bands]
    order = np.argsort(cost, kind="stable")
    chosen = next(
        (bands[index] for index in order if bands[index].lost <= MAX_LOST),
        min(bands, key=lambda band: band.lost),
    )
    sure = is_sure(quick, chosen.lows, chosen.highs)
    probabilities = np.where(sure[:, None], quick, slow)
    labels = [example.label for example in dev.examples]
    state = CascadeState(
        lows=chosen.lows,
        highs=chosen.highs,
        thresholds=choose_label_thresholds(probabilities, labels),
        review_thresholds=choose_review_thresholds(probabilities, labels),
    )
    return Joined(state, chosen, _best([bands[index] for index in order]))


def _measured(band: Band, quick: Floats, slow: Floats, ordinary: Floats, values: Floats) -> Band:
    sure = is_sure(quick, band.lows, band.highs)
    merged = np.where(sure[:, None], quick, slow)
    lost = max(
        _auc(slow[:, column], known) - _auc(merged[:, column], known)
        for column, known in enumerate(values.T)
    )
    easy = is_sure(ordinary, band.lows, band.highs)
    return band._replace(
        sent=float(1 - sure.mean()),
        sent_ordinary=float(1 - easy.mean()) if len(easy) else float("nan"),
        lost=float(lost),
    )


def _auc(scores: Floats, values: Floats) -> float:
    known = ~np.isnan(values)
    return attribute_result(scores[known], values[known] >= PRESENT).auc


def _best(bands: Sequence[Band]) -> list[Band]:
    """Keep, of bands from the cheapest on, those that lose less than all before them."""
    kept: list[Band] = []
    for band in bands:
        if not kept or band.lost < kept[-1].lost - 1e-4:  # less is no difference
            kept.append(band)
    return kept
