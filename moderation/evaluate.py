"""Evaluation of a moderator on a table of passages, and its output as JSON or tables."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from moderation.console import open_input, print_json
from moderation.errors import InvalidInput
from moderation.evaluation.tables import PassageResult, TableRow, evaluate_table, parse_table
from moderation.moderator import Moderator
from moderation.taxonomy import ATTRIBUTE_NAMES, BY_PERSPECTIVE_NAME, Label
from moderation.verdict import Action

THRESHOLDS = tuple(step / 20 for step in range(1, 20))


def evaluate_file(moderator: Moderator, file: Path, attribute: str | None = None) -> dict[str, Any]:
    """Judge the passages of a table and compare with its labels.

    Passages in languages that the moderator does not judge are counted as ``unjudged``, and not
    compared.

    Parameters
    ----------
    moderator : Moderator
    file : Path
        ``-`` is standard input.
    attribute : str, optional
        An attribute, by our name or Perspective's, whose figures are wanted at many thresholds.

    Returns
    -------
    dict
        Built-in values; see :func:`moderation.evaluation.tables.evaluate_table`.

    Raises
    ------
    InvalidInput
        Naming the line that is wrong, or if there is no such attribute, or nothing was judged.
    """
    name = _attribute(attribute) if attribute else None
    with open_input(file) as (source, place):
        table = parse_table(source, place)
    rows, results, unjudged = _judged(moderator, place, table)
    evaluation = evaluate_table(rows, results, moderator.bound_policy.held)
    if name:
        scores = [result.scores[name] for result in results]
        evaluation["thresholds"] = {name: threshold_table(scores, _right(rows, name))}
    head = {"model": moderator.model.id, "policy": moderator.policy.name, "unjudged": unjudged}
    return {**head, **evaluation}


def _judged(
    moderator: Moderator, place: str, rows: Sequence[TableRow]
) -> tuple[list[TableRow], list[PassageResult], int]:
    """Return the rows that were judged, their results, and the number of the other rows."""
    verdicts = moderator.judge([row.text for row in rows])
    judged = [
        (
            row,
            PassageResult(dict(verdict.scores), verdict.label, verdict.action is not Action.ALLOW),
        )
        for row, verdict in zip(rows, verdicts, strict=True)
        if verdict.label is not None
    ]
    if not judged:
        raise InvalidInput(
            "No passage is in a language that the model knows.",
            where=place,
            remedy=f"Its languages are: {', '.join(moderator.languages)}.",
        )
    return [row for row, _ in judged], [result for _, result in judged], len(rows) - len(judged)


def threshold_table(scores: Sequence[float], right: Sequence[bool]) -> list[dict[str, float]]:
    """Return the figures of holding all passages that score at or above each of `THRESHOLDS`.

    Parameters
    ----------
    scores : sequence of float
        One attribute's, by passage.
    right : sequence of bool
        True for each passage that should be held.

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
        hits = sum(is_held and good for is_held, good in zip(held, right, strict=True))
        row = {"threshold": threshold}
        if any(held):
            row["precision"] = hits / sum(held)
        if any(right):
            row["recall"] = hits / sum(right)
        table.append(row | {"held": sum(held) / len(held)})
    return table


def _attribute(name: str) -> str:
    """Return our name of an attribute that is given by our name or by Perspective's."""
    if name in ATTRIBUTE_NAMES:
        return name
    if name in BY_PERSPECTIVE_NAME:
        return BY_PERSPECTIVE_NAME[name].name
    raise InvalidInput(
        f"{name!r} is not an attribute.",
        where="thresholds",
        remedy=f"Use one of {', '.join(ATTRIBUTE_NAMES)}, or its name in Perspective.",
    )


def _right(rows: Sequence[TableRow], name: str) -> list[bool]:
    """Return True for each passage that an attribute should hold.

    These are those of its label where all labels are known, else the flagged ones.
    """
    if name in set(Label) and all(row.label for row in rows):
        return [row.label == name for row in rows]
    return [row.flagged for row in rows]


def print_evaluation(result: dict[str, Any]) -> None:
    """Print an evaluation: as tables on a terminal, else as JSON."""
    if not sys.stdout.isatty():
        print_json(result)
        return
    console = Console()
    title = f"{result['examples']} passages, model {result['model']}, policy {result['policy']}"
    if result["unjudged"]:
        title += f"; {result['unjudged']} more in other languages were not judged"
    console.print(_table(title, {name: result[name] for name in ("flagged", "held")}))
    labels = result.get("labels", {})
    rows = {name: row for name, row in labels.items() if isinstance(row, dict)}
    for heading, section in (
        (f"labels, macro-F1 {labels.get('macro_f1', 0):.3f}", rows),
        ("attributes", result["attributes"]),
        ("groups", result["groups"]),
    ):
        if section:
            console.print(_table(heading, section))
    for name, steps in result.get("thresholds", {}).items():
        by_threshold = {f"{step['threshold']:.2f}": dict(list(step.items())[1:]) for step in steps}
        console.print(_table(f"{name}, held from each threshold on", by_threshold))


def _table(title: str, rows: dict[str, dict[str, float]]) -> Table:
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    table = Table("", *(name.replace("_", " ") for name in columns), title=title)
    for name, row in rows.items():
        table.add_row(name, *(_shown(row.get(column)) for column in columns))
    return table


def _shown(value: float | None) -> str:
    if value is None or value != value:  # noqa: PLR0124  # NaN is a figure of nothing
        return ""
    return str(value) if isinstance(value, int) else f"{value:.3f}"
