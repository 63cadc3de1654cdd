"""The gate: what a model must reach on the development split before it replaces another."""

import math
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from moderation.corpora import CorpusText
from moderation.errors import ModerationError
from moderation.evaluation import Evaluation, evaluate
from moderation.evaluation.metrics import Bias, attribute_result, character_f1, identity_bias, mean
from moderation.evaluation.robustness import robustness
from moderation.evaluation.tables import PassageResult, evaluate_table, read_table
from moderation.labels.records import Example
from moderation.models.base import Flags, Judge, Judgement, label_of
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT
from moderation.training.data import SUITE, TEMPLATES, Dataset

# FOLDED measure: Everything a trained model is measured on, with what is there to measure.

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


Share = Annotated[float, Field(ge=0, le=1)]


class InvalidGate(ModerationError):
    """The gate's file breaks a rule."""

    code = "invalid_gate"


class Gate(BaseModel):
    """Floors, and one ceiling; lowering one is a commit that says why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    macro_f1: Share
    review_recall: Share
    evidence_f1: Share
    targets: Share
    most_false_alarms: Share
    most_calibration_error: Share = 1.0
    """Of any attribute."""
    tolerance: Share
    """How much macro-F1 a new model may lose against the old one, both on today's dev split."""
    suite_balanced: Share | None = None
    """Balanced accuracy over the functional suite."""
    lowest_bpsn: Share | None = None
    """Over the identity terms of the sentence templates."""
    auc: dict[str, Share] = {}
    """By attribute."""
    average_precision: dict[str, Share] = {}
    """By attribute."""
    f1: dict[str, Share] = {}
    """By attribute, from its review threshold on."""
    functions: dict[str, Share] = {}
    """Share of right labels, by label and what the passages do, as ``civil/history``."""
    suite: dict[str, Share] = {}
    """Share rightly flagged or rightly not, by the suite's group."""
    robustness: dict[str, Share] = {}
    """Recall of flagged dev examples, by how their words are hidden."""
    corpora: dict[str, Share] = {}
    """AUC on a corpus's dev texts, as ``davidson/toxicity``."""

    @classmethod
    def load(cls, path: Path) -> "Gate":
        """Read a gate's TOML file; raises InvalidGate, naming the key that is wrong."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")))
        except (OSError, ValueError) as error:
            reason = (
                f"{error.errors()[0]['msg']}: {'.'.join(map(str, error.errors()[0]['loc']))}"
                if isinstance(error, ValidationError)
                else str(error)
            )
            raise InvalidGate(f"The gate cannot be used: {reason}.", where=str(path)) from None

    def failures(self, new: Measured, old: Evaluation | None = None) -> list[str]:
        """Return why `new` may not pass; empty when it may.

        Floors on the suite, the templates and the corpora hold where these are there to measure.

        Parameters
        ----------
        new : Measured
        old : Evaluation, optional
            Of the model it would replace, on the same dev split.
        """
        found = [
            f"{name} is {value:.4f}, below the floor {floor:.4f}"
            for name, value, floor in self._floors(new)
            if not value >= floor
        ]
        if not new.dev.false_alarms <= self.most_false_alarms:
            found.append(
                f"false_alarms is {new.dev.false_alarms:.4f}, above the ceiling "
                f"{self.most_false_alarms:.4f}"
            )
        worst = max(one.calibration_error for one in new.dev.attributes.values())
        if not worst <= self.most_calibration_error:
            found.append(
                f"calibration error is {worst:.4f}, above the ceiling "
                f"{self.most_calibration_error:.4f}"
            )
        if old and new.dev.macro_f1 < old.macro_f1 - self.tolerance:
            found.append(
                f"macro_f1 is {new.dev.macro_f1:.4f}, and the model it would replace has "
                f"{old.macro_f1:.4f}"
            )
        return found

    def _floors(self, new: Measured) -> Iterator[tuple[str, float, float]]:
        """Yield each figure's name, what it is, and what it must be."""
        yield from self._labels(new.dev)
        yield from self._elsewhere(new)

    def _labels(self, dev: Evaluation) -> Iterator[tuple[str, float, float]]:
        yield "macro_f1", dev.macro_f1, self.macro_f1
        yield "review_recall", dev.review_recall, self.review_recall
        yield "evidence_f1", dev.evidence_f1, self.evidence_f1
        yield "targets", dev.targets, self.targets
        for name, floor in self.auc.items():
            yield f"auc of {name}", dev.attributes[name].auc, floor
        for name, floor in self.average_precision.items():
            yield f"average precision of {name}", dev.attributes[name].average_precision, floor
        for name, floor in self.f1.items():
            found = dev.attributes[name].f1_at_threshold
            yield f"F1 of {name}", math.nan if found is None else found, floor
        for name, floor in self.functions.items():
            yield f"accuracy of {name}", dev.functions.get(name, (math.nan, 0))[0], floor

    def _elsewhere(self, new: Measured) -> Iterator[tuple[str, float, float]]:
        for name, floor in self.robustness.items():
            yield f"recall under {name}", new.robustness["dev"].get(name, math.nan), floor
        if new.suite is not None:
            if self.suite_balanced is not None:
                balanced = new.suite["flagged"]["balanced_accuracy"]
                yield "balanced accuracy of the suite", balanced, self.suite_balanced
            for name, floor in self.suite.items():
                group = new.suite["groups"].get(name, {"accuracy": math.nan})
                yield f"suite accuracy of {name}", group["accuracy"], floor
        if new.bias and self.lowest_bpsn is not None:
            yield "lowest BPSN AUC", lowest_bpsn(new.bias)[1], self.lowest_bpsn
        for name, floor in self.corpora.items():
            source, attribute = name.split("/")
            if source in new.corpora:
                yield f"auc of {name}", new.corpora[source].auc.get(attribute, math.nan), floor
