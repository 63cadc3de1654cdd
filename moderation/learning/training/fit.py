"""Fitting the fast tier."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from moderation.errors import InvalidLabels
from moderation.labelling.record import Example
from moderation.learning.calibration import fit_calibration
from moderation.learning.fast import Counted, FastModel, FastState, count_texts
from moderation.learning.features import Floats, NgramHasher, inverse_document_frequency, weigh
from moderation.learning.logistic import MaskedLogistic
from moderation.learning.reading import read_text
from moderation.learning.targets import TargetFinder, fit_targets
from moderation.learning.training.data import Dataset
from moderation.learning.training.thresholds import (
    choose_label_thresholds,
    choose_review_thresholds,
)
from moderation.learning.windows import windows
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING, PRESENT, Label
from moderation.text.sentences import SentenceCutter, learn_sentences

Step = Callable[[str], None]
SLACK = 1.0


def fit_fast(
    examples: Sequence[Example], *, hasher: NgramHasher, C: float, seed: int, step: Step
) -> FastState:
    """Learn from the train split; calibrate and choose thresholds on the dev split.

    Parameters
    ----------
    examples : sequence of Example
    hasher : NgramHasher
    C : float
        Inverse strength of the L2 penalty.
    seed : int
    step : callable
        Told what is done next, for a progress display.

    Raises
    ------
    InvalidLabels
        If a split lacks rows of both kinds for an attribute.
    """
    train, dev = Dataset.of(examples, "train"), Dataset.of(examples, "dev")
    _check_learnable(train, "train")
    _check_learnable(dev, "dev")

    step("learning sentence boundaries")
    sentences = learn_sentences(train.texts)
    step("counting n-grams")
    counted = count_texts(train.texts, SentenceCutter(sentences), hasher)
    bounds = counted.sentence_bounds
    rows = counted.rows(list(pairwise(bounds)))
    idf = inverse_document_frequency(rows)
    step("fitting attributes")
    runs, values = _windows(counted, train)
    logistic = MaskedLogistic(C, seed).fit(weigh(counted.rows(runs), idf), values)
    ones = np.ones(len(ATTRIBUTE_NAMES))
    state = FastState(
        weights=np.ascontiguousarray(logistic.coef_.T, dtype=np.float32),
        biases=logistic.intercept_.astype(np.float32),
        idf=idf.astype(np.float32),
        slopes=ones,
        offsets=0 * ones,
        thresholds=dict.fromkeys(map(str, LABELLING), 0.5),
        review_thresholds=dict.fromkeys(map(str, FLAGGED), 0.5),
        hasher=hasher.get_params(),
        sentences=sentences,
        target_weights=np.zeros(0),
        target_bias=0.0,
        slack=SLACK,
    )
    step("calibrating on dev")
    state = _calibrate(state, dev)
    step("learning targets")
    finder = _fit_targets(state, train, seed)
    return state._replace(target_weights=finder.weights, target_bias=finder.bias)


def _windows(counted: Counted, train: Dataset) -> tuple[list[tuple[int, int]], Floats]:
    """Return what is learned from: each window of each text, and its attribute values.

    A window of a flagged text that holds none of its evidence is harmless, and is learned as such.
    """
    runs: list[tuple[int, int]] = []
    values: list[Floats] = []
    for number, (sentences, example) in enumerate(zip(counted.texts, train.examples, strict=True)):
        offset = counted.sentence_bounds[number]
        for first, last in windows(sentences):
            start, end = sentences[first].start, sentences[last - 1].end
            marked = any(e.start < end and start < e.end for e in example.evidence)
            innocent = bool(example.evidence) and not marked
            runs.append((offset + first, offset + last))
            values.append(train.values[number] * (0.0 if innocent else 1.0))
    return runs, np.array(values)


def _calibrate(state: FastState, dev: Dataset) -> FastState:
    raw = FastModel(state, {}).raw_scores(dev.texts)
    calibration = fit_calibration(raw, dev.values)
    probabilities = calibration.probabilities(raw)
    labels = [example.label for example in dev.examples]
    return state._replace(
        slopes=calibration.slopes,
        offsets=calibration.offsets,
        thresholds=choose_label_thresholds(probabilities, labels),
        review_thresholds=choose_review_thresholds(probabilities, labels),
    )


def _fit_targets(state: FastState, train: Dataset, seed: int) -> TargetFinder:
    hostile = [e for e in train.examples if e.label is Label.ETHNIC_HOSTILITY]
    heats = FastModel(state, {}).sentence_heat([e.text for e in hostile])
    cutter = SentenceCutter(state.sentences)
    return fit_targets(
        (
            (read_text(example.text, cutter), heat, example.targets)
            for example, heat in zip(hostile, heats, strict=True)
        ),
        seed,
    )


def _check_learnable(data: Dataset, split: str) -> None:
    for column, name in enumerate(ATTRIBUTE_NAMES):
        values = data.values[:, column]
        present = values[~np.isnan(values)] >= PRESENT
        if present.all() or not present.any():
            raise InvalidLabels(
                f"The {split} split needs examples with {name} 0 and with {name} 1.",
                where="labels",
                remedy="Add families that show both.",
            )
