"""The door to evaluation: a moderator's verdicts on a table of passages, and how to show them."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from moderation.errors import InvalidInput
from moderation.evaluation.tables import PassageResult, Row, evaluate_table, read_table
from moderation.moderator import Moderator
from moderation.taxonomy import ATTRIBUTE_NAMES, BY_PERSPECTIVE_NAME, Label
from moderation.verdict import Action

THRESHOLDS = tuple(step / 20 for step in range(1, 20))


def evaluate_file(moderator: Moderator, file: Path, attribute: str | None = None) -> dict[str, Any]:
    """Judge the passages of a CSV file and compare with its labels.

    Parameters
    ----------
    moderator : Moderator
    file : Path
    attribute : str, optional
        The attribute, by our name or Perspective's, to show at each of many thresholds.

    Returns
    -------
    dict
        Built-in values; see :func:`moderation.evaluation.tables.evaluate_table`.

    Raises
    ------
    InvalidInput
        Naming the line that is wrong, or if there is no such attribute.
    """
    name = _attribute(attribute) if attribute else None
    rows = read_table(file)
    verdicts = moderator.judge([row.text for row in rows])
    found = [PassageResult(dict(v.scores), v.label, v.action is not Action.ALLOW) for v in verdicts]
    result = evaluate_table(rows, found, moderator.bound_policy.held)
    if name:
        scores = [one.scores[name] for one in found]
        result["thresholds"] = {name: threshold_table(scores, _right(rows, name))}
    return {"model": moderator.model.id, "policy": moderator.policy.name, **result}


def threshold_table(scores: Sequence[float], right: Sequence[bool]) -> list[dict[str, float]]:
    """Say what comes of holding whatever scores at or above each of `THRESHOLDS`.

    Parameters
    ----------
    scores : sequence of float
        An attribute's, one a passage.
    right : sequence of bool
        Whether each passage should be held.

    Returns
    -------
    list of dict
        For each threshold its ``precision`` (share of the held that rightly are; absent where
        nothing is held), its ``recall`` (share of those to hold that are; absent where there are
        none) and the share of all passages that is ``held``.
    """
    table = []
    for threshold in THRESHOLDS:
        held = [score >= threshold for score in scores]
        hits = sum(one and good for one, good in zip(held, right, strict=True))
        row = {"threshold": threshold}
        if any(held):
            row["precision"] = hits / sum(held)
        if any(right):
            row["recall"] = hits / sum(right)
        table.append(row | {"held": sum(held) / len(held)})
    return table


def _attribute(name: str) -> str:
    """Return our name of an attribute that is named in our way or in Perspective's."""
    if name in ATTRIBUTE_NAMES:
        return name
    if name in BY_PERSPECTIVE_NAME:
        return BY_PERSPECTIVE_NAME[name].name
    raise InvalidInput(
        f"{name!r} is not an attribute.",
        where="thresholds",
        remedy=f"Use one of {', '.join(ATTRIBUTE_NAMES)}, or its name in Perspective.",
    )


def _right(rows: Sequence[Row], name: str) -> list[bool]:
    """Return which passages an attribute should hold: its label's, where all labels are known."""
    if name in set(Label) and all(row.label for row in rows):
        return [row.label == name for row in rows]
    return [row.flagged for row in rows]


def print_evaluation(result: dict[str, Any]) -> None:
    """Print tables on a terminal, else JSON."""
    if not sys.stdout.isatty():
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
        return
    console = Console()
    title = f"{result['examples']} passages, model {result['model']}, policy {result['policy']}"
    console.print(_table(title, {name: result[name] for name in ("flagged", "held")}))
    labels = result.get("labels", {})
    rows = {name: one for name, one in labels.items() if isinstance(one, dict)}
    for heading, some in (
        (f"labels, macro-F1 {labels.get('macro_f1', 0):.3f}", rows),
        ("attributes", result["attributes"]),
        ("groups", result["groups"]),
    ):
        if some:
            console.print(_table(heading, some))
    for name, steps in result.get("thresholds", {}).items():
        some = {f"{step['threshold']:.2f}": dict(list(step.items())[1:]) for step in steps}
        console.print(_table(f"{name}, held from a threshold on", some))


def _table(title: str, rows: dict[str, dict[str, float]]) -> Table:
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    table = Table("", *(name.replace("_", " ") for name in columns), title=title)
    for name, row in rows.items():
        table.add_row(name, *(_shown(row.get(column)) for column in columns))
    return table


def _shown(value: float | None) -> str:
    return "" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}"
