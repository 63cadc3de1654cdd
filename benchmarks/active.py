"""Most uncertain first against random order: the decisions that each needs for the same AUC.

A moderator decides comments of a corpus's train split. After each fifty a small model (hashed words
and word pairs, logistic) learns from all decided so far, and from nothing else, and is measured by
AUC on the dev split. The next comment is drawn at random, or it is the one that was least certain
when the queue was last judged: as at the desk, that is when another model goes live, here after
every `--renewed` decisions; or never, only by the first model. The first comments are random in
every run, until there are fifty and both kinds are among them. The corpus's labels stand for the
moderator.

The saving of an order is the number of decisions by which it reaches sooner, and keeps, the AUC at
which random order ends; if negative, the number by which random order reaches sooner the AUC at
which the other ends. Each run is repeated with other seeds: mean and standard deviation over them.

    python benchmarks/active.py [--corpora DIR] [--decisions 1000] [--renewed 200] [--runs 5]
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt
import typer
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from moderation.corpora import corpora_folder, read_corpora
from moderation.taxonomy import ATTRIBUTE_NAMES, PRESENT

JUDGED = {
    "davidson": "toxicity",
    "hatexplain": "toxicity",
    "stormfront": "identity_attack",
    "civil": "identity_attack",
}
"""By corpus, the attribute that it labels."""
STEP = 50
MAX_TEXTS = 8_000

Numbers = npt.NDArray[np.int64]
Curve = npt.NDArray[np.float64]


class Texts(NamedTuple):
    """Texts as features, and which of them are harmful."""

    features: sparse.csr_array
    harmful: npt.NDArray[np.bool_]


class Corpus(NamedTuple):
    """Comments that wait to be decided, and those that measure the model."""

    queue: Texts
    dev: Texts


def main(
    corpora: Annotated[Path | None, typer.Option(help="Folder of the public corpora.")] = None,
    decisions: Annotated[int, typer.Option(help="Decisions that a run makes.")] = 1_000,
    renewed: Annotated[int, typer.Option(help="Decisions after which a new model judges.")] = 200,
    runs: Annotated[int, typer.Option(help="Seeds that are averaged.")] = 5,
) -> None:
    """Print AUC by number of decisions in each order, and the decisions saved, as Markdown."""
    orders = {"random": 0, f"judged anew every {renewed}": renewed, "judged once": decisions}
    print("| corpus | texts | harmful | order | AUC at a third | at the end | saved |")
    print("| --- | ---: | ---: | --- | ---: | ---: | ---: |")
    found: dict[str, dict[str, list[float]]] = {}
    for source, attribute in JUDGED.items():
        corpus = read(source, attribute, corpora)
        curves = {
            name: np.array([learn(corpus, decisions, seed, every) for seed in range(runs)])
            for name, every in orders.items()
        }
        found[source] = {}
        for name, each in curves.items():
            saved = [saving(r, u) for r, u in zip(curves["random"], each, strict=True)]
            found[source][name] = saved
            third = each[:, each.shape[1] // 3]
            print(
                f"| {source} | {len(corpus.queue.harmful)} | {corpus.queue.harmful.mean():.0%} "
                f"| {name} "
                f"| {told(third, '.3f')} | {told(each[:, -1], '.3f')} "
                f"| {'' if name == 'random' else told(saved, '.0%')} |",
                flush=True,
            )
    print(json.dumps({"decisions": decisions, "runs": runs, "saved": found}))


def told(values: Sequence[float] | Curve, form: str) -> str:
    """Return mean and standard deviation."""
    return f"{np.mean(values):{form}} ± {np.std(values):{form}}"


def saving(random: Curve, ordered: Curve) -> float:
    """Return the share of decisions that an order saves, negative where it costs some."""
    if ordered[-1] >= random[-1]:
        return 1 - stays(ordered, random[-1])
    return stays(random, ordered[-1]) - 1


def stays(curve: Curve, level: float) -> float:
    """Return the share of decisions from which on a curve stays at a level."""
    below = np.flatnonzero(curve < level)
    first = below[-1] + 1 if len(below) else 0
    return float((first + 1) / len(curve))


def read(source: str, attribute: str, folder: Path | None) -> Corpus:
    """Return the texts of a corpus that have a value for an attribute."""
    column = ATTRIBUTE_NAMES.index(attribute)
    known = [
        (text.split, text.text, text.values[column] >= PRESENT)
        for text in read_corpora(corpora_folder(folder), [source])
        if not np.isnan(text.values[column])
    ]
    hasher = HashingVectorizer(ngram_range=(1, 2), n_features=2**18, alternate_sign=False)

    def texts(split: str) -> Texts:
        all_of_it = [(text, harmful) for of, text, harmful in known if of == split]
        # At random: a corpus may have its kinds one after the other.
        order = np.random.default_rng(0).permutation(len(all_of_it))[:MAX_TEXTS]
        chosen = [all_of_it[place] for place in order.tolist()]
        features = sparse.csr_array(hasher.transform([text for text, _ in chosen]))
        return Texts(features, np.array([harmful for _, harmful in chosen]))

    return Corpus(texts("train"), texts("dev"))


def learn(corpus: Corpus, decisions: int, seed: int, every: int) -> list[float]:
    """Return the AUC after each step.

    Parameters
    ----------
    corpus : Corpus
    decisions : int
    seed : int
    every : int
        Decisions after which those that are left are put in order anew, the most uncertain first;
        0 leaves them in random order.
    """
    texts, dev = corpus
    queue = np.random.default_rng(seed).permutation(len(texts.harmful))
    kinds = texts.harmful[queue]
    # The first of the other class: no model can be fitted before.
    start = max(STEP, int(np.flatnonzero(kinds != kinds[0])[0]) + 1)
    decided, queue = queue[:start], queue[start:]
    model, since = fitted(texts, decided), every
    found = []
    for _ in range(min(decisions, len(queue)) // STEP):
        scores = model.decision_function(dev.features)
        found.append(float(roc_auc_score(dev.harmful, scores)))
        if every and since >= every:
            margin = np.abs(model.decision_function(texts.features[queue]))
            queue, since = queue[np.argsort(margin, kind="stable")], 0
        decided, queue = np.concatenate([decided, queue[:STEP]]), queue[STEP:]
        since += STEP
        model = fitted(texts, decided)
    return found


def fitted(texts: Texts, decided: Numbers) -> LogisticRegression:
    """Return a model fitted to the decisions."""
    model = LogisticRegression(C=10.0, solver="liblinear")
    return model.fit(texts.features[decided], texts.harmful[decided])


if __name__ == "__main__":
    typer.run(main)
