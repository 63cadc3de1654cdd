"""The encoder tier: judges texts with a network that was fine-tuned for it."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from moderation.learning.arrays import HARMFUL, HOSTILITY, Floats
from moderation.learning.calibration import Calibration
from moderation.learning.encoder.reading import Window, WordpieceReader
from moderation.learning.encoder.session import (
    BATCH_PIECES,
    STEP_PIECES,
    EncoderSession,
    Scored,
)
from moderation.learning.encoder.words import Words, evidence, sentence_heat, words_of
from moderation.learning.judgement import Judgement
from moderation.learning.reading import begin_reading
from moderation.learning.steps import Steps, finish
from moderation.learning.targets import TargetFinder
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT, Label
from moderation.text.sentences import SentenceCutter

CHUNK = 256
"""Texts read at once; it bounds memory and changes no score."""
LARGEST_VOCABULARY = 64 << 20
"""Bytes of a vocabulary, unpacked."""


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


class Read(NamedTuple):
    """One text's windows, and what the network says of them."""

    text: str
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

    def read(self, texts: Sequence[str]) -> Iterator[Read]:
        """Yield what the network says of each text."""
        for start in range(0, len(texts), CHUNK):
            yield from finish(self._begin_reading(texts[start : start + CHUNK], BATCH_PIECES))

    def _begin_reading(self, texts: Sequence[str], pieces: int) -> Steps[list[Read]]:
        windows: list[list[Window]] = []
        for text in texts:
            windows.append((yield from self._reader.begin(text)))
            yield
        each = iter((yield from self._session.begin([w for some in windows for w in some], pieces)))
        return [
            Read(text, some, [next(each) for _ in some])
            for text, some in zip(texts, windows, strict=True)
        ]

    def raw_scores(self, texts: Sequence[str]) -> Floats:
        """Return scores before calibration, shape ``(n_texts, n_attributes)``."""
        return np.array([read.raw for read in self.read(texts)])

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return calibrated scores, shape ``(n_texts, n_attributes)``."""
        return self._calibration.probabilities(self.raw_scores(texts))

    def _begin_judging(self, read: Read, lowest: Mapping[str, float]) -> Steps[Judgement]:
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
            targets = yield from self._begin_targets(read.text, words)
        return Judgement(
            scores, tuple(sorted(spans, key=lambda span: (span.start, span.end))), targets
        )

    def _begin_targets(self, text: str, words: Words) -> Steps[tuple[str, ...]]:
        """Find the peoples that a hostile text attacks."""
        sentences = yield from begin_reading(text, self._cutter)
        heat = sentence_heat(words, [(one.start, one.end) for one in sentences], HOSTILITY)
        yield
        return self._targets.find(sentences, heat)
