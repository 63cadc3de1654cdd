"""The gate: a new model's figures, and the floors that they must reach to replace another model."""

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
from moderation.evaluation.padding import Padding, padding
from moderation.evaluation.robustness import robustness
from moderation.evaluation.streams import StreamResult, stream_result
from moderation.evaluation.tables import PassageResult, evaluate_table, read_table
from moderation.labels.records import Example
from moderation.models.base import Flags, Judge, Judgement, label_of, reaches_any
from moderation.splits import Split
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT
from moderation.training.data import SUITE, TEMPLATES, Dataset
from moderation.training.judged import Judged

TOXICITY = ATTRIBUTE_NAMES.index("toxicity")
HELD_OUT: tuple[Split, ...] = ("dev", "test")
Share = Annotated[float, Field(ge=0, le=1)]


class CorpusResult(NamedTuple):
    """A model's figures on one corpus's held-out texts."""

    texts: int
    auc: dict[str, float]
    """By attribute, where the corpus has both classes."""
    held_harmless: float
    """Share of the texts without toxicity that would go to review; NaN where it has none."""
    held_toxic: float
    """Share of the toxic texts that would go to review; NaN where it has none."""
    evidence_f1: float
    """Character F1 of the evidence against the corpus's spans, over the texts whose annotators were
    asked for them, whether they marked any or not; NaN where it has none."""


class Measured(NamedTuple):
    """A model's figures."""

    dev: Evaluation
    test: Evaluation
    suite: dict[str, Any] | None
    robustness: dict[str, dict[str, float]]
    """By split, then by obfuscation: recall of flagged examples."""
    bias: dict[str, Bias]
    """By identity term, over the sentence templates; empty when they are absent."""
    corpora: dict[str, CorpusResult]
    real: dict[str, StreamResult]
    """By split, on comments of strangers that were judged; empty when their corpora are absent."""
    padding: Padding


def measure(
    model: Judge,
    examples: Sequence[Example],
    labels: Path,
    corpora: Sequence[CorpusText],
    judged: Sequence[Judged] = (),
) -> Measured:
    """Measure a model on all data that is there.

    Parameters
    ----------
    model : Judge
    examples : sequence of Example
        All splits.
    labels : Path
        The labelled set's folder, with ``suite.csv`` if there is one.
    corpora : sequence of CorpusText
        Texts that the model was not trained on.
    judged : sequence of Judged, optional
        Texts of dev and test that were judged, drawn at random.
    """
    splits = {name: Dataset.of(examples, name).examples for name in ("dev", "test")}
    sources = sorted({text.source for text in corpora} - {TEMPLATES})
    return Measured(
        evaluate(model, splits["dev"]),
        evaluate(model, splits["test"]),
        _suite(model, labels / SUITE),
        {name: robustness(model, of_split) for name, of_split in splits.items()},
        _bias(model, [text for text in corpora if text.source == TEMPLATES]),
        {name: _corpus(model, [t for t in corpora if t.source == name]) for name in sources},
        _real(model, judged),
        padding(model, splits["dev"]),
    )


def passage_result(model: Judge, judgement: Judgement) -> PassageResult:
    """Return a judgement's label, and the decision of the shipped policy."""
    scores = judgement.scores
    held = reaches_any(scores, model.review_thresholds)
    return PassageResult(scores, label_of(scores, model.thresholds), held)


def _suite(model: Judge, file: Path) -> dict[str, Any] | None:
    if not file.is_file():
        return None
    rows = read_table(file)
    judged = model.judge([row.text for row in rows])
    results = [passage_result(model, judgement) for judgement in judged]
    return evaluate_table(rows, results, model.review_thresholds)


def _real(model: Judge, judged: Sequence[Judged]) -> dict[str, StreamResult]:
    by_split = {
        split: [one for one in judged if one.of_corpus.split == split] for split in HELD_OUT
    }
    return {
        split: stream_result(model, [one.text for one in of], [one.label for one in of])
        for split, of in by_split.items()
        if of
    }


def _bias(model: Judge, texts: Sequence[CorpusText]) -> dict[str, Bias]:
    if not texts:
        return {}
    scores = np.array([j.scores["toxicity"] for j in model.judge([t.text for t in texts])])
    toxic: Flags = np.array([text.values[TOXICITY] >= PRESENT for text in texts])
    return identity_bias(scores, toxic, [text.group for text in texts])


def _corpus(model: Judge, texts: Sequence[CorpusText]) -> CorpusResult:
    judged = model.judge([text.text for text in texts])
    held: Flags = np.array([passage_result(model, judgement).held for judgement in judged])
    values = np.array([text.values for text in texts])
    auc: dict[str, float] = {}
    for column, name in enumerate(ATTRIBUTE_NAMES):
        known = ~np.isnan(values[:, column])
        truth = values[known, column] >= PRESENT
        if truth.any() and not truth.all():
            scores = np.array([judgement.scores[name] for judgement in judged])[known]
            auc[name] = attribute_result(scores, truth).auc
    marked = [pair for pair in zip(texts, judged, strict=True) if pair[0].marked]
    return CorpusResult(
        len(texts),
        auc,
        mean(held[values[:, TOXICITY] < PRESENT]),
        mean(held[values[:, TOXICITY] >= PRESENT]),
        mean([_evidence_f1(text, judgement) for text, judgement in marked]),
    )


def _evidence_f1(text: CorpusText, judgement: Judgement) -> float:
    marked = {i for s in text.spans if s.attribute == "toxicity" for i in range(s.start, s.end)}
    # A tier that marks no toxic words is measured by the evidence for its labels.
    toxic = [span for span in judgement.spans if span.attribute == "toxicity"]
    predicted = {i for span in toxic or judgement.spans for i in range(span.start, span.end)}
    return character_f1(marked, predicted)


def lowest_bpsn(bias: dict[str, Bias]) -> tuple[str, float]:
    """Return the identity term with the lowest BPSN AUC, and that."""
    term = min(bias, key=lambda name: bias[name].bpsn)
    return term, bias[term].bpsn


class InvalidGate(ModerationError):
    """The gate's file breaks a rule."""

    code = "invalid_gate"


class RealFloors(BaseModel):
    """Floors and ceilings on real comments; see `StreamResult`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    auc: Share
    found: Share
    held_flagged: Share
    most_held_decent: Share
    most_labelled_decent: Share


class Gate(BaseModel):
    """Floors, and two ceilings; whoever lowers a floor says why in the commit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    macro_f1: Share
    review_recall: Share
    evidence_f1: Share
    targets: Share
    most_false_alarms: Share
    most_calibration_error: Share = 1.0
    """Of any attribute."""
    tolerance: Share
    """The macro-F1 that a new model may lose against the old one, both on today's dev split."""
    suite_balanced: Share | None = None
    """Balanced accuracy over the functional suite."""
    lowest_bpsn: Share | None = None
    """Over the identity terms of the sentence templates."""
    auc: dict[str, Share] = {}
    """By attribute."""
    average_precision: dict[str, Share] = {}
    """By attribute."""
    f1: dict[str, Share] = {}
    """By attribute, at its review threshold."""
    functions: dict[str, Share] = {}
    """Share of right labels, by label and function of the passages, as ``civil/history``."""
    suite: dict[str, Share] = {}
    """Share rightly flagged or rightly not, by group of the suite."""
    robustness: dict[str, Share] = {}
    """Recall of flagged dev examples, by obfuscation of their words."""
    corpora: dict[str, Share] = {}
    """AUC on a corpus's dev texts, as ``davidson/toxicity``."""
    real: RealFloors | None = None
    """On real comments of dev that were judged."""
    most_lost_by_padding: Share = 1.0
    """The recall that decent sentences around hostile ones may cost."""
    most_held_together: Share = 1.0
    """The share of texts made of many decent ones that may be held."""

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
        """Return the reasons for which a model may not pass; none when it may.

        Floors on the suite, the templates and the corpora apply where these are present.

        Parameters
        ----------
        new : Measured
        old : Evaluation, optional
            Of the model it would replace, on the same dev split.
        """
        failures = [
            f"{name} is {value:.4f}, below the floor {floor:.4f}"
            for name, value, floor in self._floors(new)
            if not value >= floor
        ]
        if not new.dev.false_alarms <= self.most_false_alarms:
            failures.append(
                f"false_alarms is {new.dev.false_alarms:.4f}, above the ceiling "
                f"{self.most_false_alarms:.4f}"
            )
        failures += [
            f"{name} is {value:.4f}, above the ceiling {ceiling:.4f}"
            for name, value, ceiling in self._ceilings(new)
            if not value <= ceiling
        ]
        worst = max(result.calibration_error for result in new.dev.attributes.values())
        if not worst <= self.most_calibration_error:
            failures.append(
                f"calibration error is {worst:.4f}, above the ceiling "
                f"{self.most_calibration_error:.4f}"
            )
        if old and new.dev.macro_f1 < old.macro_f1 - self.tolerance:
            failures.append(
                f"macro_f1 is {new.dev.macro_f1:.4f}, and the model it would replace has "
                f"{old.macro_f1:.4f}"
            )
        return failures

    def _ceilings(self, new: Measured) -> Iterator[tuple[str, float, float]]:
        """Yield the name, the value and the ceiling of each figure that shall be low."""
        yield "the recall lost by padding", new.padding.lost, self.most_lost_by_padding
        yield "decent texts held together", new.padding.decent_together, self.most_held_together
        if self.real and (real := new.real.get("dev")):
            yield "decent real comments held", real.held_decent, self.real.most_held_decent
            yield (
                "decent real comments labelled",
                real.labelled_decent,
                self.real.most_labelled_decent,
            )

    def _floors(self, new: Measured) -> Iterator[tuple[str, float, float]]:
        """Yield each figure's name, its value and its floor."""
        yield from self._floors_on_dev(new.dev)
        yield from self._other_floors(new)

    def _floors_on_dev(self, dev: Evaluation) -> Iterator[tuple[str, float, float]]:
        yield "macro_f1", dev.macro_f1, self.macro_f1
        yield "review_recall", dev.review_recall, self.review_recall
        yield "evidence_f1", dev.evidence_f1, self.evidence_f1
        yield "targets", dev.targets, self.targets
        for name, floor in self.auc.items():
            yield f"auc of {name}", dev.attributes[name].auc, floor
        for name, floor in self.average_precision.items():
            yield f"average precision of {name}", dev.attributes[name].average_precision, floor
        for name, floor in self.f1.items():
            f1 = dev.attributes[name].f1_at_threshold
            yield f"F1 of {name}", math.nan if f1 is None else f1, floor
        for name, floor in self.functions.items():
            yield f"accuracy of {name}", dev.functions.get(name, (math.nan, 0))[0], floor

    def _other_floors(self, new: Measured) -> Iterator[tuple[str, float, float]]:
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
        if self.real and (real := new.real.get("dev")):
            yield "auc on real comments", real.auc, self.real.auc
            yield "real comments found", real.found, self.real.found
            yield "flagged real comments held", real.held_flagged, self.real.held_flagged
        for name, floor in self.corpora.items():
            source, attribute = name.split("/")
            if source in new.corpora:
                yield f"auc of {name}", new.corpora[source].auc.get(attribute, math.nan), floor
