"""Posts from Gab and Reddit, sexist or not, and how they are sexist.

The mapping, by the guidelines' category (number) or finer vector (number.number):

- sexist: identity attack 1, for sexism here is abuse of women for their gender. Not so for 3.3
  (backhanded compliments) and 3.4 (condescending advice), which attack nobody: unknown.
- 1, threats and incitement: toxicity, threat and inflammatory 1. The harm may be to somebody's
  privacy, so severe toxicity is unknown.
- 2, derogation: toxicity 1. For 2.1 and 2.2, derogatory descriptions and emotive attacks, insult 1;
  2.3 joins dehumanising to sexual objectifying, so what it is beyond toxic is unknown.
- 3 and 4, animosity and prejudiced discussions, are often polite: toxicity is unknown.
- ethnic hostility was not asked for: unknown, also of what is sexist.
- not sexist: everything is unknown. Such a post may be hostile to anybody else.

The corpus has a published test split, on which others report, so its own splits are kept.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from moderation.corpora.corpus import RAW, Corpus, CorpusFile, CorpusText, read_rows, values_of
from moderation.splits import Split

_REPOSITORY = f"{RAW}/rewire-online/edos/b1f1fbcca9d42de0395432ada8fcfb5c35f68c77"
NAME = "edos"
FILE = "edos_labelled_aggregated.csv"


def read_edos(folder: Path) -> Iterator[CorpusText]:
    """Yield the posts, in the order of the file."""
    for row in read_rows(folder / FILE, "rewire_id", "text", "label_vector", "split"):
        yield CorpusText(
            text=row["text"],
            values=_values(row["label_vector"].partition(" ")[0]),
            source=NAME,
            id=row["rewire_id"],
            split=cast("Split", row["split"]),
        )


def _values(vector: str) -> tuple[float, ...]:
    """Map a vector's number, ``1.1`` to ``4.2`` or ``none``."""
    values: dict[str, float] = {}
    if vector not in {"none", "3.3", "3.4"}:
        values["identity_attack"] = 1
    if vector in {"1.1", "1.2"}:
        values |= {"toxicity": 1, "threat": 1, "inflammatory": 1}
    if vector in {"2.1", "2.2", "2.3"}:
        values["toxicity"] = 1
    if vector in {"2.1", "2.2"}:
        values["insult"] = 1
    return values_of(**values)


CORPUS = Corpus(
    NAME,
    "Explainable Detection of Online Sexism (SemEval-2023 Task 10)",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/data/edos_labelled_aggregated.csv",
            "607bdbb766e1803a28f0eb8fc21c14b6b9dfa20039f726ba6767438584b47f9b",
        ),
    ),
    "CC0-1.0",
    "Kirk, Yin, Vidgen and Röttger. SemEval-2023 Task 10: Explainable Detection of Online "
    "Sexism. SemEval 2023.",
    "Posts from Gab and Reddit: sexist or not, and how",
    read_edos,
)
