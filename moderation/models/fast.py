"""The fast tier: a linear model over hashed n-grams, with a logistic output for each attribute."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.models.base import HOSTILITY, Calibration, Floats, Judgement, lowest_limits
from moderation.models.targets import TargetFinder
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, Label
from moderation.text.document import Document, Steps, finish
from moderation.text.peoples import mentions
from moderation.text.segmentation import Sentence, SentenceCutter
from moderation.verdict import Span

if TYPE_CHECKING:
    from moderation.models.ngrams.scorer import Scorer

MAX_GAP = 3.0
"""Log-odds by which a sentence may fall short of the highest one and still be evidence beside it;
chosen on dev for the character F1 of the evidence. Beside a plainly hostile sentence, a doubtful
one says little."""


class FastState(NamedTuple):
    """Everything that the fast tier learned, as arrays and built-in values only."""

    weights: npt.NDArray[np.int8]
    """Shape ``(n_features, n_attributes)``, in units of `scales`."""
    scales: Floats
    biases: Floats
    slopes: Floats
    offsets: Floats
    thresholds: dict[str, float]
    review_thresholds: dict[str, float]
    char_ngrams: tuple[int, int]
    frequent: str
    """Frequent words, one on each line: the sums of their n-grams are computed once."""
    sentences: dict[str, Any]
    target_weights: Floats
    target_bias: float
    slack: float
    """A larger value makes evidence longer; see :func:`trim`."""


class ExplainedText(NamedTuple):
    """A text's sentences, as evidence and targets need them."""

    sentences: list[Sentence]
    scores: Floats
    """Each sentence's probabilities alone: shape ``(n_sentences, n_attributes)``."""
    contributions: list[Floats]
    """By sentence, the part of each token in its raw scores: ``(n_tokens, n_attributes)``."""


class FastModel:
    """Judges texts with the weights of a :class:`FastState`.

    Parameters
    ----------
    state : FastState
    manifest : dict
        The state's origin; ``id`` names the model.
    """

    is_quick = True
    """A batch of short texts takes it less than a millisecond, mostly: whoever serves it need not
    hand them to a thread, which takes as long and costs more."""

    def __init__(self, state: FastState, manifest: dict[str, Any]) -> None:
        self.state = state
        self.manifest = manifest
        self.thresholds = state.thresholds
        self.review_thresholds = state.review_thresholds
        self._limits = lowest_limits(state.thresholds, state.review_thresholds)
        self._cutter = SentenceCutter(state.sentences)
        self._scorer = _scorer(state)
        self._calibration = Calibration(state.slopes, state.offsets)
        self._targets = TargetFinder(state.target_weights, state.target_bias)

    @property
    def id(self) -> str:
        """``name@version``."""
        return str(self.manifest["id"])

    @property
    def fast(self) -> "FastModel":
        """The tier that judges at once: this model itself."""
        return self

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return calibrated scores, shape ``(n_texts, n_attributes)``."""
        return self._calibration.probabilities(self.raw_scores(texts))

    def raw_scores(self, texts: Sequence[str]) -> Floats:
        """Return scores before calibration, shape ``(n_texts, n_attributes)``."""
        return self._scorer.raw(texts)

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Score texts and find their evidence and targets, in order."""
        return finish(self.begin(texts))

    def begin(self, texts: Sequence[str]) -> Steps[list[Judgement]]:
        """Judge texts as `judge` does, in steps."""
        rows = self.probabilities(texts).tolist()
        judgements: list[Judgement] = []
        for text, row in zip(texts, rows, strict=True):
            scores = dict(zip(ATTRIBUTE_NAMES, row, strict=True))
            flagged = [name for name in FLAGGED if scores[name] >= self._limits[name]]
            if flagged:
                yield
                explained = yield from self._begin_explaining(Document.of(text))
                yield
                judgements.append(self._judgement(scores, flagged, explained))
            else:
                judgements.append(Judgement(scores, (), ()))
        return judgements

    def explain(self, texts: Sequence[str]) -> Iterator[ExplainedText]:
        """Yield each text's sentences, each scored alone, and the part of each token in that."""
        for text in texts:
            yield finish(self._begin_explaining(Document.of(text)))

    def _begin_explaining(self, document: Document) -> Steps[ExplainedText]:
        sentences = yield from document.begin_sentences(self._cutter)
        raw, contributions = self._scorer.explain([sentence.tokens for sentence in sentences])
        return ExplainedText(sentences, self._calibration.probabilities(raw), contributions)

    def sentence_scores(self, texts: Sequence[str]) -> list[list[float]]:
        """Return, by text, the probability of ethnic hostility of each of its sentences alone."""
        return [explained.scores[:, HOSTILITY].tolist() for explained in self.explain(texts)]

    def _judgement(
        self, scores: dict[str, float], flagged: Sequence[str], explained: ExplainedText
    ) -> Judgement:
        hostility = explained.scores[:, HOSTILITY].tolist()
        targets = self._targets.find(explained.sentences, hostility)
        spans = [span for name in flagged for span in self._spans(explained, name, targets)]
        return Judgement(scores, tuple(sorted(spans, key=lambda s: (s.start, s.end))), targets)

    def _spans(self, explained: ExplainedText, name: str, targets: Sequence[str]) -> Iterator[Span]:
        column = ATTRIBUTE_NAMES.index(name)
        sentence_scores = explained.scores[:, column]
        evident = evident_sentences(sentence_scores, self.thresholds[name])
        if name == Label.ETHNIC_HOSTILITY:
            evident = about_targets(evident, explained.sentences, targets)
        for index in evident:
            contributions = explained.contributions[index][:, column]
            start, end = trim(explained.sentences[index], contributions, self.state.slack)
            yield Span(start, end, name, float(sentence_scores[index]))


def _scorer(state: FastState) -> "Scorer":
    from moderation.models.ngrams.scorer import Scorer  # noqa: PLC0415  # loads the compiler

    return Scorer(
        state.weights,
        state.scales,
        state.biases,
        (state.char_ngrams[0], state.char_ngrams[1]),
        state.frequent.splitlines(),
    )


def evident_sentences(scores: Floats, threshold: float) -> list[int]:
    """Return the sentences that are evidence: near the highest and over the threshold, or that one.

    Parameters
    ----------
    scores : array of shape (n_sentences,)
        Each sentence's probability, alone.
    threshold : float
    """
    likely = np.clip(scores, 1e-9, 1 - 1e-9)
    odds = np.log(likely / (1 - likely))
    reached = np.flatnonzero((scores >= threshold) & (odds >= odds.max() - MAX_GAP))
    return [int(index) for index in reached] or [int(np.argmax(scores))]


def about_targets(
    evident: list[int], sentences: Sequence[Sentence], targets: Sequence[str]
) -> list[int]:
    """Return the evident sentences without those that name only peoples that are not attacked.

    Where no other is left, all are returned. A writer who defends a people often names it beside
    the most hostile words.
    """
    named = [{mention.people for mention in mentions(sentences[i].tokens)} for i in evident]
    kept = [
        index
        for index, peoples in zip(evident, named, strict=True)
        if not peoples or peoples & set(targets)
    ]
    return kept or evident


def trim(sentence: Sentence, contributions: Floats, slack: float) -> tuple[int, int]:
    """Return the offsets of the run of words that contributes most to a sentence's score.

    Parameters
    ----------
    sentence : Sentence
    contributions : array of shape (n_tokens,)
        The part of each token in the sentence's raw score.
    slack : float
        The amount that a token may take away before the run is cut there, in means of the absolute
        contributions: 0 keeps only the tokens that raise the score, a large one the whole sentence.
    """
    if not sentence.tokens:
        return sentence.start, sentence.end
    first, last = _best_run(contributions + slack * np.abs(contributions).mean())
    start, end = sentence.tokens[first].start, sentence.tokens[last].end
    whole = last == len(sentence.tokens) - 1
    return start, sentence.end if whole else end


def _best_run(values: Sequence[float] | Floats) -> tuple[int, int]:
    """Return the first and last index of the run with the greatest sum (Kadane's algorithm)."""
    best, best_run = -np.inf, (0, 0)
    total, start = 0.0, 0
    for index, value in enumerate(values):
        if total <= 0:
            total, start = 0.0, index
        total += float(value)
        if total > best:
            best, best_run = total, (start, index)
    return best_run
