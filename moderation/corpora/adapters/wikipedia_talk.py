"""Comments from Wikipedia's discussion pages, toxic or not: ordinary conversation.

The label is the majority's, in the sense of the taxonomy's toxicity, which has the same source. The
mapping:

- toxicity is the label; where it is 0, what follows from it holds (see `values_of`). Of a toxic
  comment the kind of toxicity is not given: unknown.
- news is 0, for the texts are one editor talking to others.
- threat and profanity were not asked for: unknown.
"""

from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusText,
    read_rows,
    split_by,
    values_of,
)

_REPOSITORY = f"{RAW}/ipavlopoulos/context_toxicity/5df49c294e6a41f0ba351e65fda7c315aa4cc168"
NAME = "wikipedia_talk"
FILE = "cat_large_gn.csv"


def read_wikipedia_talk(folder: Path) -> Iterator[CorpusText]:
    """Yield the comments, in the order of the file."""
    for row in read_rows(folder / FILE, "id", "text", "label"):
        yield CorpusText(
            text=row["text"],
            values=values_of(toxicity=float(row["label"]), news=0),
            source=NAME,
            id=row["id"],
            split=split_by(NAME, row["id"]),
        )


CORPUS = Corpus(
    NAME,
    "Wikipedia talk comments (CAT_LARGE)",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/data/CAT_LARGE/gn.csv",
            "def84ddcff46dfd628e3d37c9c81b9cb81d7cf35e82197212a5758c0d24fb667",
        ),
    ),
    "Apache-2.0",
    "Pavlopoulos, Sorensen, Dixon, Thain and Androutsopoulos. Toxicity Detection: Does Context "
    "Really Matter? ACL 2020.",
    "Comments of Wikipedia's editors: toxic or not",
    read_wikipedia_talk,
)
