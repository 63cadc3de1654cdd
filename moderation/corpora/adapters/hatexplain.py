"""Posts from Twitter and Gab that most of three people called hate speech, offensive or normal.

The file gives the majority's label only: neither the targets nor the rationales. The mapping:

- hatespeech: toxicity 1 and identity attack 1, for the label means an attack on a community. Which
  kind of community is not in the file, so ethnic hostility is unknown.
- offensive: toxicity 1. Offence was often at a community too, so identity attack is unknown.
- normal: toxicity 0 and what follows from it (see `values_of`).

The three files have different shares of the labels, so that a model could tell them apart by that
alone; their texts are split anew. The posts have no names: a digest of the text is its name, a text
that is repeated is read once, and one that is there with two labels is left out.
"""

from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusText,
    name_of,
    one_label,
    read_rows,
    split_by,
    values_of,
)

_REPOSITORY = f"{RAW}/ChrisIsKing/Learning-From-Rules/b23f844c89efd6327abb5750223f783a8b6d9f41"
NAME = "hatexplain"
FILES = ("hatexplain_train.csv", "hatexplain_valid.csv", "hatexplain_test.csv")

_VALUES = {
    "hatespeech": values_of(toxicity=1, identity_attack=1),
    "offensive": values_of(toxicity=1),
    "normal": values_of(toxicity=0),
}


def read_hatexplain(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct post that has one label."""
    labels = one_label(
        (row["text"], row["label"])
        for file in FILES
        for row in read_rows(folder / file, "label", "text", delimiter="\t", quoted=False)
    )
    for text, label in labels.items():
        name = name_of(text)
        yield CorpusText(text, _VALUES[label], NAME, name, split_by(NAME, name))


CORPUS = Corpus(
    NAME,
    "HateXplain",
    tuple(
        CorpusFile(name, f"{_REPOSITORY}/data/hatexplain/{name.partition('_')[2]}", sha256)
        for name, sha256 in zip(
            FILES,
            (
                "a589360a93d5067ee6b43de0f99dd9257a3fe95e47b99d7e19576f1f6fe15bba",
                "f3ab6e4fb5315577edf1952b0051f485a4a84da153028252e540a003166202f5",
                "b38f3fb45283286161d1d3ec144bec322035da90e51e2e83c0c59cf419da10ed",
            ),
            strict=True,
        )
    ),
    "MIT",
    "Mathew, Saha, Yimam, Biemann, Goyal and Mukherjee. HateXplain: A Benchmark Dataset for "
    "Explainable Hate Speech Detection. AAAI 2021.",
    "Posts from Twitter and Gab: hate speech, offensive, normal",
    read_hatexplain,
)
