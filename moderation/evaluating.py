"""The door to evaluation: a moderator's verdicts on a table of passages, and how to show them."""

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from moderation.learning.evaluation.table import Found, evaluate_table, read_table
from moderation.moderator import Moderator
from moderation.policy import MODEL
from moderation.verdict import Action


def evaluate_file(moderator: Moderator, file: Path) -> dict[str, Any]:
    """Judge the passages of a CSV file and compare with its labels.

    Returns
    -------
    dict
        Built-in values; see :func:`moderation.learning.evaluation.table.evaluate_table`.

    Raises
    ------
    InvalidInput
        Naming the line that is wrong.
    """
    rows = read_table(file)
    verdicts = moderator.judge([row.text for row in rows])
    found = [Found(dict(v.scores), v.label, v.action is not Action.ALLOW) for v in verdicts]
    thresholds = {
        name: moderator.model.review_thresholds.get(name, 0.5) if limit == MODEL else limit
        for name, limit in moderator.policy.review.items()
    }
    result = evaluate_table(rows, found, thresholds)
    return {"model": moderator.model.id, "policy": moderator.policy.name, **result}


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


def _table(title: str, rows: dict[str, dict[str, float]]) -> Table:
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    table = Table("", *(name.replace("_", " ") for name in columns), title=title)
    for name, row in rows.items():
        table.add_row(name, *(_shown(row.get(column)) for column in columns))
    return table


def _shown(value: float | None) -> str:
    return "" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}"
