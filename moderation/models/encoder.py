"""The encoder tier: a fine-tuned network scores windows of wordpieces and each word in them."""

import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import onnxruntime

from moderation.models.base import (
    HARMFUL,
    HOSTILITY,
    Calibration,
    Flags,
    Floats,
    Ints,
    Judgement,
    lowest_limits,
    sigmoid,
)
from moderation.models.targets import TargetFinder, attacked
from moderation.models.wordpieces import MAX_PIECES, Window, WordpieceReader
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT, Label
from moderation.text.document import Document, Steps, finish
from moderation.text.foreign_names import names_in
from moderation.text.language import ENGLISH
from moderation.text.segmentation import SentenceCutter
from moderation.verdict import Span

CHUNK = 256
"""Texts read at once; it bounds memory and changes no score."""
LARGEST_VOCABULARY = 64 << 20
"""Bytes of a vocabulary, unpacked."""
BATCH_PIECES = 512
"""Wordpieces that go through the network at once; their number changes no score.

It bounds memory: ONNX Runtime keeps what the largest batch needed, for each thread that judges at
the same time, some 30 KB a piece. More at once is no faster, for then less of it stays in the
processor's cache.
"""
STEP_PIECES = 128
"""Wordpieces that go through the network in one step: one long window, or several short ones."""

NEAR_TOP = 0.8
"""Share of the highest word's score from which a word is evidence, where none reaches the
threshold."""
MAX_GAP = 1
"""Words that may stand between two evident ones in the same span."""


class EvidenceLimits(NamedTuple):
    """The limits from which words are evidence for an attribute; chosen on dev."""

    word: float
    """Word score from which a word is evidence."""
    share: float = 0.5
    """Share of the highest word's score below which no word is evidence."""
    highest: float = 0.0
    """The score that the highest word must reach for any to be evidence."""
    passage: float = PRESENT
    """The passage's score from which evidence is looked for, if no threshold says from where."""


class EncoderState(NamedTuple):
    """Everything learned beside the network, as arrays and built-in values only."""

    packed_vocabulary: bytes
    """A tokenizer in the JSON form of the library `tokenizers`, compressed by zlib."""
    opening: tuple[int, int]
    slopes: Floats
    offsets: Floats
    thresholds: dict[str, float]
    review_thresholds: dict[str, float]
    evidence: dict[str, EvidenceLimits]
    """For each attribute that has evidence."""
    sentences: dict[str, Any]
    target_weights: Floats
    target_bias: float
    spoken: bool = False
    """True if links, tags and marks of quoting are not read; older models read them."""
    window: int = MAX_PIECES
    """Wordpieces that are judged together at most. So decent sentences further off than that cannot
    hide a hostile one."""
    composed: bool = False
    """True if texts are read with case and accents, in any script."""

    @property
    def vocabulary(self) -> str:
        """Return the tokenizer as JSON.

        Raises
        ------
        ValueError
            If it is damaged, or too large.
        """
        unpacker = zlib.decompressobj()
        try:
            content = unpacker.decompress(self.packed_vocabulary, LARGEST_VOCABULARY)
        except zlib.error as error:
            raise ValueError(f"the vocabulary is damaged: {error}") from None
        if not unpacker.eof:
            raise ValueError("the vocabulary is cut off, or too large")
        return content.decode()


class WindowScores(NamedTuple):
    """Raw scores (log-odds) of one window."""

    passage: Floats
    """Shape ``(n_attributes,)``."""
    words: Floats
    """Shape ``(n_pieces, n_attributes)``."""


class Words(NamedTuple):
    """A text's words and punctuation signs, in order."""

    starts: Ints
    ends: Ints
    scores: Floats
    """Shape ``(n_words, n_attributes)``: the probability that a word is evidence."""


class EncodedText(NamedTuple):
    """One text's windows and the network's scores for them."""

    document: Document
    windows: list[Window]
    scores: list[WindowScores]

    @property
    def raw(self) -> Floats:
        """Return the text's raw scores."""
        return combine_windows(np.array([window.passage for window in self.scores]))

    @property
    def words(self) -> Words:
        """Return the text's words with their scores."""
        return merge_words(self.windows, self.scores)


def combine_windows(passages: Floats) -> Floats:
    """Return a text's raw scores from those of its windows, one a row.

    A harm counts as its worst window, anything else as the mean.
    """
    return np.asarray(np.where(HARMFUL, passages.max(axis=0), passages.mean(axis=0)))


class EncoderModel:
    """Judges texts with a network and an :class:`EncoderState`.

    Parameters
    ----------
    state : EncoderState
    network : bytes
        The network's graph, in ONNX form.
    manifest : dict
        Their origin; ``id`` names the model.
    threads : int
        Threads for one batch; 0 for as many as there are cores.
    """

    def __init__(
        self, state: EncoderState, network: bytes, manifest: dict[str, Any], threads: int = 0
    ) -> None:
        self.state = state
        self.manifest = manifest
        self.thresholds = state.thresholds
        self.review_thresholds = state.review_thresholds
        self._cutter = SentenceCutter(state.sentences)
        self._reader = WordpieceReader(
            state.vocabulary,
            self._cutter,
            spoken=state.spoken,
            length=state.window,
            composed=state.composed,
        )
        self._session = EncoderSession(network, state.opening, threads)
        self._calibration = Calibration(state.slopes, state.offsets)
        self._targets = TargetFinder(state.target_weights, state.target_bias)

    @property
    def id(self) -> str:
        """``name@version``."""
        return str(self.manifest["id"])

    def judge(
        self, texts: Sequence[str], lowest: Mapping[str, float] | None = None
    ) -> list[Judgement]:
        """Score texts and find their evidence and targets, in order.

        Parameters
        ----------
        texts : sequence of str
        lowest : mapping of attribute name to probability, optional
            The probability from which an attribute's evidence is looked for; when not given, the
            one from which this model labels a text or sends it to review.
        """
        return finish(self.begin(texts, lowest, BATCH_PIECES))

    def begin(
        self,
        texts: Sequence[str],
        lowest: Mapping[str, float] | None = None,
        pieces: int = STEP_PIECES,
    ) -> Steps[list[Judgement]]:
        """Judge texts as `judge` does, in steps.

        Parameters
        ----------
        texts, lowest
            As for `judge`.
        pieces : int
            Most wordpieces that go through the network in one step; their number changes no score.
        """
        limits = lowest or lowest_limits(self.thresholds, self.review_thresholds)
        judgements: list[Judgement] = []
        for start in range(0, len(texts), CHUNK):
            for encoded in (yield from self._begin_encoding(texts[start : start + CHUNK], pieces)):
                judgements.append((yield from self._begin_judging(encoded, limits)))
                yield
        return judgements

    def encode(self, texts: Sequence[str]) -> Iterator[EncodedText]:
        """Yield each text's windows and the network's scores for them."""
        for start in range(0, len(texts), CHUNK):
            yield from finish(self._begin_encoding(texts[start : start + CHUNK], BATCH_PIECES))

    def _begin_encoding(self, texts: Sequence[str], pieces: int) -> Steps[list[EncodedText]]:
        documents = list(map(Document.of, texts))
        windows: list[list[Window]] = []
        for document in documents:
            windows.append((yield from self._reader.begin(document)))
            yield
        in_order = [window for of_text in windows for window in of_text]
        scores = iter((yield from self._session.begin(in_order, pieces)))
        return [
            EncodedText(document, of_text, [next(scores) for _ in of_text])
            for document, of_text in zip(documents, windows, strict=True)
        ]

    def raw_scores(self, texts: Sequence[str]) -> Floats:
        """Return scores before calibration, shape ``(n_texts, n_attributes)``."""
        return np.array([encoded.raw for encoded in self.encode(texts)])

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return calibrated scores, shape ``(n_texts, n_attributes)``."""
        return self.calibrated(self.raw_scores(texts))

    def calibrated(self, raw: Floats) -> Floats:
        """Return the probabilities of raw scores of shape ``(n_texts, n_attributes)``."""
        return self._calibration.probabilities(raw)

    def _begin_judging(self, encoded: EncodedText, lowest: Mapping[str, float]) -> Steps[Judgement]:
        probabilities = self._calibration.probabilities(encoded.raw)
        scores = dict(zip(ATTRIBUTE_NAMES, probabilities.tolist(), strict=True))
        evident = [
            name
            for name, limits in self.state.evidence.items()
            if scores[name] >= lowest.get(name, limits.passage)
        ]
        if not evident:
            return Judgement(scores, (), ())
        words = encoded.words
        yield
        spans = [
            span
            for name in evident
            for span in evidence_spans(
                words, ATTRIBUTE_NAMES.index(name), self.state.evidence[name], name
            )
        ]
        targets: tuple[str, ...] = ()
        if Label.ETHNIC_HOSTILITY in evident:
            yield
            targets = yield from self._begin_targets(encoded.document, words)
        return Judgement(
            scores, tuple(sorted(spans, key=lambda span: (span.start, span.end))), targets
        )

    def _begin_targets(self, document: Document, words: Words) -> Steps[tuple[str, ...]]:
        """Find the peoples that a hostile text attacks."""
        if self.state.composed and document.language not in {None, ENGLISH}:
            names = names_in(document, str(document.language))
            return attacked(names, words.starts, words.ends, words.scores[:, HOSTILITY])
        sentences = yield from document.begin_sentences(self._cutter)
        offsets = [(sentence.start, sentence.end) for sentence in sentences]
        scores = sentence_scores(words, offsets, HOSTILITY)
        yield
        return self._targets.find(sentences, scores)


class EncoderSession:
    """The network, run by ONNX Runtime.

    Parameters
    ----------
    network : bytes
        The graph, in ONNX form.
    opening : (int, int)
        The wordpieces that open and close a window.
    threads : int
        Threads for one batch; 0 for as many as there are cores.
    """

    def __init__(self, network: bytes, opening: tuple[int, int], threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            network, options, providers=["CPUExecutionProvider"]
        )
        # The session keeps the graph's bytes for the case that a provider fails, and there is no
        # other provider: without this the network would be in memory twice.
        self._session._model_bytes = None
        self._opening = opening

    def score(self, windows: Sequence[Window]) -> list[WindowScores]:
        """Score windows, in order.

        Only windows of the same length go through together. So none is padded, and each goes
        through the same arithmetic whatever else is judged with it.
        """
        return finish(self.begin(windows, BATCH_PIECES))

    def begin(self, windows: Sequence[Window], pieces: int) -> Steps[list[WindowScores]]:
        """Score windows as `score` does, in steps of at most so many wordpieces."""
        scores: list[WindowScores | None] = [None] * len(windows)
        for indices in _groups(windows, pieces):
            passages, words = self._run([windows[index] for index in indices])
            for index, passage, word_rows in zip(indices, passages, words, strict=True):
                scores[index] = WindowScores(passage, word_rows)
            yield
        return [window for window in scores if window is not None]

    def _run(self, windows: Sequence[Window]) -> tuple[Floats, Floats]:
        ids = np.empty((len(windows), len(windows[0].ids) + 2), dtype=np.int32)
        ids[:, 0], ids[:, -1] = self._opening
        ids[:, 1:-1] = [window.ids for window in windows]
        passages, words = self._session.run(["passages", "words"], {"ids": ids})
        return passages, words[:, 1:-1]


def _groups(windows: Sequence[Window], pieces: int) -> Iterator[list[int]]:
    """Yield the indices of windows of one length that go through the network together."""
    by_length = defaultdict[int, list[int]](list)
    for index, window in enumerate(windows):
        by_length[len(window.ids)].append(index)
    for length, indices in by_length.items():
        most = max(1, pieces // (length + 2))
        for start in range(0, len(indices), most):
            yield indices[start : start + most]


def merge_words(windows: Sequence[Window], scores: Sequence[WindowScores]) -> Words:
    """Return the words of a text's windows; a word's score is its highest piece's in any window."""
    numbers = np.concatenate([window.words for window in windows])
    pieces = sigmoid(np.concatenate([window.words for window in scores]))
    size = int(numbers.max(initial=-1)) + 1
    word_scores = np.zeros((size, pieces.shape[1]))
    np.maximum.at(word_scores, numbers, pieces)
    starts = np.full(size, np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(starts, numbers, np.concatenate([window.starts for window in windows]))
    ends = np.zeros(size, dtype=np.int32)
    np.maximum.at(ends, numbers, np.concatenate([window.ends for window in windows]))
    return Words(starts, ends, word_scores)


def evidence_spans(
    words: Words, column: int, limits: EvidenceLimits, attribute: str
) -> Iterator[Span]:
    """Yield the runs of words that are evidence for an attribute.

    There is one at least, if the highest word reaches what it must.

    Parameters
    ----------
    words : Words
    column : int
        The attribute's.
    limits : EvidenceLimits
    attribute : str
    """
    scores = words.scores[:, column]
    top = scores.max(initial=0)
    if not len(scores) or top < limits.highest:
        return
    limit = max(min(limits.word, NEAR_TOP * top), limits.share * top)
    for first, last in runs(scores >= limit, MAX_GAP):
        start, end = int(words.starts[first]), int(words.ends[first : last + 1].max())
        yield Span(start, end, attribute, float(scores[first : last + 1].max()))


def runs(evident: Flags, gap: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last index of each run of true values, joined over small gaps."""
    indices = np.flatnonzero(evident)
    if not len(indices):
        return
    breaks = np.flatnonzero(np.diff(indices) > gap + 1)
    firsts, lasts = [0, *(breaks + 1)], [*breaks, len(indices) - 1]
    for first, last in zip(firsts, lasts, strict=True):
        yield int(indices[first]), int(indices[last])


def sentence_scores(words: Words, sentences: Sequence[tuple[int, int]], column: int) -> list[float]:
    """Return, by sentence, the highest score of its words for an attribute; 0 without a word."""
    return [
        float(words.scores[(words.starts < end) & (start < words.ends), column].max(initial=0))
        for start, end in sentences
    ]
