"""The report of a training run (HTML with charts), the model card, the figures in a manifest."""

import io
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table
from sklearn.metrics import precision_recall_curve

from moderation.evaluation import Evaluation
from moderation.evaluation.metrics import BINS
from moderation.evaluation.streams import StreamResult
from moderation.labels.records import Example
from moderation.models.base import Floats, Judge, Judgement, label_of
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, PRESENT, Label
from moderation.training.data import Dataset
from moderation.training.gate import Measured, lowest_bpsn

MAX_MISTAKES = 25
"""Mistakes that a report shows."""


class Mistake(NamedTuple):
    """A test passage with a wrong label, and the model's confidence in that."""

    example: Example
    found: str
    confidence: float


def write_report(model: Judge, manifest: dict[str, Any], test: Dataset, measured: Measured) -> str:
    """Return the report's HTML.

    Parameters
    ----------
    model : Judge
    manifest : dict
        The model's manifest.
    test : Dataset
        The split the report is about.
    measured : Measured
        The model's figures.
    """
    result = measured.test
    judged = model.judge(test.texts)
    scores = np.array([[j.scores[name] for name in ATTRIBUTE_NAMES] for j in judged])
    template = environment().get_template("report.html")
    return template.render(
        manifest=manifest,
        result=result,
        measured=measured,
        attributes=ATTRIBUTES,
        thresholds=model.thresholds,
        review_thresholds=model.review_thresholds,
        # The charts are safe: no passage's text is in them.
        charts={
            "Confusion": Markup(confusion_chart(result.confusion)),  # noqa: S704
            "Precision and recall": Markup(precision_recall_chart(test.values, scores)),  # noqa: S704
            "Reliability": Markup(reliability_chart(test.values, scores)),  # noqa: S704
        },
        mistakes=worst_mistakes(test.examples, judged, model.thresholds),
    )


def worst_mistakes(
    examples: Sequence[Example], judged: Sequence[Judgement], thresholds: dict[str, float]
) -> list[Mistake]:
    """Return the mistakes of which the model was most confident, most confident first."""
    mistakes = []
    for example, judgement in zip(examples, judged, strict=True):
        label = label_of(judgement.scores, thresholds)
        if label is not example.label:
            wrong = judgement.scores.get(label, 0.0)
            right = judgement.scores.get(example.label, 0.0)
            mistakes.append(Mistake(example, label.value, wrong - right))
    return sorted(mistakes, key=lambda mistake: (-mistake.confidence, mistake.example.id))[
        :MAX_MISTAKES
    ]


def write_card(manifest: dict[str, Any], measured: Measured) -> str:
    """Return the model card, in Markdown, from a manifest and figures."""
    template = environment().get_template("card.md")
    return template.render(manifest=manifest, measured=measured, attributes=ATTRIBUTES)


def figures(measured: Measured) -> dict[str, Any]:
    """Return the figures for a manifest as built-in values; NaN, unknown to JSON, becomes None."""
    return {
        "dev": _of_split(measured.dev),
        "test": _of_split(measured.test),
        "suite": _suite(measured),
        "robustness": rounded(measured.robustness),
        "lowest_bpsn": rounded(dict([lowest_bpsn(measured.bias)])) if measured.bias else None,
        "corpora": {name: rounded(result._asdict()) for name, result in measured.corpora.items()},
        "real": {split: rounded(result._asdict()) for split, result in measured.real.items()},
        "padding": rounded(measured.padding._asdict()),
    }


def _of_split(evaluation: Evaluation) -> dict[str, Any]:
    result: dict[str, Any] = rounded(
        {
            "examples": evaluation.examples,
            "macro_f1": evaluation.macro_f1,
            "false_alarms": evaluation.false_alarms,
            "review_recall": evaluation.review_recall,
            "evidence_f1": evaluation.evidence_f1,
            "targets": evaluation.targets,
            "auc": {name: result.auc for name, result in evaluation.attributes.items()},
            "calibration_error": {
                name: result.calibration_error for name, result in evaluation.attributes.items()
            },
        }
    )
    return result


def _suite(measured: Measured) -> dict[str, Any] | None:
    if measured.suite is None:
        return None
    result: dict[str, Any] = rounded(
        {
            "flagged": measured.suite["flagged"],
            "held": measured.suite["held"],
            "groups": {name: group["accuracy"] for name, group in measured.suite["groups"].items()},
        }
    )
    return result


def rounded(value: Any) -> Any:
    """Return built-in values with four decimals, as a manifest holds them; NaN becomes None."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 4)
    return value


def summary_table(measured: Measured) -> Table:
    """Return the table that a training run prints."""
    table = Table(title="dev and test")
    for heading in ("", "dev", "test"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, *values in _summary_rows(measured):
        table.add_row(name, *(f"{value:.3f}" for value in values))
    return table


def _summary_rows(measured: Measured) -> list[tuple[str, float] | tuple[str, float, float]]:
    dev, test = measured.dev, measured.test
    rows: list[tuple[str, float] | tuple[str, float, float]] = [
        ("macro-F1", dev.macro_f1, test.macro_f1),
        ("false alarms", dev.false_alarms, test.false_alarms),
        ("review recall", dev.review_recall, test.review_recall),
        ("evidence F1", dev.evidence_f1, test.evidence_f1),
        ("targets", dev.targets, test.targets),
    ]
    rows += [(f"F1 {n}", result.f1, test.labels[n].f1) for n, result in dev.labels.items()]
    rows += [
        (f"AUC {n}", result.auc, test.attributes[n].auc) for n, result in dev.attributes.items()
    ]
    rows += [
        (f"ECE {name}", result.calibration_error, test.attributes[name].calibration_error)
        for name, result in dev.attributes.items()
    ]
    hidden = measured.robustness
    rows += [
        (f"recall, {kind}", recall, hidden["test"][kind]) for kind, recall in hidden["dev"].items()
    ]
    rows += [
        (f"{source} AUC {name}", auc)
        for source, result in measured.corpora.items()
        for name, auc in result.auc.items()
    ]
    if measured.real:
        real = measured.real
        missing = dict.fromkeys(StreamResult._fields, math.nan)
        of_dev, of_test = (
            real[split]._asdict() if split in real else missing for split in ("dev", "test")
        )
        rows += [
            (f"real comments, {name.replace('_', ' ')}", of_dev[name], of_test[name])
            for name in StreamResult._fields[2:]
        ]
    rows.append(("recall lost by padding", measured.padding.lost))
    if measured.bias:
        term, auc = lowest_bpsn(measured.bias)
        rows.append((f"lowest BPSN AUC ({term})", auc))
    if measured.suite:
        rows.append(("suite, balanced", math.nan, measured.suite["flagged"]["balanced_accuracy"]))
    return rows


def precision_recall_chart(values: Floats, scores: Floats) -> str:
    """Return an SVG chart of precision against recall, with a panel for each attribute.

    Parameters
    ----------
    values, scores : arrays of shape (n, n_attributes)
        The right values (NaN where unknown) and the model's scores.
    """
    figure, axes = _grid("recall", "precision")
    for column, axis in enumerate(axes):
        truth, score = _known(values[:, column], scores[:, column])
        precision, recall, _ = precision_recall_curve(truth, score)
        axis.plot(recall, precision, color="tab:blue")
        axis.axhline(truth.mean(), color="tab:gray", linestyle=":", linewidth=1)
    return _svg(figure)


def reliability_chart(values: Floats, scores: Floats) -> str:
    """Return an SVG chart of right shares against scores, in bins of equally many passages."""
    figure, axes = _grid("mean score", "share that holds")
    for column, axis in enumerate(axes):
        truth, score = _known(values[:, column], scores[:, column])
        parts = np.array_split(np.argsort(score, kind="stable"), min(BINS, len(score)))
        axis.plot([0, 1], [0, 1], color="tab:gray", linestyle=":", linewidth=1)
        axis.plot(
            [score[part].mean() for part in parts],
            [truth[part].mean() for part in parts],
            color="tab:orange",
            marker=".",
        )
    return _svg(figure)


def confusion_chart(confusion: Sequence[Sequence[int]]) -> str:
    """Return an SVG chart of the confusion matrix: right against predicted labels."""
    table = np.array(confusion)
    names = [label.value.replace("_", " ") for label in Label]
    figure = Figure(figsize=(5.2, 4.4), layout="constrained")
    axis = figure.subplots()
    axis.imshow(
        table / np.maximum(table.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1
    )
    axis.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axis.set_yticks(range(len(names)), names)
    axis.set_xlabel("predicted")
    axis.set_ylabel("right")
    for row, column in np.ndindex(*table.shape):
        dark = table[row, column] > table[row].sum() / 2
        axis.text(
            column, row, str(table[row, column]), ha="center", va="center",
            color="white" if dark else "black",
        )  # fmt: skip
    return _svg(figure)


def _grid(x: str, y: str) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(9, 8), layout="constrained")
    axes = list(figure.subplots(3, 3, sharex=True, sharey=True).flat)
    for attribute, axis in zip(ATTRIBUTES, axes, strict=True):
        axis.set_title(attribute.title, fontsize=10)
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1.02)
        axis.grid(alpha=0.3)
    figure.supxlabel(x)
    figure.supylabel(y)
    return figure, axes


def _known(values: Floats, scores: Floats) -> tuple[Floats, Floats]:
    known = ~np.isnan(values)
    return (values[known] >= PRESENT).astype(float), scores[known]


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    # A fixed salt and no date, so that the same model draws the same file.
    with mpl.rc_context({"svg.hashsalt": "moderation"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def environment() -> Environment:
    """Return the environment of the templates: HTML is escaped, Markdown is not."""
    return Environment(
        autoescape=select_autoescape(),
        loader=PackageLoader("moderation.training"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
