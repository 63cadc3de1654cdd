"""Calibration on the development split: probabilities, thresholds, and the cascade's limits."""

from collections.abc import Collection, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from moderation.corpora import CorpusText
from moderation.evaluation.metrics import auc_where_known
from moderation.models.base import HARMFUL, Calibration, Flags, Floats
from moderation.models.cascade import CascadeState, is_sure
from moderation.models.encoder import EncoderModel
from moderation.models.fast import FastModel
from moderation.taxonomy import (
    ATTRIBUTE_NAMES,
    FLAGGED,
    LABELLING,
    OTHERWISE,
    PRESENT,
    Label,
)
from moderation.training.data import ORDINARY, OWN, REAL, Labelled

MAX_FALSE_ALARMS = {REAL: 0.02, OWN: 0.05}
"""The share of civil and news passages that may go to review, by stream of dev: silencing decent
people is the worst failure, so it is bounded first and recall comes second. Of our own examples
many were written to be taken for what they are not, so that more may be."""

MAX_FLAGGED = {REAL: 0.04, OWN: 0.09}
"""The share of civil and news passages that may be given a flagged label, likewise."""

_GRID = [round(step / 50, 2) for step in range(3, 50)]

MAX_LOST = 0.003
"""AUC that the cascade may lose against the encoder alone, for any attribute, in any stream."""
MIN_POSITIVES = 30
"""Real comments with an attribute that there must be for its AUC on them to be compared."""
_LOWS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)
_NEWS = ((0.0, 1.0), (0.01, 0.99), (0.02, 0.98), (0.05, 0.95), (0.1, 0.9), (0.2, 0.8))


def calibrate(raw: Floats, dev: Labelled) -> dict[str, Any]:
    """Return the fields of a tier's state that are fitted to its raw scores of the dev split.

    These are ``slopes``, ``offsets``, ``thresholds`` and ``review_thresholds``.

    Parameters
    ----------
    raw : array of shape (n, n_attributes)
    dev : Labelled
    """
    calibration = fit_calibration(raw, dev.values)
    probabilities = calibration.probabilities(raw)
    return {**calibration._asdict(), **choose_thresholds(probabilities, dev)}


def choose_thresholds(probabilities: Floats, dev: Labelled) -> dict[str, dict[str, float]]:
    """Return ``thresholds`` and ``review_thresholds``, as a tier's state holds them."""
    return {
        "thresholds": choose_label_thresholds(probabilities, dev),
        "review_thresholds": choose_review_thresholds(probabilities, dev),
    }


def fit_calibration(raw: Floats, known: Floats) -> Calibration:
    """Fit Platt scaling, by maximum likelihood on smoothed targets (Platt, 1999).

    Parameters
    ----------
    raw : array of shape (n, n_attributes)
    known : array of shape (n, n_attributes)
        0, 1, or NaN where unknown.
    """
    curves = [_fit_curve(raw[:, column], known[:, column]) for column in range(raw.shape[1])]
    slopes, offsets = np.array(curves).T
    return Calibration(slopes, offsets)


def choose_label_thresholds(probabilities: Floats, dev: Labelled) -> dict[str, float]:
    """Return the label thresholds with the best macro-F1 among those that flag few decent texts.

    A coarse grid is searched whole, for two thresholds may only be better together: one lower and
    one higher. From its best point on, one is moved at a time until no move improves the result.
    Where `MAX_FLAGGED` cannot be kept, those that come nearest to it are chosen.

    Parameters
    ----------
    probabilities : array of shape (n_texts, n_attributes)
    dev : Labelled
    """
    columns = probabilities[:, [ATTRIBUTE_NAMES.index(name) for name in LABELLING]]
    names = [*LABELLING, OTHERWISE]
    right = np.array([names.index(label) for label in dev.labels])
    flags = np.array([name in FLAGGED for name in names])
    decent = _decent_by_stream(dev)

    def merit(limits: tuple[float, ...]) -> tuple[float, float]:
        found = np.full(len(columns), len(LABELLING))
        for place in reversed(range(len(LABELLING))):
            found[columns[:, place] >= limits[place]] = place
        over = (
            float(flags[found[rows]].mean()) - MAX_FLAGGED[stream]
            for stream, rows in decent.items()
        )
        return -max(0.0, *over), _macro_f1(right, found, len(names))

    chosen = max(product(_GRID[::2], repeat=len(LABELLING)), key=merit)
    best, improved = merit(chosen), True
    while improved:
        improved = False
        for place, value in product(range(len(LABELLING)), _GRID):
            candidate = (*chosen[:place], value, *chosen[place + 1 :])
            if (score := merit(candidate)) > best:
                chosen, best, improved = candidate, score, True
    return dict(zip(map(str, LABELLING), chosen, strict=True))


def _macro_f1(right: npt.NDArray[np.int_], found: npt.NDArray[np.int_], classes: int) -> float:
    """Return the mean F1 of numbered classes; 0 for one that is neither there nor found.

    It is asked for thousands of times, so it is counted at once.
    """
    counts = np.bincount(right * classes + found, minlength=classes**2).reshape(classes, classes)
    of_either = counts.sum(axis=0) + counts.sum(axis=1)
    return float(np.mean(2 * np.diag(counts) / np.maximum(of_either, 1)))


def choose_review_thresholds(probabilities: Floats, dev: Labelled) -> dict[str, float]:
    """Return the review thresholds that find most within the false alarms allowed of each stream.

    Found is the mean over the streams of the share of flagged texts that are held. Parameters and
    result are those of :func:`choose_label_thresholds`, for the flagged labels.
    """
    columns = [probabilities[:, ATTRIBUTE_NAMES.index(name)] for name in FLAGGED]
    decent = _decent_by_stream(dev)
    bad = _rows_by_stream(dev, {*FLAGGED})
    best, chosen = -1.0, (1.0,) * len(FLAGGED)
    for limits in product(_GRID, repeat=len(FLAGGED)):
        held = np.any([c >= limit for c, limit in zip(columns, limits, strict=True)], axis=0)
        few = all(held[rows].mean() <= MAX_FALSE_ALARMS[stream] for stream, rows in decent.items())
        found = float(np.mean([held[rows].mean() for rows in bad.values()])) if bad else 0.0
        if few and found > best:
            best, chosen = found, limits
    return {str(name): limit for name, limit in zip(FLAGGED, chosen, strict=True)}


def _decent_by_stream(dev: Labelled) -> dict[str, Flags]:
    """Return, by stream that has any, which texts are civil or news."""
    return _rows_by_stream(dev, set(Label) - {*FLAGGED})


def _rows_by_stream(dev: Labelled, labels: Collection[Label]) -> dict[str, Flags]:
    rows = np.array([label in labels for label in dev.labels])
    streams = np.array(dev.streams)
    by_stream = {stream: rows & (streams == stream) for stream in dict.fromkeys(dev.streams)}
    return {stream: of_stream for stream, of_stream in by_stream.items() if of_stream.any()}


def _fit_curve(raw: Floats, known: Floats) -> tuple[float, float]:
    """Return the slope and offset of one attribute."""
    rows = ~np.isnan(known)
    x, positive = raw[rows], known[rows] >= PRESENT
    ups, downs = int(positive.sum()), int((~positive).sum())
    target = np.where(positive, (ups + 1) / (ups + 2), 1 / (downs + 2))

    def loss(curve: Floats) -> float:
        z = curve[0] * x + curve[1]
        return float(np.sum(np.logaddexp(0, z) - target * z))

    def gradient(curve: Floats) -> Floats:
        error = expit(curve[0] * x + curve[1]) - target
        return np.array([np.sum(error * x), np.sum(error)])

    best = minimize(loss, np.array([1.0, 0.0]), jac=gradient, method="L-BFGS-B").x
    # A falling curve would reverse an attribute's meaning; it is made flat instead.
    return max(float(best[0]), 0.0), float(best[1])


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
    fast: FastModel, encoder: EncoderModel, dev: Labelled, corpora: Sequence[CorpusText]
) -> FittedCascade:
    """Choose the cheapest band that loses at most `MAX_LOST`, and the thresholds.

    Parameters
    ----------
    fast : FastModel
    encoder : EncoderModel
    dev : Labelled
    corpora : sequence of CorpusText
        Held-out texts; on the ordinary comments among them the cost of a band is measured.
    """
    quick = fast.probabilities(dev.texts)
    slow = encoder.probabilities(dev.texts)
    comments = [text.text for text in corpora if text.source == ORDINARY[0]]
    ordinary = fast.probabilities(comments) if comments else np.zeros((0, len(ATTRIBUTE_NAMES)))
    bands = [
        _measure(Band(low, news, 0, 0, 0), quick, slow, ordinary, dev)
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


def _measure(band: Band, quick: Floats, slow: Floats, ordinary: Floats, dev: Labelled) -> Band:
    """Return a band with its costs."""
    sure = is_sure(quick, band.lows, band.highs)
    merged = np.where(sure[:, None], quick, slow)
    streams = np.array(dev.streams)
    lost = max(
        auc_where_known(slow[rows, column], dev.values[rows, column])
        - auc_where_known(merged[rows, column], dev.values[rows, column])
        for stream in dict.fromkeys(dev.streams)
        for rows in [streams == stream]
        for column in range(len(ATTRIBUTE_NAMES))
        if stream == OWN or _is_frequent(dev.values[rows, column])
    )
    easy = is_sure(ordinary, band.lows, band.highs)
    return band._replace(
        sent=float(1 - sure.mean()),
        sent_ordinary=float(1 - easy.mean()) if len(easy) else float("nan"),
        lost=float(lost),
    )


def _is_frequent(values: Floats) -> bool:
    """Tell whether enough texts have an attribute, and some have not, for an AUC to mean much."""
    present = int((values >= PRESENT).sum())
    return MIN_POSITIVES <= present < int((~np.isnan(values)).sum())


def _best(bands: Sequence[Band]) -> list[Band]:
    """Return, of bands in order of cost, those that lose less than all cheaper ones."""
    kept: list[Band] = []
    for band in bands:
        if not kept or band.lost < kept[-1].lost - 1e-4:  # a smaller difference means nothing
            kept.append(band)
    return kept
