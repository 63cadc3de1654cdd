"""Everything a trained model is measured on, with what is there to measure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from moderation.corpora import CorpusText
from moderation.labelling.record import Example
from moderation.learning.evaluation import Evaluation, evaluate
from moderation.learning.evaluation.bias import Bias, identity_bias
from moderation.learning.evaluation.metrics import attribute_result, character_f1, mean
from moderation.learning.evaluation.robustness import robustness
from moderation.learning.evaluation.table import PassageResult, evaluate_table, read_table
from moderation.learning.judgement import Flags, Judge, Judgement, label_of
from moderation.learning.training.data import Dataset
from moderation.learning.training.gather import SUITE, TEMPLATES
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT

TOXICITY = ATTRIBUTE_NAMES.index("toxicity")


class CorpusResult(NamedTuple):
    """How a model does on one corpus's held-out texts."""

    texts: int
    auc: dict[str, float]
    """By attribute, where the corpus knows both kinds."""
    held_harmless: float
    """Share of the texts without toxicity that would go to review; NaN where it has none."""
    held_toxic: float
    evidence_f1: float
    """Character F1 of the evidence against the corpus's spans; NaN where it has none."""


class Measured(NamedTuple):
    """A model's figures."""

    dev: Evaluation
    test: Evaluation
    suite: dict[str, Any] | None
    robustness: dict[str, dict[str, float]]
    """By split, then by how words are hidden: recall of flagged examples."""
    bias: dict[str, Bias]
    """By identity term, over the sentence templates; empty when they are not there."""
    corpora: dict[str, CorpusResult]


def measure(
    model: Judge, examples: Sequence[Example], labels: Path, corpora: Sequence[CorpusText]
) -> Measured:
    """Measure a model.

    Parameters
    ----------
    model : Judge
    examples : sequence of Example
        All splits.
    labels : Path
        The labelled set's folder; ``suite.csv`` in it is used if it is there.
    corpora : sequence of CorpusText
        Texts that nothing was trained on.
    """
    splits = {name: Dataset.of(examples, name).examples for name in ("dev", "test")}
    sources = sorted({text.source for text in corpora} - {TEMPLATES})
    return Measured(
        evaluate(model, splits["dev"]),
        evaluate(model, splits["test"]),
        _suite(model, labels / SUITE),
        {name: robustness(model, some) for name, some in splits.items()},
        _bias(model, [text for text in corpora if text.source == TEMPLATES]),
        {name: _corpus(model, [t for t in corpora if t.source == name]) for name in sources},
    )


def found_of(model: Judge, judgement: Judgement) -> PassageResult:
    """Return label and action as the shipped policy has them."""
    held = any(judgement.scores[n] >= limit for n, limit in model.review_thresholds.items())
    return PassageResult(judgement.scores, label_of(judgement.scores, model.thresholds), held)


def _suite(model: Judge, file: Path) -> dict[str, Any] | None:
    if not file.is_file():
        return None
    rows = read_table(file)
    found = [found_of(model, one) for one in model.judge([row.text for row in rows])]
    return evaluate_table(rows, found, model.review_thresholds)


def _bias(model: Judge, texts: Sequence[CorpusText]) -> dict[str, Bias]:
    if not texts:
        return {}
    scores = np.array([j.scores["toxicity"] for j in model.judge([t.text for t in texts])])
    toxic: Flags = np.array([text.values[TOXICITY] >= PRESENT for text in texts])
    return identity_bias(scores, toxic, [text.group for text in texts])


def _corpus(model: Judge, texts: Sequence[CorpusText]) -> CorpusResult:
    judged = model.judge([text.text for text in texts])
    held: Flags = np.array([found_of(model, one).held for one in judged])
    values = np.array([text.values for text in texts])
    auc: dict[str, float] = {}
    for column, name in enumerate(ATTRIBUTE_NAMES):
        known = ~np.isnan(values[:, column])
        truth = values[known, column] >= PRESENT
        if truth.any() and not truth.all():
            scores = np.array([one.scores[name] for one in judged])[known]
            auc[name] = attribute_result(scores, truth).auc
    marked = [(text, one) for text, one in zip(texts, judged, strict=True) if text.spans]
    return CorpusResult(
        len(texts),
        auc,
        mean(held[values[:, TOXICITY] < PRESENT]),
        mean(held[values[:, TOXICITY] >= PRESENT]),
        mean([_evidence_f1(text, one) for text, one in marked]),
    )


def _evidence_f1(text: CorpusText, judgement: Judgement) -> float:
    marked = {i for s in text.spans if s.attribute == "toxicity" for i in range(s.start, s.end)}
    # A tier that marks no toxic words has only the evidence for its labels to show.
    toxic = [span for span in judgement.spans if span.attribute == "toxicity"]
    found = {i for span in toxic or judgement.spans for i in range(span.start, span.end)}
    return character_f1(marked, found)


def lowest_bpsn(bias: dict[str, Bias]) -> tuple[str, float]:
    """Return the identity term that is held against harmless texts most, and its BPSN AUC."""
    term = min(bias, key=lambda name: bias[name].bpsn)
    return term, bias[term].bpsn
