"""Fitting the fast tier."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.metrics import f1_score

from moderation.corpora import CorpusText
from moderation.errors import InvalidLabels
from moderation.labels.records import Example
from moderation.models.base import (
    N_FEATURES,
    Calibration,
    Floats,
    TargetFinder,
    described,
    hash_features,
    label_of,
)
from moderation.models.fast import FastModel, FastState
from moderation.models.ngrams.spelling import spell_texts
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING, PRESENT, Label
from moderation.text.document import Document
from moderation.text.sentences import Sentence, SentenceCutter, learn_sentences
from moderation.training.data import Dataset, read_rows
from moderation.training.logistic import MaskedLogistic
from moderation.training.vectorizer import NgramHasher, inverse_document_frequency

# FOLDED calibrate: Fitting Platt scaling: which probability a raw score stands for.


def fit_calibration(raw: Floats, known: Floats) -> Calibration:
    """Fit the curves by maximum likelihood on smoothed targets (Platt, 1999).

    Parameters
    ----------
    raw : array of shape (n, n_attributes)
    known : array of shape (n, n_attributes)
        0, 1, or NaN where unknown.
    """
    curves = [_fit_one(raw[:, column], known[:, column]) for column in range(raw.shape[1])]
    slopes, offsets = np.array(curves).T
    return Calibration(slopes, offsets)


def _fit_one(raw: Floats, known: Floats) -> tuple[float, float]:
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
    # A falling curve would turn an attribute's meaning round; a useless one is made flat instead.
    return max(float(best[0]), 0.0), float(best[1])


# FOLDED thresholds: Choosing, on the development split, the probabilities from which labels and
# reviews hold.

MAX_FALSE_ALARMS = 0.03
"""The share of civil and news passages that may go to review on the development split: silencing
decent people is the worst failure, so it is bounded first and recall comes second."""

LEAST_PRECISION = 0.85
"""The share of the passages labelled with a flagged label that shall rightly be so, on dev."""

_GRID = [round(step / 50, 2) for step in range(3, 50)]


def choose_label_thresholds(probabilities: Floats, labels: Sequence[Label]) -> dict[str, float]:
    """Return the label thresholds with the best macro-F1 among those of the stated precision.

    They are found by moving one at a time until no move betters the result. Where `LEAST_PRECISION`
    cannot be had, those that come nearest to it are chosen.

    Parameters
    ----------
    probabilities : array of shape (n, n_attributes)
    labels : sequence of Label
        The right label of each row.
    """
    rows = [dict(zip(ATTRIBUTE_NAMES, row, strict=True)) for row in probabilities.tolist()]

    bad = np.array([label in FLAGGED for label in labels])

    def merit(thresholds: Mapping[str, float]) -> tuple[float, float]:
        found = [label_of(row, thresholds) for row in rows]
        flagged = np.array([label in FLAGGED for label in found])
        precision = float(bad[flagged].mean()) if flagged.any() else 0.0
        f1 = f1_score(labels, found, labels=list(Label), average="macro", zero_division=0)
        return min(precision, LEAST_PRECISION), float(f1)

    chosen = {str(name): 0.5 for name in LABELLING}
    best, improved = merit(chosen), True
    while improved:
        improved = False
        for name, value in product(LABELLING, _GRID):
            tried = {**chosen, str(name): value}
            if (score := merit(tried)) > best:
                chosen, best, improved = tried, score, True
    return chosen


def choose_review_thresholds(probabilities: Floats, labels: Sequence[Label]) -> dict[str, float]:
    """Return the review thresholds with the best balanced accuracy within the false alarms allowed.

    Parameters and result are those of :func:`choose_label_thresholds`, for the flagged labels.
    """
    bad = np.array([label in FLAGGED for label in labels])
    columns = [probabilities[:, ATTRIBUTE_NAMES.index(name)] for name in FLAGGED]
    best, chosen = -1.0, (1.0,) * len(FLAGGED)
    for limits in product(_GRID, repeat=len(FLAGGED)):
        held = np.any([c >= limit for c, limit in zip(columns, limits, strict=True)], axis=0)
        alarms = held[~bad].mean()
        balanced = (held[bad].mean() + 1 - alarms) / 2
        if alarms <= MAX_FALSE_ALARMS and balanced > best:
            best, chosen = balanced, limits
    return {str(name): limit for name, limit in zip(FLAGGED, chosen, strict=True)}


# FOLDED frequent: The words that are met most often.

CHUNK = 2_000
"""Texts looked at at once."""


def frequent_words(texts: Sequence[str], most: int) -> list[str]:
    """Return the words and signs that stand most often in texts, in a fixed order.

    Those of other alphabets than the Latin are left out, and names of peoples.
    """
    # It loads the compiler.
    from moderation.models.ngrams.scorer import cut_texts, known_words  # noqa: PLC0415

    counts: dict[bytes, int] = {}
    words = known_words()
    for start in range(0, len(texts), CHUNK):
        spelled, _, _ = spell_texts(texts[start : start + CHUNK])
        cut = cut_texts(spelled, words)
        _, first, times = np.unique(cut.hashes, return_index=True, return_counts=True)
        content = spelled.tobytes()
        for token, number in zip(first, times, strict=True):
            if cut.hashes[token] != words.hidden:
                word = content[cut.begins[token] : cut.ends[token]]
                counts[word] = counts.get(word, 0) + int(number)
    plain = sorted((-number, word.decode()) for word, number in counts.items() if word.isascii())
    return [word for _, word in plain[:most]]


# FOLDED targets: Learning which of the peoples that a hostile passage names it attacks.


def fit_targets(
    passages: Iterable[tuple[Sequence[Sentence], Sequence[float], Sequence[str]]], seed: int
) -> TargetFinder:
    """Learn from hostile passages: their sentences, the heat of each, and their targets."""
    features: list[Floats] = []
    attacked: list[bool] = []
    for sentences, heat, targets in passages:
        for people, some in described(sentences, heat):
            features.append(hash_features(some))
            attacked.append(people in targets)
    if all(attacked) or not any(attacked):
        return TargetFinder(np.zeros(N_FEATURES), 0.0)  # nothing to tell apart
    model = MaskedLogistic(C=1.0, seed=seed).fit(np.array(features), np.array([attacked]).T)
    return TargetFinder(model.coef_[0], float(model.intercept_[0]))


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
