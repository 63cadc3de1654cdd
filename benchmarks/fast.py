"""The fast tier beside alt-profanity-check: throughput and AUC on real comments, in one run.

Both judge the same texts on one core, turn by turn; the figure is the ratio of the medians. AUC is
measured on texts that no model of ours was trained on, by what each corpus labels.

    pip install alt-profanity-check
    python benchmarks/fast.py [--corpora DIR] [--model ID or FOLDER]
"""

# ruff: noqa: E402  # the variables must be set before the imports
import os

# Before NumPy and Numba are loaded, which read this once.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, NamedTuple

import numpy as np
import typer
from profanity_check import predict_prob
from sklearn.metrics import roc_auc_score

from moderation.corpora import corpora_folder, read_corpora
from moderation.labels.records import read_examples
from moderation.models.fast import FastModel
from moderation.models.store import load_model
from moderation.settings import shipped_models
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT
from moderation.training.data import Dataset

ROUNDS = 7
TIMED = ("civil", "davidson", "wikipedia_talk", "hatexplain")
"""Corpora of real comments."""
JUDGED = {
    "davidson": "toxicity",
    "hatexplain": "toxicity",
    "wikipedia_talk": "toxicity",
    "stormfront": "identity_attack",
}
"""By corpus, the attribute that it labels."""


class Texts(NamedTuple):
    """Texts, each with 1 if it is toxic and 0 if not; NaN for unknown."""

    texts: list[str]
    values: list[float]


def main(
    corpora: Annotated[Path | None, typer.Option(help="Folder of the public corpora.")] = None,
    model: Annotated[str, typer.Option(help="Id or folder of a fast model.")] = "fast@2027.01",
    labels: Annotated[Path, typer.Option(help="The labelled set's folder.")] = Path("labels"),
) -> None:
    """Print throughput and AUC of both as a Markdown table, and the ratios as JSON."""
    ours = load_model(model, shipped_models())
    if not isinstance(ours, FastModel):
        raise typer.BadParameter(f"{ours.id} is not a fast model", param_hint="--model")
    everything = list(read_corpora(corpora_folder(corpora)))
    ratios = {}
    print("| comments | texts | alt-profanity-check /s | ours /s | ratio |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for source in TIMED:
        texts = [t.text for t in everything if t.source == source and t.split != "test"]
        theirs, mine = timed(predict_prob, ours.probabilities, texts)
        ratios[source] = round(theirs / mine, 2)
        speeds = f"{len(texts) / theirs:,.0f} | {len(texts) / mine:,.0f}"
        print(f"| {source} | {len(texts)} | {speeds} | {theirs / mine:.2f} |")
    print("\n| dev texts | by | alt-profanity-check AUC | ours AUC |")
    print("| --- | --- | ---: | ---: |")
    for source, name in JUDGED.items():
        column = ATTRIBUTE_NAMES.index(name)
        chosen = [t for t in everything if t.source == source and t.split == "dev"]
        row(source, name, ours, Texts([t.text for t in chosen], [t.values[column] for t in chosen]))
    dev = Dataset.of(read_examples(labels), "dev")
    column = ATTRIBUTE_NAMES.index("toxicity")
    row("labels", "toxicity", ours, Texts(dev.texts, dev.values[:, column].tolist()))
    print(json.dumps({"ratio": ratios, "lowest": min(ratios.values())}))


def timed(
    theirs: Callable[[list[str]], object],
    ours: Callable[[list[str]], object],
    texts: list[str],
) -> tuple[float, float]:
    """Return the median seconds of each over the same texts, judged turn by turn."""
    seconds: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for judge, spent in zip((theirs, ours), seconds, strict=True):
            start = time.perf_counter()
            judge(texts)
            spent.append(time.perf_counter() - start)
    return median(seconds[0]), median(seconds[1])


def row(source: str, name: str, ours: FastModel, chosen: Texts) -> None:
    """Print the AUC of both on the texts with known values."""
    known = ~np.isnan(chosen.values)
    texts: Sequence[str] = [t for t, is_known in zip(chosen.texts, known, strict=True) if is_known]
    truth = np.array(chosen.values)[known] >= PRESENT
    theirs = roc_auc_score(truth, predict_prob(list(texts)))
    mine = roc_auc_score(truth, ours.probabilities(texts)[:, ATTRIBUTE_NAMES.index(name)])
    print(f"| {source} | {name} | {theirs:.4f} | {mine:.4f} |")


if __name__ == "__main__":
    typer.run(main)
