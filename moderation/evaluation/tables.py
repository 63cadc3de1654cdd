"""Evaluation on a table of passages: any CSV file, and the functional suite of ``labels/``."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from moderation.errors import InvalidInput, ModerationError
from moderation.evaluation.metrics import (
    attribute_result,
    balanced_accuracy,
    class_result,
    mean,
    results_by_class,
)
from moderation.models.base import Flags
from moderation.rows import place, read_csv
from moderation.taxonomy import FLAGGED, LABELLING, Label
from moderation.text.validate import check_text

COLUMNS = ("text", "label")
UNSURE = {"flagged": True, "unflagged": False}
"""What a label may also be in a set that says only whether a passage should be flagged."""


class Row(NamedTuple):
    """A passage, its right label, and the group it is counted in."""

    text: str
    label: Label | None
    """None where the set says only `flagged`."""
    flagged: bool
    group: str | None


class PassageResult(NamedTuple):
    """What was said of one passage."""

    scores: dict[str, float]
    label: Label
    held: bool
    """Whether the policy does not simply allow it."""


def read_table(path: Path) -> list[Row]:
    """Read a CSV file with the columns ``text``, ``label`` and, if there are groups, ``group``.

    Raises
    ------
    InvalidInput
        Naming the line that is wrong, and why.
    """
    try:
        with path.open("rb") as file:
            read = read_csv(file, str(path), columns=COLUMNS)
            rows = [_row(values, place(str(path), line)) for line, values in read]
    except OSError as error:
        raise InvalidInput(f"Cannot be read: {error.strerror}.", where=str(path)) from None
    if not rows:
        raise InvalidInput("There are no rows to evaluate on.", where=str(path))
    return rows


def _row(record: dict[str, str], where: str) -> Row:
    try:
        text = check_text(record["text"])
    except ModerationError as error:
        raise InvalidInput(error.message, where=where) from None
    label = record["label"].strip()
    group = (record.get("group") or "").strip() or None
    if label in UNSURE:
        return Row(text, None, UNSURE[label], group)
    if label not in set(Label):
        raise InvalidInput(
            "The label is unknown.",
            where=where,
            remedy=f"Use one of {', '.join(Label)}, or {' or '.join(UNSURE)}.",
        )
    return Row(text, Label(label), label in FLAGGED, group)


def evaluate_table(
    rows: Sequence[Row], found: Sequence[PassageResult], thresholds: dict[str, float]
) -> dict[str, Any]:
    """Compare what was found with what is right.

    Parameters
    ----------
    rows, found : sequences of the same length
    thresholds : dict
        The policy's for review, by attribute.

    Returns
    -------
    dict
        Built-in values. ``flagged`` counts labels, ``held`` the policy's actions; a group's
        ``accuracy`` is the share of its passages that were rightly flagged or rightly not.
    """
    right = np.array([row.flagged for row in rows])
    flagged = np.array([one.label in FLAGGED for one in found])
    held = np.array([one.held for one in found])
    whole = [(row.label, one) for row, one in zip(rows, found, strict=True) if row.label]
    groups = defaultdict[str, list[int]](list)
    for index, row in enumerate(rows):
        if row.group is not None:
            groups[row.group].append(index)
    return {
        "examples": len(rows),
        "flagged": _decision(flagged, right),
        "held": _decision(held, right),
        "attributes": _attributes(whole, thresholds),
        **({"labels": _labels(whole)} if whole else {}),
        "groups": {
            name: {
                "examples": len(some),
                "accuracy": mean(flagged[some] == right[some]),
                "held_accuracy": mean(held[some] == right[some]),
            }
            for name, some in groups.items()
        },
    }


def _decision(found: Flags, right: Flags) -> dict[str, float]:
    result = class_result(found, right)
    return {
        "precision": result.precision,
        "recall": result.recall,
        "f1": result.f1,
        "false_alarms": mean(found[~right]),
        "balanced_accuracy": balanced_accuracy(found, right),
    }


def _attributes(
    whole: Sequence[tuple[Label, PassageResult]], thresholds: dict[str, float]
) -> dict[str, dict[str, float]]:
    results: dict[str, dict[str, float]] = {}
    for name in LABELLING if whole else ():
        scores = np.array([one.scores[name] for _, one in whole])
        truth = np.array([label is name for label, _ in whole])
        result = attribute_result(scores, truth, thresholds.get(name))
        results[name.value] = {k: v for k, v in result._asdict().items() if v is not None}
    return results


def _labels(whole: Sequence[tuple[Label, PassageResult]]) -> dict[str, Any]:
    each = results_by_class(
        [one.label for _, one in whole], [label for label, _ in whole], list(Label)
    )
    rows = {
        label.value: {
            "precision": result.precision,
            "recall": result.recall,
            "f1": result.f1,
            "examples": result.support,
        }
        for label, result in zip(Label, each, strict=True)
    }
    return {"macro_f1": mean([row["f1"] for row in rows.values() if row["examples"]]), **rows}
