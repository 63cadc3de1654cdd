"""The report's charts, as SVG text."""

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve

from moderation.learning.evaluation.metrics import BINS
from moderation.learning.judgement import Floats
from moderation.taxonomy import ATTRIBUTES, PRESENT, Label


def precision_recall_chart(values: Floats, scores: Floats) -> str:
    """Draw precision against recall, one small chart an attribute.

    Parameters
    ----------
    values, scores : arrays of shape (n, n_attributes)
        What is right (NaN where unknown) and what was scored.
    """
    figure, axes = _grid("recall", "precision")
    for column, axis in enumerate(axes):
        truth, score = _known(values[:, column], scores[:, column])
        precision, recall, _ = precision_recall_curve(truth, score)
        axis.plot(recall, precision, color="tab:blue")
        axis.axhline(truth.mean(), color="tab:gray", linestyle=":", linewidth=1)
    return _svg(figure)


def reliability_chart(values: Floats, scores: Floats) -> str:
    """Draw how often each score was right, in bins of equally many passages."""
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
    """Draw right against found labels."""
    table = np.array(confusion)
    names = [label.value.replace("_", " ") for label in Label]
    figure = Figure(figsize=(5.2, 4.4), layout="constrained")
    axis = figure.subplots()
    axis.imshow(
        table / np.maximum(table.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1
    )
    axis.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axis.set_yticks(range(len(names)), names)
    axis.set_xlabel("found")
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
