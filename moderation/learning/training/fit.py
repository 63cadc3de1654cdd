"""Fitting the fast tier."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.corpora import CorpusText
from moderation.errors import InvalidLabels
from moderation.labelling.record import Example
from moderation.learning.fast import FastModel, FastState
from moderation.learning.features import NgramHasher, inverse_document_frequency
from moderation.learning.judgement import Floats
from moderation.learning.logistic import MaskedLogistic
from moderation.learning.targets import TargetFinder
from moderation.learning.training.calibrate import fit_calibration
from moderation.learning.training.data import Dataset, read_rows
from moderation.learning.training.frequent import frequent_words
from moderation.learning.training.targets import fit_targets
from moderation.learning.training.thresholds import (
    choose_label_thresholds,
    choose_review_thresholds,
)
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING, PRESENT, Label
from moderation.text.document import Document
from moderation.text.sentences import SentenceCutter, learn_sentences

Step = Callable[[str], None]
SLACK = 1.0
FREQUENT = 24_000
"""Words whose sums are kept at hand; they are nineteen in twenty of a comment."""
LARGEST = 127


class Recipe(NamedTuple):
    """How the fast tier is made; each choice was made on dev or across the families of train."""

    hasher: NgramHasher = NgramHasher()
    C: float = 3.0
    """Inverse strength of the L2 penalty."""
    label_weight: float = 20.0
    """How much an example of our own counts beside a text of a corpus."""
    own: bool = True
    """Whether to learn attributes from our own examples; False only to compare."""
    seed: int = 0


def fit_fast(
    examples: Sequence[Example],
    corpora: Sequence[CorpusText],
    recipe: Recipe,
    step: Step,
) -> FastState:
    """Learn from the train split and the corpora; calibrate and choose thresholds on dev.

    Parameters
    ----------
    examples : sequence of Example
        All splits; those to train on may be none if there are corpora.
    corpora : sequence of CorpusText
        What to train on beside them.
    recipe : Recipe
    step : callable
        Told what is done next, for a progress display.

    Raises
    ------
    InvalidLabels
        If a split lacks rows of both kinds for an attribute.
    """
    train, dev = Dataset.of(examples, "train"), Dataset.of(examples, "dev")
    learned = train if recipe.own else train._replace(examples=[], texts=[])
    hasher = recipe.hasher
    step("learning sentence boundaries")
    sentences = learn_sentences(train.texts)
    step("counting n-grams")
    rows = read_rows(learned, corpora, SentenceCutter(sentences), hasher, recipe.label_weight)
    _check_learnable(rows.values, "train")
    _check_learnable(dev.values, "dev")
    step("fitting attributes")
    rarity = inverse_document_frequency(rows.features)
    rows.features.data *= rarity[rows.features.indices]
    # Rows as long as 1 in the mean, so that the penalty means the same whatever is counted.
    length = np.sqrt((rows.features.data**2).sum() / len(rows.values))
    rows.features.data /= length
    logistic = MaskedLogistic(recipe.C, recipe.seed).fit(*rows)
    folded = rarity * hasher.kind_weights() / length
    weights, scales = as_bytes(logistic.coef_.T * folded[:, None])
    ones = np.ones(len(ATTRIBUTE_NAMES))
    state = FastState(
        weights=weights,
        scales=scales,
        biases=logistic.intercept_.astype(np.float32),
        slopes=ones,
        offsets=0 * ones,
        thresholds=dict.fromkeys(map(str, LABELLING), 0.5),
        review_thresholds=dict.fromkeys(map(str, FLAGGED), 0.5),
        char_ngrams=hasher.char_ngrams,
        frequent="\n".join(
            frequent_words([*learned.texts, *(text.text for text in corpora)], FREQUENT)
        ),
        sentences=sentences,
        target_weights=np.zeros(0),
        target_bias=0.0,
        slack=SLACK,
    )
    step("calibrating on dev")
    state = _calibrate(state, dev)
    step("learning targets")
    finder = _fit_targets(state, train, recipe.seed)
    return state._replace(target_weights=finder.weights, target_bias=finder.bias)


def as_bytes(weights: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Round weights to whole numbers of one byte, in units of each column's scale.

    The largest is the end of the range: on dev, a finer scale for the many small ones was worth
    less than the few large ones that it would cut.

    Parameters
    ----------
    weights : array of shape (n_features, n_attributes)

    Returns
    -------
    int8 array of the same shape, and the scales, of shape (n_attributes,)
    """
    reach = np.abs(weights).max(axis=0)
    scales = (np.where(reach, reach, 1) / LARGEST).astype(np.float32)
    return np.rint(weights / scales).astype(np.int8), scales


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
            (Document(example.text).sentences(cutter), heat, example.targets)
            for example, heat in zip(hostile, heats, strict=True)
        ),
        seed,
    )


def _check_learnable(values: Floats, split: str) -> None:
    for column, name in enumerate(ATTRIBUTE_NAMES):
        known = values[:, column]
        present = known[~np.isnan(known)] >= PRESENT
        if present.all() or not present.any():
            raise InvalidLabels(
                f"The {split} split needs examples with {name} 0 and with {name} 1.",
                where="labels",
                remedy="Add families that show both.",
            )
