"""The encoder tier: judges texts with a network that was fine-tuned for it."""

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
    Judgement,
    TargetFinder,
    sigmoid,
)
from moderation.models.wordpieces import Ints, Window, WordpieceReader
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT, Label
from moderation.text.document import Document, Steps, finish
from moderation.text.sentences import SentenceCutter
from moderation.verdict import Span

CHUNK = 256
"""Texts read at once; it bounds memory and changes no score."""
LARGEST_VOCABULARY = 64 << 20
"""Bytes of a vocabulary, unpacked."""
BATCH_PIECES = 512
"""Wordpieces that go through the network at once; it changes no score.

It bounds memory: ONNX Runtime keeps what the largest batch needed, for each thread that judges at
the same time, some 30 KB a piece. More at once is no faster, for then less of it stays in the
processor's cache.
"""
STEP_PIECES = 128
"""Wordpieces that go through it in one step: one long window, or several short ones."""

NEAR_HOTTEST = 0.8
"""Where no word reaches the threshold, those count that come this near to the hottest."""

SHARE_OF_HOTTEST = 0.5
"""What is not half as hot as the hottest word is no evidence beside it; chosen on dev."""

GAP = 1
"""Words between two evident ones that join them."""


class EncoderState(NamedTuple):
    """What the encoder tier learned beside its network: arrays and built-in values only."""

    packed_vocabulary: bytes
    """A tokenizer in the JSON form of the library `tokenizers`, compressed by zlib."""
    opening: tuple[int, int]
    slopes: Floats
    offsets: Floats
    thresholds: dict[str, float]
    review_thresholds: dict[str, float]
    word_thresholds: dict[str, float]
    """For each attribute that has evidence, from which heat a word is evidence."""
    sentences: dict[str, Any]
    target_weights: Floats
    target_bias: float

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


class Scored(NamedTuple):
    """Raw scores (log-odds) of one window."""

    passage: Floats
    """Shape ``(n_attributes,)``."""
    words: Floats
    """Shape ``(n_pieces, n_attributes)``."""


class Words(NamedTuple):
    """A text's words and signs, in order."""

    starts: Ints
    ends: Ints
    heat: Floats
    """Shape ``(n_words, n_attributes)``: how likely each speaks for an attribute."""


class ReadText(NamedTuple):
    """One text's windows, and what the network says of them."""

    document: Document
    windows: list[Window]
    scored: list[Scored]

    @property
    def raw(self) -> Floats:
        """Return the text's raw scores."""
        return combine(np.array([one.passage for one in self.scored]))

    @property
    def words(self) -> Words:
        """Return the text's words with their heat."""
        return words_of(self.windows, self.scored)


def lowest_limits(
    thresholds: Mapping[str, float], review_thresholds: Mapping[str, float]
) -> dict[str, float]:
    """Return, by flagged attribute, the probability from which something is made of it."""
    return {
        name: min(limit, thresholds.get(name, limit)) for name, limit in review_thresholds.items()
    }


def combine(passages: Floats) -> Floats:
    """Combine the raw scores of a text's windows, by row: a harm counts as its worst window."""
    return np.asarray(np.where(HARMFUL, passages.max(axis=0), passages.mean(axis=0)))


class EncoderModel:
    """Judges texts with a network and what an :class:`EncoderState` holds.

    Parameters
    ----------
    state : EncoderState
    network : bytes
        The network's graph, in the form ONNX.
    manifest : dict
        Where both came from; ``id`` names the model.
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
        self._reader = WordpieceReader(state.vocabulary, self._cutter)
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
            From where an attribute's evidence is looked for; from where this model's own labels or
            reviews begin when not given.
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
            Most wordpieces that go through the network in one step; it changes no score.
        """
        limits = lowest or lowest_limits(self.thresholds, self.review_thresholds)
        found: list[Judgement] = []
        for start in range(0, len(texts), CHUNK):
            for read in (yield from self._begin_reading(texts[start : start + CHUNK], pieces)):
                found.append((yield from self._begin_judging(read, limits)))
                yield
        return found

    def read(self, texts: Sequence[str]) -> Iterator[ReadText]:
        """Yield what the network says of each text."""
        for start in range(0, len(texts), CHUNK):
            yield from finish(self._begin_reading(texts[start : start + CHUNK], BATCH_PIECES))

    def _begin_reading(self, texts: Sequence[str], pieces: int) -> Steps[list[ReadText]]:
        documents = list(map(Document.of, texts))
        windows: list[list[Window]] = []
        for document in documents:
            windows.append((yield from self._reader.begin(document)))
            yield
        each = iter((yield from self._session.begin([w for some in windows for w in some], pieces)))
        return [
            ReadText(document, some, [next(each) for _ in some])
            for document, some in zip(documents, windows, strict=True)
        ]

    def raw_scores(self, texts: Sequence[str]) -> Floats:
        """Return scores before calibration, shape ``(n_texts, n_attributes)``."""
        return np.array([read.raw for read in self.read(texts)])

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return calibrated scores, shape ``(n_texts, n_attributes)``."""
        return self._calibration.probabilities(self.raw_scores(texts))

    def _begin_judging(self, read: ReadText, lowest: Mapping[str, float]) -> Steps[Judgement]:
        probabilities = self._calibration.probabilities(read.raw)
        scores = dict(zip(ATTRIBUTE_NAMES, probabilities.tolist(), strict=True))
        evident = [
            name for name in self.state.word_thresholds if scores[name] >= lowest.get(name, PRESENT)
        ]
        if not evident:
            return Judgement(scores, (), ())
        words = read.words
        yield
        spans = [
            span
            for name in evident
            for span in evidence(
                words, ATTRIBUTE_NAMES.index(name), self.state.word_thresholds[name], name
            )
        ]
        targets: tuple[str, ...] = ()
        if Label.ETHNIC_HOSTILITY in evident:
            yield
            targets = yield from self._begin_targets(read.document, words)
        return Judgement(
            scores, tuple(sorted(spans, key=lambda span: (span.start, span.end))), targets
        )

    def _begin_targets(self, document: Document, words: Words) -> Steps[tuple[str, ...]]:
        """Find the peoples that a hostile text attacks."""
        sentences = yield from document.begin_sentences(self._cutter)
        heat = sentence_heat(words, [(one.start, one.end) for one in sentences], HOSTILITY)
        yield
        return self._targets.find(sentences, heat)


class EncoderSession:
    """The network in ONNX Runtime.

    Parameters
    ----------
    network : bytes
        The graph, in the form ONNX.
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
        # It keeps the bytes in case other providers fail, and there are none.
        self._session._model_bytes = None
        self._opening = opening

    def score(self, windows: Sequence[Window]) -> list[Scored]:
        """Score windows, in order.

        Only windows of the same length go through together. So none is padded, and each goes
        through the same arithmetic whatever else is judged with it.
        """
        return finish(self.begin(windows, BATCH_PIECES))

    def begin(self, windows: Sequence[Window], pieces: int) -> Steps[list[Scored]]:
        """Score windows as `score` does, in steps of at most so many wordpieces."""
        scored: list[Scored | None] = [None] * len(windows)
        for indices in _groups(windows, pieces):
            passages, words = self._run([windows[index] for index in indices])
            for index, passage, some in zip(indices, passages, words, strict=True):
                scored[index] = Scored(passage, some)
            yield
        return [one for one in scored if one is not None]

    def _run(self, windows: Sequence[Window]) -> tuple[Floats, Floats]:
        ids = np.empty((len(windows), len(windows[0].ids) + 2), dtype=np.int32)
        ids[:, 0], ids[:, -1] = self._opening
        ids[:, 1:-1] = [window.ids for window in windows]
        passages, words = self._session.run(["passages", "words"], {"ids": ids})
        return passages, words[:, 1:-1]


def _groups(windows: Sequence[Window], pieces: int) -> Iterator[list[int]]:
    by_length = defaultdict[int, list[int]](list)
    for index, window in enumerate(windows):
        by_length[len(window.ids)].append(index)
    for length, indices in by_length.items():
        most = max(1, pieces // (length + 2))
        for start in range(0, len(indices), most):
            yield indices[start : start + most]


def words_of(windows: Sequence[Window], scored: Sequence[Scored]) -> Words:
    """Join the windows of a text; a word is as hot as its hottest piece in any of them."""
    numbers = np.concatenate([window.words for window in windows])
    pieces = sigmoid(np.concatenate([one.words for one in scored]))
    size = int(numbers.max(initial=-1)) + 1
    heat = np.zeros((size, pieces.shape[1]))
    np.maximum.at(heat, numbers, pieces)
    starts = np.full(size, np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(starts, numbers, np.concatenate([window.starts for window in windows]))
    ends = np.zeros(size, dtype=np.int32)
    np.maximum.at(ends, numbers, np.concatenate([window.ends for window in windows]))
    return Words(starts, ends, heat)


def evidence(words: Words, column: int, threshold: float, attribute: str) -> Iterator[Span]:
    """Yield the runs of words that speak for an attribute, at least one if there is a word.

    Parameters
    ----------
    words : Words
    column : int
        The attribute's.
    threshold : float
        Heat from which a word speaks for it.
    attribute : str
    """
    heat = words.heat[:, column]
    if not len(heat):
        return
    hottest = heat.max()
    limit = max(min(threshold, NEAR_HOTTEST * hottest), SHARE_OF_HOTTEST * hottest)
    for first, last in runs(heat >= limit, GAP):
        start, end = int(words.starts[first]), int(words.ends[first : last + 1].max())
        yield Span(start, end, attribute, float(heat[first : last + 1].max()))


def runs(evident: Flags, gap: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last index of each run of true values, joined over small gaps."""
    indices = np.flatnonzero(evident)
    if not len(indices):
        return
    breaks = np.flatnonzero(np.diff(indices) > gap + 1)
    firsts, lasts = [0, *(breaks + 1)], [*breaks, len(indices) - 1]
    for first, last in zip(firsts, lasts, strict=True):
        yield int(indices[first]), int(indices[last])


def sentence_heat(words: Words, sentences: Sequence[tuple[int, int]], column: int) -> list[float]:
    """Return how hot each sentence's hottest word is for an attribute."""
    return [
        float(words.heat[(words.starts < end) & (start < words.ends), column].max(initial=0))
        for start, end in sentences
    ]
