"""The fast tier: hashed n-grams into a multi-output logistic model."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.models.base import HOSTILITY, Calibration, Floats, Judgement, TargetFinder
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, Label
from moderation.text.document import Document, Steps, finish
from moderation.text.peoples import mentions
from moderation.text.sentences import Sentence, SentenceCutter
from moderation.verdict import Span

if TYPE_CHECKING:
    from moderation.models.ngrams.scorer import Scorer

NEAR_HOTTEST = 3.0
"""Log-odds by which a sentence may fall short of the hottest one and still be evidence beside it;
chosen on dev for the character F1 of the evidence. A plainly hostile sentence shows how little a
lukewarm one says."""


class FastState(NamedTuple):
    """Everything the fast tier learned: arrays and built-in values only."""

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
    """Frequent words, a line each: what their n-grams add up to is kept at hand."""
    sentences: dict[str, Any]
    target_weights: Floats
    target_bias: float
    slack: float
    """How freely evidence is widened; see :func:`trim`."""


class ExplainedText(NamedTuple):
    """A text's sentences, as evidence and targets need them."""

    sentences: list[Sentence]
    heat: Floats
    """Each sentence's probabilities alone: shape ``(n_sentences, n_attributes)``."""
    shares: list[Floats]
    """What each token of a sentence adds to its raw scores: ``(n_tokens, n_attributes)``."""


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
        found: list[Judgement] = []
        for text, row in zip(texts, rows, strict=True):
            scores = dict(zip(ATTRIBUTE_NAMES, row, strict=True))
            flagged = [name for name in FLAGGED if scores[name] >= self._lowest(name)]
            if flagged:
                yield
                explained = yield from self._begin_explaining(Document.of(text))
                yield
                found.append(self._judgement(scores, flagged, explained))
            else:
                found.append(Judgement(scores, (), ()))
        return found

    def explain(self, texts: Sequence[str]) -> Iterator[ExplainedText]:
        """Yield each text's sentences, how hot each is alone, and what each token says for it."""
        for text in texts:
            yield finish(self._begin_explaining(Document.of(text)))

    def _begin_explaining(self, document: Document) -> Steps[ExplainedText]:
        sentences = yield from document.begin_sentences(self._cutter)
        raw, shares = self._scorer.explain([sentence.tokens for sentence in sentences])
        return ExplainedText(sentences, self._calibration.probabilities(raw), shares)

    def sentence_heat(self, texts: Sequence[str]) -> list[list[float]]:
        """Return each text's sentences' probability of ethnic hostility, each alone."""
        return [explained.heat[:, HOSTILITY].tolist() for explained in self.explain(texts)]

    def _lowest(self, name: str) -> float:
        """Return the probability from which an attribute is worth showing evidence for."""
        return min(self.thresholds[name], self.review_thresholds[name])

    def _judgement(
        self, scores: dict[str, float], flagged: Sequence[str], explained: ExplainedText
    ) -> Judgement:
        heat = explained.heat[:, HOSTILITY].tolist()
        targets = self._targets.find(explained.sentences, heat)
        spans = [span for name in flagged for span in self._spans(explained, name, targets)]
        return Judgement(scores, tuple(sorted(spans, key=lambda s: (s.start, s.end))), targets)

    def _spans(self, explained: ExplainedText, name: str, targets: Sequence[str]) -> Iterator[Span]:
        column = ATTRIBUTE_NAMES.index(name)
        heat = explained.heat[:, column]
        evident = evident_sentences(heat, self.thresholds[name])
        if name == Label.ETHNIC_HOSTILITY:
            evident = about_targets(evident, explained.sentences, targets)
        for index in evident:
            shares = explained.shares[index][:, column]
            start, end = trim(explained.sentences[index], shares, self.state.slack)
            yield Span(start, end, name, float(heat[index]))


def _scorer(state: FastState) -> "Scorer":
    from moderation.models.ngrams.scorer import Scorer  # noqa: PLC0415  # loads the compiler

    return Scorer(
        state.weights,
        state.scales,
        state.biases,
        (state.char_ngrams[0], state.char_ngrams[1]),
        state.frequent.splitlines(),
    )


def evident_sentences(heat: Floats, threshold: float) -> list[int]:
    """Return the sentences that reach the threshold alone, near the hottest; else the hottest one.

    Parameters
    ----------
    heat : array of shape (n_sentences,)
        Each sentence's probability, alone.
    threshold : float
    """
    likely = np.clip(heat, 1e-9, 1 - 1e-9)
    odds = np.log(likely / (1 - likely))
    reached = np.flatnonzero((heat >= threshold) & (odds >= odds.max() - NEAR_HOTTEST))
    return [int(index) for index in reached] or [int(np.argmax(heat))]


def about_targets(
    evident: list[int], sentences: Sequence[Sentence], targets: Sequence[str]
) -> list[int]:
    """Leave out sentences that name peoples none of whom is attacked, unless no other is left.

    A writer who defends a people often names it beside the most hostile words.
    """
    named = [{mention.people for mention in mentions(sentences[i].tokens)} for i in evident]
    kept = [
        index
        for index, peoples in zip(evident, named, strict=True)
        if not peoples or peoples & set(targets)
    ]
    return kept or evident


def trim(sentence: Sentence, shares: Floats, slack: float) -> tuple[int, int]:
    """Return the offsets of the run of words that speaks most strongly.

    Parameters
    ----------
    sentence : Sentence
    shares : array of shape (n_tokens,)
        What each token adds to the sentence's raw score.
    slack : float
        How much a token may take away, in mean absolute shares, before the run is cut there: 0
        keeps only the tokens that speak for it, a large one the whole sentence.
    """
    if not sentence.tokens:
        return sentence.start, sentence.end
    first, last = _best_run(shares + slack * np.abs(shares).mean())
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
