"""A model's figures as built-in values for the manifest, and as a table for a terminal."""

import math
from typing import Any

from rich.table import Table

from moderation.learning.evaluation import Evaluation
from moderation.learning.training.measure import Measured, lowest_bpsn


def figures(measured: Measured) -> dict[str, Any]:
    """Return the figures that a manifest holds; NaN becomes None, which JSON has a word for."""
    return {
        "dev": _of_split(measured.dev),
        "test": _of_split(measured.test),
        "suite": _suite(measured),
        "robustness": rounded(measured.robustness),
        "lowest_bpsn": rounded(dict([lowest_bpsn(measured.bias)])) if measured.bias else None,
        "corpora": {name: rounded(one._asdict()) for name, one in measured.corpora.items()},
    }


def _of_split(found: Evaluation) -> dict[str, Any]:
    result: dict[str, Any] = rounded(
        {
            "examples": found.examples,
            "macro_f1": found.macro_f1,
            "false_alarms": found.false_alarms,
            "review_recall": found.review_recall,
            "evidence_f1": found.evidence_f1,
            "targets": found.targets,
            "auc": {name: one.auc for name, one in found.attributes.items()},
            "calibration_error": {
                name: one.calibration_error for name, one in found.attributes.items()
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
            "groups": {name: one["accuracy"] for name, one in measured.suite["groups"].items()},
        }
    )
    return result


def rounded(value: Any) -> Any:
    """Return built-in values with four decimals, as a manifest holds them; NaN becomes None."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
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
    rows += [(f"F1 {n}", one.f1, test.labels[n].f1) for n, one in dev.labels.items()]
    rows += [(f"AUC {n}", one.auc, test.attributes[n].auc) for n, one in dev.attributes.items()]
    rows += [
        (f"ECE {name}", one.calibration_error, test.attributes[name].calibration_error)
        for name, one in dev.attributes.items()
    ]
    hidden = measured.robustness
    rows += [
        (f"recall, {kind}", recall, hidden["test"][kind]) for kind, recall in hidden["dev"].items()
    ]
    rows += [
        (f"{source} AUC {name}", auc)
        for source, one in measured.corpora.items()
        for name, auc in one.auc.items()
    ]
    if measured.bias:
        term, auc = lowest_bpsn(measured.bias)
        rows.append((f"lowest BPSN AUC ({term})", auc))
    if measured.suite:
        rows.append(("suite, balanced", math.nan, measured.suite["flagged"]["balanced_accuracy"]))
    return rows
