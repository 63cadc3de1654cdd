"""Fitting a cascade: the limits within which the fast tier answers alone, chosen on dev."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from moderation.corpora import CorpusText
from moderation.evaluation.metrics import auc_where_known
from moderation.models.base import HARMFUL, Floats
from moderation.models.cascade import CascadeState, is_sure
from moderation.models.encoder import EncoderModel
from moderation.models.fast import FastModel
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.training.calibration import choose_thresholds
from moderation.training.data import ORDINARY, Dataset

MAX_LOST = 0.005
"""AUC that the cascade may lose against the encoder alone, for any attribute."""

_LOWS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)
_NEWS = ((0.0, 1.0), (0.01, 0.99), (0.02, 0.98), (0.05, 0.95), (0.1, 0.9), (0.2, 0.8))


class Band(NamedTuple):
    """A choice of limits for the fast tier, and its cost."""

    low: float
    """Probability below which a harm is surely absent."""
    news: tuple[float, float]
    """Below the first a text is surely no news, above the second it surely is."""
    sent: float
    """Share of dev passages that the encoder judges."""
    sent_ordinary: float
    """Share of ordinary comments, from corpora, that the encoder judges; NaN without corpora."""
    lost: float
    """The most AUC that any attribute loses on dev."""

    @property
    def lows(self) -> Floats:
        """Return the limits below which the fast tier is sure, by attribute."""
        return np.where(HARMFUL, self.low, self.news[0])

    @property
    def highs(self) -> Floats:
        """Return the limits above which it is sure; it is never sure that a harm is present."""
        return np.where(HARMFUL, np.inf, self.news[1])


class FittedCascade(NamedTuple):
    """The chosen state and band, and the other bands there were."""

    state: CascadeState
    chosen: Band
    curve: list[Band]
    """From the cheapest to the dearest; none is both dearer and worse than another."""


def fit_cascade(
    fast: FastModel, encoder: EncoderModel, dev: Dataset, corpora: Sequence[CorpusText]
) -> FittedCascade:
    """Choose the cheapest band that loses at most `MAX_LOST`, and the thresholds.

    Parameters
    ----------
    fast : FastModel
    encoder : EncoderModel
    dev : Dataset
    corpora : sequence of CorpusText
        Held-out texts; on the ordinary comments among them the cost of a band is measured.
    """
    quick = fast.probabilities(dev.texts)
    slow = encoder.probabilities(dev.texts)
    comments = [text.text for text in corpora if text.source == ORDINARY[0]]
    ordinary = fast.probabilities(comments) if comments else np.zeros((0, len(ATTRIBUTE_NAMES)))
    bands = [
        _measure(Band(low, news, 0, 0, 0), quick, slow, ordinary, dev.values)
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
    thresholds = choose_thresholds(probabilities, dev)
    state = CascadeState(lows=chosen.lows, highs=chosen.highs, **thresholds)
    return FittedCascade(state, chosen, _best([bands[index] for index in order]))


def _measure(band: Band, quick: Floats, slow: Floats, ordinary: Floats, values: Floats) -> Band:
    """Return a band with its costs."""
    sure = is_sure(quick, band.lows, band.highs)
    merged = np.where(sure[:, None], quick, slow)
    lost = max(
        auc_where_known(slow[:, column], known) - auc_where_known(merged[:, column], known)
        for column, known in enumerate(values.T)
    )
    easy = is_sure(ordinary, band.lows, band.highs)
    return band._replace(
        sent=float(1 - sure.mean()),
        sent_ordinary=float(1 - easy.mean()) if len(easy) else float("nan"),
        lost=float(lost),
    )


def _best(bands: Sequence[Band]) -> list[Band]:
    """Return, of bands in order of cost, those that lose less than all cheaper ones."""
    kept: list[Band] = []
    for band in bands:
        if not kept or band.lost < kept[-1].lost - 1e-4:  # a smaller difference means nothing
            kept.append(band)
    return kept
