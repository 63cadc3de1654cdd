"""The fast tier: hashed n-grams into a multi-output logistic model."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from moderation.learning.calibration import Calibration
from moderation.learning.evidence import about_targets, evident_sentences, trim
from moderation.learning.features import Floats, NgramHasher, sum_rows, weigh
from moderation.learning.judgement import Judgement
from moderation.learning.reading import Sentence, read_text
from moderation.learning.targets import TargetFinder
from moderation.learning.windows import combine, windows
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, FLAGGED, Label
from moderation.text.sentences import SentenceCutter
from moderation.verdict import Span

HARMFUL = np.array([attribute.harmful for attribute in ATTRIBUTES])
HOSTILITY = ATTRIBUTE_NAMES.index(Label.ETHNIC_HOSTILITY)
CHUNK = 128
"""Texts read at once; it bounds memory and changes no score."""


class FastState(NamedTuple):
    """Everything the fast tier learned: arrays and built-in values only."""

    weights: Floats
    """Shape ``(n_features, n_attributes)``."""
    biases: Floats
    idf: Floats
    slopes: Floats
    offsets: Floats
    thresholds: dict[str, float]
    review_thresholds: dict[str, float]
    hasher: dict[str, Any]
    sentences: dict[str, Any]
    target_weights: Floats
    target_bias: float
    slack: float
    """How freely evidence is widened; see :func:`moderation.learning.evidence.trim`."""


class Counted(NamedTuple):
    """Texts as sentences, with raw counts by token and the runs of tokens of each sentence."""

    texts: list[list[Sentence]]
    counts: sparse.csr_array
    sentence_bounds: list[int]
    """Number of each text's first sentence, among all texts' sentences."""
    token_bounds: list[int]
    """Number of each sentence's first token, among all texts' tokens."""

    def rows(self, runs: Sequence[tuple[int, int]]) -> sparse.csr_array:
        """Sum the counts of runs of sentences, numbered among all texts'."""
        bounds = self.token_bounds
        return sum_rows(self.counts, [(bounds[first], bounds[last]) for first, last in runs])


def count_texts(texts: Sequence[str], cutter: SentenceCutter, hasher: NgramHasher) -> Counted:
    """Cut texts into sentences and count their n-grams."""
    read = [read_text(text, cutter) for text in texts]
    sequences = [sentence.tokens for sentences in read for sentence in sentences]
    return Counted(
        read,
        hasher.count_tokens(sequences),
        np.cumsum([0, *map(len, read)]).tolist(),
        np.cumsum([0, *map(len, sequences)]).tolist(),
    )


class FastModel:
    """Judges texts with what a :class:`FastState` holds.

    Parameters
    ----------
    state : FastState
    manifest : dict
        Where the state came from; ``id`` names the model.
    """

    def __init__(self, state: FastState, manifest: dict[str, Any]) -> None:
        self.state = state
        self.manifest = manifest
        self.thresholds = state.thresholds
        self.review_thresholds = state.review_thresholds
        self._cutter = SentenceCutter(state.sentences)
        self._hasher = NgramHasher(**state.hasher)
        self._calibration = Calibration(state.slopes, state.offsets)
        self._targets = TargetFinder(state.target_weights, state.target_bias)

    @property
    def id(self) -> str:
        """``name@version``."""
        return str(self.manifest["id"])

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Score texts and find their evidence and targets, in order."""
        return [
            judgement
            for start in range(0, len(texts), CHUNK)
            for judgement in self._judge_chunk(texts[start : start + CHUNK])
        ]

    def raw_scores(self, texts: Sequence[str]) -> Floats:
        """Return scores before calibration, shape ``(n_texts, n_attributes)``."""
        chunks = [texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK)]
        return np.concatenate([self._raw_texts(self._count(chunk)) for chunk in chunks])

    def sentence_heat(self, texts: Sequence[str]) -> list[list[float]]:
        """Return each text's sentences' probability of ethnic hostility, each alone."""
        counted = self._count(texts)
        return [
            self._heat(counted, number)[:, HOSTILITY].tolist()
            for number in range(len(counted.texts))
        ]

    def _count(self, texts: Sequence[str]) -> Counted:
        return count_texts(texts, self._cutter, self._hasher)

    def _raw(self, counts: sparse.csr_array) -> Floats:
        # Both sides have 32 bits: scipy would copy all the weights to make their types agree.
        weighed = weigh(counts, self.state.idf).astype(np.float32)
        return np.asarray(weighed @ self.state.weights + self.state.biases)

    def _raw_texts(self, counted: Counted) -> Floats:
        runs = [windows(sentences) for sentences in counted.texts]
        numbered = [
            (offset + first, offset + last)
            for offset, some in zip(counted.sentence_bounds, runs, strict=False)
            for first, last in some
        ]
        return combine(
            self._raw(counted.rows(numbered)),
            [len(some) for some in runs],
            self._raw_sentences(counted, 0, counted.sentence_bounds[-1]),
            [len(sentences) for sentences in counted.texts],
            HARMFUL,
        )

    def _raw_sentences(self, counted: Counted, first: int, last: int) -> Floats:
        return self._raw(counted.rows([(index, index + 1) for index in range(first, last)]))

    def _judge_chunk(self, texts: Sequence[str]) -> Iterator[Judgement]:
        counted = self._count(texts)
        probabilities = self._calibration.probabilities(self._raw_texts(counted))
        for number, sentences in enumerate(counted.texts):
            scores = dict(zip(ATTRIBUTE_NAMES, probabilities[number].tolist(), strict=True))
            flagged = [name for name in FLAGGED if scores[name] >= self._lowest(name)]
            if not flagged:
                yield Judgement(scores, (), ())
                continue
            heat = self._heat(counted, number)
            targets = self._targets.find(sentences, heat[:, HOSTILITY].tolist())
            spans = [
                span
                for name in flagged
                for span in self._spans(counted, number, name, heat, targets)
            ]
            yield Judgement(scores, tuple(sorted(spans, key=lambda s: (s.start, s.end))), targets)

    def _lowest(self, name: str) -> float:
        """Return the probability from which an attribute is worth showing evidence for."""
        return min(self.thresholds[name], self.review_thresholds[name])

    def _heat(self, counted: Counted, number: int) -> Floats:
        """Return each sentence's probabilities alone: shape ``(n_sentences, n_attributes)``."""
        first, last = counted.sentence_bounds[number], counted.sentence_bounds[number + 1]
        return self._calibration.probabilities(self._raw_sentences(counted, first, last))

    def _spans(
        self, counted: Counted, number: int, name: str, heat: Floats, targets: Sequence[str]
    ) -> Iterator[Span]:
        column = ATTRIBUTE_NAMES.index(name)
        evident = evident_sentences(heat[:, column], self.thresholds[name])
        if name == Label.ETHNIC_HOSTILITY:
            evident = about_targets(evident, counted.texts[number], targets)
        for index in evident:
            sentence = counted.texts[number][index]
            shares = self._shares(counted, counted.sentence_bounds[number] + index, column)
            start, end = trim(sentence, shares, self.state.slack)
            yield Span(start, end, name, float(heat[index, column]))

    def _shares(self, counted: Counted, sentence: int, column: int) -> Floats:
        """Return what each token of a sentence adds to its raw score.

        A token's share of an n-gram that the sentence has several times is in proportion.
        """
        first, last = counted.token_bounds[sentence], counted.token_bounds[sentence + 1]
        tokens = counted.counts[first:last]
        totals = counted.rows([(sentence, sentence + 1)])
        weighed = weigh(totals, self.state.idf)
        value = np.zeros(totals.shape[1])
        value[totals.indices] = weighed.data * self.state.weights[totals.indices, column]
        value[totals.indices] /= totals.data
        return np.asarray(tokens @ value)
