"""Russian comments of news groups on VKontakte, toxic or not, some with distorted words.

One annotator read them for insults, hate, threats and obscene words, also distorted ones. The
mapping:

- toxic: toxicity 1. Of twenty-five that we read, nineteen insult or threaten somebody, and the
  others are bitter or obscene.
- not toxic: toxicity 0, and what follows from it (see `values_of`).
- news is 0: readers' comments.
- the rest is unknown: it was not asked for.

The address of a user, who is named by number, is written ``@user``. A digest of the text is its
name; a text that is repeated is read once, and one with two labels is left out.
"""

import re
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

_REPOSITORY = f"{RAW}/alla-g/toxicity-detection-thesis/651159350f42fef6187c87af732835d46b1ccf60"
NAME = "distorted_ru"
FILE = "ru_distorted_toxicity.tsv"

_ADDRESSED = re.compile(r"\[(?:id|club|public)\d+\|[^\]]*\]")
_VALUES = {"1": values_of(toxicity=1, news=0), "0": values_of(toxicity=0, news=0)}


def read_ru_distorted(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct comment that has one label."""
    labelled = (
        (text, row["toxicity"])
        for row in read_rows(folder / FILE, "comments", "toxicity", delimiter="\t")
        if (text := _ADDRESSED.sub("@user", row["comments"]).strip())
    )
    for text, label in one_label(labelled).items():
        name = name_of(text)
        yield CorpusText(text, _VALUES[label], NAME, name, split_by(NAME, name))


CORPUS = Corpus(
    NAME,
    "Russian Distorted Toxicity",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/toxicity_corpus/russian_distorted_toxicity.tsv",
            "f03081abd6bd32908a83054f0bc8ab6dc9adb66c2f0bc0a42ffad283ddf637ea",
        ),
    ),
    "MIT",
    "Gorbunova. Russian Distorted Toxicity. 2022.",
    "Comments on news, some with distorted words: toxic or not",
    read_ru_distorted,
    "ru",
)
