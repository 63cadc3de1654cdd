"""Fitting the fast tier: logistic models, frequent words, calibration and targets."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from moderation.corpora import CorpusText
from moderation.errors import InvalidLabels
from moderation.labels.records import Example
from moderation.models.base import Floats
from moderation.models.fast import FastModel, FastState
from moderation.models.ngrams.spelling import spell_texts
from moderation.models.targets import N_FEATURES, TargetFinder, hash_features, mention_features
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, LABELLING, PRESENT, Label
from moderation.text.document import Document
from moderation.text.segmentation import Sentence, SentenceCutter, learn_sentences
from moderation.training.calibration import calibrate
from moderation.training.data import Dataset, Labelled, Weights, read_rows
from moderation.training.judged import Judged
from moderation.training.vectorizer import NgramHasher, inverse_document_frequency

Step = Callable[[str], None]
"""A function that is called with a description of the next step, for a progress display."""
SLACK = 1.0
"""The tier's ``slack``; see :func:`moderation.models.fast.trim`."""
FREQUENT = 24_000
"""Frequent words whose sums a model computes once; they are nineteen in twenty of a comment."""
MAX_WEIGHT = 127
"""The largest weight, in units of its column's scale."""
CHUNK = 2_000
"""Texts counted at once."""


class Recipe(NamedTuple):
    """Choices for the fast tier; each was made on dev or across the families of train."""

    hasher: NgramHasher = NgramHasher()
    C: float = 3.0
    """Inverse strength of the L2 penalty."""
    weights: Weights = Weights(own=20.0, judged=5.0)
    most_of_a_corpus: int = 5_000
    """Texts of one corpus to learn from at most, beside those that were judged."""
    own: bool = True
    """True to learn attributes from our own examples; False only to compare."""
    seed: int = 0


class MaskedLogistic(BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """One regularised logistic regression for each output; missing values are masked.

    Parameters
    ----------
    C : float
        Inverse strength of the L2 penalty.
    seed : int
        Seed of the solver. It is the single-threaded liblinear, so that the same rows in the same
        order give the same weights, bit for bit.

    Attributes
    ----------
    coef_ : ndarray of shape (n_outputs, n_features)
    intercept_ : ndarray of shape (n_outputs,)
    """

    def __init__(self, C: float = 10.0, seed: int = 0) -> None:
        self.C = C
        self.seed = seed

    def fit(self, X: Any, Y: npt.ArrayLike, sample_weight: Floats | None = None) -> Self:
        """Fit each output.

        Parameters
        ----------
        X : array or sparse array of shape (n_rows, n_features)
        Y : array of shape (n_rows, n_outputs)
            0 or 1, or NaN where an output is unknown. A value between counts as 1 from 0.5 on, and
            the less, the nearer it is to that.
        sample_weight : array of shape (n_rows,), optional
            The weight of each row.

        Raises
        ------
        ValueError
            If an output has no row of one class.
        """
        targets = np.asarray(Y, dtype=np.float64)
        weights = np.ones(len(targets)) if sample_weight is None else sample_weight
        # The solver works outside Python's lock, so threads share X and run side by side.
        models = Parallel(n_jobs=-1, prefer="threads")(
            delayed(self._fit_one)(X, targets[:, column], weights, column)
            for column in range(targets.shape[1])
        )
        self.coef_ = np.concatenate([model.coef_ for model in models])
        self.intercept_ = np.concatenate([model.intercept_ for model in models])
        return self

    def _fit_one(self, X: Any, y: Floats, weights: Floats, column: int) -> LogisticRegression:
        known = np.flatnonzero(~np.isnan(y))
        positive = y[known] >= PRESENT
        if positive.all() or not positive.any():
            raise ValueError(f"output {column} needs rows of both kinds to learn from")
        model = LogisticRegression(
            C=self.C, solver="liblinear", class_weight="balanced", random_state=self.seed
        )
        sure = np.abs(2 * y[known] - 1)
        return model.fit(X[known], positive, sample_weight=weights[known] * sure)

    def decision_function(self, X: Any) -> Floats:
        """Return log-odds, shape ``(n_rows, n_outputs)``."""
        check_is_fitted(self)
        return np.asarray(X @ self.coef_.T + self.intercept_)


def fit_fast(
    examples: Sequence[Example],
    corpora: Sequence[CorpusText],
    recipe: Recipe,
    step: Step,
    judged: Sequence[Judged] = (),
) -> FastState:
    """Fit the fast tier on the train split and the corpora; calibrate it on dev.

    Parameters
    ----------
    examples : sequence of Example
        All splits; those to train on may be none if there are corpora.
    corpora : sequence of CorpusText
        Texts to train on beside them.
    recipe : Recipe
    step : callable
        Called with a description of the next step, for a progress display.
    judged : sequence of Judged, optional
        Texts of corpora that were judged, of train to learn from, of dev to calibrate on.

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
    of_train = [one for one in judged if one.of_corpus.split == "train"]
    rows = read_rows(learned, corpora, of_train, SentenceCutter(sentences), hasher, recipe.weights)
    _check_learnable(rows.values, "train")
    _check_learnable(dev.values, "dev")
    step("fitting attributes")
    rarity = inverse_document_frequency(rows.features)
    rows.features.data *= rarity[rows.features.indices]
    # The mean length of a row becomes 1, so that the penalty means the same whatever is counted.
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
            frequent_words(
                [
                    *learned.texts,
                    *(one.text for one in of_train),
                    *(text.text for text in corpora),
                ],
                FREQUENT,
            )
        ),
        sentences=sentences,
        target_weights=np.zeros(0),
        target_bias=0.0,
        slack=SLACK,
    )
    step("calibrating on dev")
    calibrating = Labelled.of(dev, [one for one in judged if one.of_corpus.split == "dev"])
    raw = FastModel(state, {}).raw_scores(calibrating.texts)
    state = state._replace(**calibrate(raw, calibrating))
    step("learning targets")
    finder = _fit_targets(state, train, recipe.seed)
    return state._replace(target_weights=finder.weights, target_bias=finder.bias)


def as_bytes(weights: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Round weights to whole numbers of one byte, in units of each column's scale.

    The largest weight is the end of the range: on dev, a finer scale for the many small weights
    gained less than cutting the few large ones lost.

    Parameters
    ----------
    weights : array of shape (n_features, n_attributes)

    Returns
    -------
    int8 array of the same shape, and the scales, of shape (n_attributes,)
    """
    reach = np.abs(weights).max(axis=0)
    scales = (np.where(reach, reach, 1) / MAX_WEIGHT).astype(np.float32)
    return np.rint(weights / scales).astype(np.int8), scales


def frequent_words(texts: Sequence[str], most: int) -> list[str]:
    """Return the most frequent words and signs of some texts, most frequent first.

    Words in other alphabets than the Latin and names of peoples are left out.
    """
    # Importing it loads the compiler.
    from moderation.models.ngrams.scorer import known_words, tokenise_texts  # noqa: PLC0415

    counts: dict[bytes, int] = {}
    words = known_words()
    for start in range(0, len(texts), CHUNK):
        spelled, _, _ = spell_texts(texts[start : start + CHUNK])
        tokens = tokenise_texts(spelled, words)
        _, first, times = np.unique(tokens.hashes, return_index=True, return_counts=True)
        content = spelled.tobytes()
        for token, number in zip(first, times, strict=True):
            if tokens.hashes[token] != words.hidden:
                word = content[tokens.begins[token] : tokens.ends[token]]
                counts[word] = counts.get(word, 0) + int(number)
    plain = sorted((-number, word.decode()) for word, number in counts.items() if word.isascii())
    return [word for _, word in plain[:most]]


def fit_targets(
    passages: Iterable[tuple[Sequence[Sentence], Sequence[float], Sequence[str]]], seed: int
) -> TargetFinder:
    """Fit a target finder to hostile passages: their sentences, each one's score, their targets."""
    features: list[Floats] = []
    attacked: list[bool] = []
    for sentences, scores, targets in passages:
        for people, names in mention_features(sentences, scores):
            features.append(hash_features(names))
            attacked.append(people in targets)
    if all(attacked) or not any(attacked):
        return TargetFinder(np.zeros(N_FEATURES), 0.0)  # nothing to distinguish
    model = MaskedLogistic(C=1.0, seed=seed).fit(np.array(features), np.array([attacked]).T)
    return TargetFinder(model.coef_[0], float(model.intercept_[0]))


def _fit_targets(state: FastState, train: Dataset, seed: int) -> TargetFinder:
    hostile = [e for e in train.examples if e.label is Label.ETHNIC_HOSTILITY]
    scores = FastModel(state, {}).sentence_scores([e.text for e in hostile])
    cutter = SentenceCutter(state.sentences)
    return fit_targets(
        (
            (Document(example.text).sentences(cutter), of_sentences, example.targets)
            for example, of_sentences in zip(hostile, scores, strict=True)
        ),
        seed,
    )


def _check_learnable(values: Floats, split: str) -> None:
    """Raise InvalidLabels if an attribute lacks rows of both kinds."""
    for column, name in enumerate(ATTRIBUTE_NAMES):
        known = values[:, column]
        present = known[~np.isnan(known)] >= PRESENT
        if present.all() or not present.any():
            raise InvalidLabels(
                f"The {split} split needs examples with {name} 0 and with {name} 1.",
                where="labels",
                remedy="Add families that show both.",
            )
