"""Evaluation on a table of passages: any CSV file, and the functional suite of ``labels/``."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from moderation.csv_rows import DELIMITERS, CSVFormat, read_csv
from moderation.errors import InvalidInput, ModerationError
from moderation.evaluation.metrics import (
    attribute_result,
    balanced_accuracy,
    class_result,
    mean,
    results_by_class,
)
from moderation.models.base import Flags
from moderation.rows import place
from moderation.taxonomy import FLAGGED, LABELLING, Label
from moderation.text.validate import check_text

COLUMNS = ("text", "label")
FLAGS = {"flagged": True, "unflagged": False, "1": True, "0": False}
"""The labels of a set that knows only whether a passage should be flagged."""
FORM = CSVFormat(DELIMITERS)


class TableRow(NamedTuple):
    """A passage, its right label, and the group it is counted in."""

    text: str
    label: Label | None
    """None where the set knows only `flagged`."""
    flagged: bool
    group: str | None


class PassageResult(NamedTuple):
    """The scores of one passage, its label, and the policy's decision."""

    scores: dict[str, float]
    label: Label
    held: bool
    """True unless the policy allows it."""


def read_table(path: Path) -> list[TableRow]:
    """Read the table in a file; see `parse_table`.

    Raises
    ------
    InvalidInput
    """
    try:
        with path.open("rb") as file:
            return parse_table(file, str(path))
    except OSError as error:
        raise InvalidInput(f"Cannot be read: {error.strerror}.", where=str(path)) from None


def parse_table(file: IO[bytes], name: str) -> list[TableRow]:
    """Read a table with the columns ``text``, ``label`` and, if there are groups, ``group``.

    It is CSV, separated by commas, semicolons, tabs or bars.

    Raises
    ------
    InvalidInput
        Naming the line that is wrong and the reason.
    """
    read = read_csv(file, name, columns=COLUMNS, form=FORM)
    rows = [_row(values, place(name, line)) for line, values in read]
    if not rows:
        raise InvalidInput("There are no rows to evaluate on.", where=name)
    return rows


def _row(record: dict[str, str], where: str) -> TableRow:
    try:
        text = check_text(record["text"])
    except ModerationError as error:
        raise InvalidInput(error.message, where=where) from None
    label = record["label"].strip()
    group = (record.get("group") or "").strip() or None
    if label in FLAGS:
        return TableRow(text, None, FLAGS[label], group)
    if label not in set(Label):
        raise InvalidInput(
            "The label is unknown.",
            where=where,
            remedy=f"Use one of {', '.join(Label)}, or only {', '.join(FLAGS)}.",
        )
    return TableRow(text, Label(label), label in FLAGGED, group)


def evaluate_table(
    rows: Sequence[TableRow], results: Sequence[PassageResult], thresholds: dict[str, float]
) -> dict[str, Any]:
    """Compare the results of passages with their right labels.

    Parameters
    ----------
    rows, results : sequences of the same length
    thresholds : dict
        The policy's thresholds for review, by attribute.

    Returns
    -------
    dict
        Built-in values. ``flagged`` counts labels, ``held`` the policy's actions; a group's
        ``accuracy`` is the share of its passages that were rightly flagged or rightly not.
    """
    truth = np.array([row.flagged for row in rows])
    flagged = np.array([result.label in FLAGGED for result in results])
    held = np.array([result.held for result in results])
    labelled = [(row.label, result) for row, result in zip(rows, results, strict=True) if row.label]
    groups = defaultdict[str, list[int]](list)
    for index, row in enumerate(rows):
        if row.group is not None:
            groups[row.group].append(index)
    return {
        "examples": len(rows),
        "flagged": _decision(flagged, truth),
        "held": _decision(held, truth),
        "attributes": _attributes(labelled, thresholds),
        **({"labels": _labels(labelled)} if labelled else {}),
        "groups": {
            name: {
                "examples": len(indices),
                "accuracy": mean(flagged[indices] == truth[indices]),
                "held_accuracy": mean(held[indices] == truth[indices]),
            }
            for name, indices in groups.items()
        },
    }


def _decision(predicted: Flags, truth: Flags) -> dict[str, float]:
    """Return the figures of a yes-or-no decision."""
    result = class_result(predicted, truth)
    return {
        "precision": result.precision,
        "recall": result.recall,
        "f1": result.f1,
        "false_alarms": mean(predicted[~truth]),
        "balanced_accuracy": balanced_accuracy(predicted, truth),
    }


def _attributes(
    labelled: Sequence[tuple[Label, PassageResult]], thresholds: dict[str, float]
) -> dict[str, dict[str, float]]:
    results: dict[str, dict[str, float]] = {}
    for name in LABELLING if labelled else ():
        scores = np.array([result.scores[name] for _, result in labelled])
        truth = np.array([label is name for label, _ in labelled])
        figures = attribute_result(scores, truth, thresholds.get(name))
        results[name.value] = {k: v for k, v in figures._asdict().items() if v is not None}
    return results


def _labels(labelled: Sequence[tuple[Label, PassageResult]]) -> dict[str, Any]:
    results = results_by_class(
        [result.label for _, result in labelled], [label for label, _ in labelled], list(Label)
    )
    rows = {
        label.value: {
            "precision": result.precision,
            "recall": result.recall,
            "f1": result.f1,
            "examples": result.support,
        }
        for label, result in zip(Label, results, strict=True)
    }
    return {"macro_f1": mean([row["f1"] for row in rows.values() if row["examples"]]), **rows}
