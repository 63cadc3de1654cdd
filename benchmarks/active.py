"""Most uncertain first against random order: how many decisions teach as much.

A moderator decides comments of a corpus's dev split, fifty at a time; after each fifty a small
model (hashed words and word pairs, logistic) learns from all decided so far, and is measured by AUC
on the half of the dev texts that is never decided. In the one run the next fifty are drawn at
random, in the other they are those that the model is least certain of, as the desk's order
`uncertain` has them. The corpus's labels stand for the moderator. Each run is repeated with other
seeds and averaged.

    python benchmarks/active.py [--corpora DIR] [--decisions 1000] [--runs 5]
"""

import json
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
    "civil": "toxicity",
}
"""By corpus, what its labels say."""
STEP = 50
MOST_TEXTS = 8_000

Numbers = npt.NDArray[np.int64]


class Texts(NamedTuple):
    """Texts as features, and which of them are harmful."""

    features: sparse.csr_array
    harmful: npt.NDArray[np.bool_]


def main(
    corpora: Annotated[Path | None, typer.Option(help="Folder of the public corpora.")] = None,
    decisions: Annotated[int, typer.Option(help="Decisions that a run makes.")] = 1_000,
    runs: Annotated[int, typer.Option(help="Seeds that are averaged.")] = 5,
) -> None:
    """Print AUC by number of decisions in both orders, and the decisions saved, as Markdown."""
    print(
        "| corpus | dev texts | harmful | AUC at a third, random / uncertain | at the end | saved |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    saved = {}
    for source, attribute in JUDGED.items():
        texts = read(source, attribute, corpora)
        curves = {
            uncertain: np.mean(
                [learn(texts, decisions, seed, uncertain=uncertain) for seed in range(runs)], axis=0
            )
            for uncertain in (False, True)
        }
        third = len(curves[False]) // 3
        # The decisions after which the uncertain order is where random order ends.
        reached = np.flatnonzero(curves[True] >= curves[False][-1])
        needed = (int(reached[0]) + 1) * STEP if len(reached) else decisions
        saved[source] = round(1 - needed / decisions, 2)
        print(
            f"| {source} | {len(texts.harmful)} | {texts.harmful.mean():.0%} "
            f"| {curves[False][third]:.3f} / {curves[True][third]:.3f} "
            f"| {curves[False][-1]:.3f} / {curves[True][-1]:.3f} | {saved[source]:.0%} |"
        )
    print(json.dumps({"decisions": decisions, "saved": saved}))


def read(source: str, attribute: str, folder: Path | None) -> Texts:
    """Return the dev texts of a corpus that say something of an attribute."""
    column = ATTRIBUTE_NAMES.index(attribute)
    known = [
        (text.text, text.values[column] >= PRESENT)
        for text in read_corpora(corpora_folder(folder), [source])
        if text.split == "dev" and not np.isnan(text.values[column])
    ][:MOST_TEXTS]
    hasher = HashingVectorizer(ngram_range=(1, 2), n_features=2**18, alternate_sign=False)
    features = sparse.csr_array(hasher.transform([text for text, _ in known]))
    return Texts(features, np.array([harmful for _, harmful in known]))


def learn(texts: Texts, decisions: int, seed: int, *, uncertain: bool) -> list[float]:
    """Return the AUC after each step."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(texts.harmful))
    pool, held_out = order[: len(order) // 2], order[len(order) // 2 :]
    # Both kinds from the start: a desk has examples of both when it first trains.
    kinds = texts.harmful[pool]
    decided: Numbers = np.concatenate([pool[kinds][: STEP // 2], pool[~kinds][: STEP // 2]])
    found = []
    for _ in range(min(decisions, len(pool)) // STEP):
        model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=300)
        model.fit(texts.features[decided], texts.harmful[decided])
        scores = model.decision_function(texts.features[held_out])
        found.append(float(roc_auc_score(texts.harmful[held_out], scores)))
        left = np.setdiff1d(pool, decided)
        if uncertain:
            margin = np.abs(model.decision_function(texts.features[left]))
            following = left[np.argsort(margin, kind="stable")[:STEP]]
        else:
            following = rng.choice(left, min(STEP, len(left)), replace=False)
        decided = np.concatenate([decided, following])
    return found


if __name__ == "__main__":
    typer.run(main)
