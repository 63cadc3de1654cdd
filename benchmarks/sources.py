"""The worth of the labels and of the public corpora as training data, side by side.

Trains the fast tier three times (about two minutes each on two cores) and prints a Markdown table:

    python benchmarks/sources.py [--corpora DIR]
"""

import math
import tempfile
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console

from moderation.corpora import corpora_folder
from moderation.evaluation.metrics import mean
from moderation.training.gate import Measured, lowest_bpsn
from moderation.training.pipeline import Destination, Sources, TrainingPlan, read_material, train

# No model is kept, so none has to pass.
OPEN_GATE = """
macro_f1 = 0
review_recall = 0
evidence_f1 = 0
targets = 0
most_false_alarms = 1
tolerance = 1
"""


def main(
    corpora: Annotated[Path | None, typer.Option(help="Folder of the public corpora.")] = None,
) -> None:
    """Train from the labels alone, the corpora alone and both, and print the figures of each."""
    columns: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gate = folder / "gate.toml"
        gate.write_text(OPEN_GATE, "utf-8")
        console = Console(stderr=True)
        material = read_material(Path("labels"), corpora_folder(corpora), console, console.print)
        for sources in get_args(Sources):
            place = Destination(folder / sources, f"{sources}@0", gate, folder / "report.html")
            outcome = train(TrainingPlan(place, sources), material, console)
            columns[sources] = rows(outcome.measured)
    print("| | " + " | ".join(columns) + " |")
    print("| --- |" + " ---: |" * len(columns))
    for row in columns["both"]:
        shown = [f"{columns[name].get(row, math.nan):.3f}" for name in columns]
        print(f"| {row} | " + " | ".join(shown) + " |")


def rows(measured: Measured) -> dict[str, float]:
    """Return the table's rows: our test split, the suite, obfuscations, corpora and bias."""
    test = measured.test
    figures = {
        "labels, test: macro-F1": test.macro_f1,
        "labels, test: false alarms": test.false_alarms,
        "labels, test: review recall": test.review_recall,
        "labels, test: evidence F1": test.evidence_f1,
        "labels, test: targets": test.targets,
    }
    figures |= {f"labels, test: AUC {n}": result.auc for n, result in test.attributes.items()}
    figures |= {f"labels, test: recall, {k}": r for k, r in measured.robustness["test"].items()}
    for source, result in measured.corpora.items():
        figures |= {f"{source}, dev: AUC {name}": auc for name, auc in result.auc.items()}
        if not math.isnan(result.held_harmless):
            figures[f"{source}, dev: harmless sent to review"] = result.held_harmless
        if not math.isnan(result.evidence_f1):
            figures[f"{source}, dev: evidence F1"] = result.evidence_f1
    if measured.bias:
        figures["templates, dev: lowest BPSN AUC"] = lowest_bpsn(measured.bias)[1]
        figures["templates, dev: mean BPSN AUC"] = mean(
            [term.bpsn for term in measured.bias.values()]
        )
    if measured.suite:
        figures["suite: balanced accuracy"] = measured.suite["flagged"]["balanced_accuracy"]
        figures |= {
            f"suite: {n}": group["accuracy"] for n, group in measured.suite["groups"].items()
        }
    return figures


if __name__ == "__main__":
    typer.run(main)
