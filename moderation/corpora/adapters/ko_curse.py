"""Korean comments of forums, with or without abusive language.

The label of the corpus is one word, "curse". Of fifty-five with it that we read, three in four
revile somebody and three in four hold a swear word or a slur, not always the same ones. The
mapping:

- no curse: toxicity 0 and profanity 0, and what follows from them (see `values_of`).
- curse: toxicity 1. Whether there is a swear word is not said: profanity is unknown.
- news is unknown where there is no curse: people paste lines and links of news.
- the rest is unknown: it was not asked for.

A digest of the text is its name.
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
    read_lines,
    split_by,
    values_of,
)

_REPOSITORY = f"{RAW}/2runo/Curse-detection-data/ff241621e103b6f220d30de324d0d07987887308"
NAME = "curse_ko"
FILE = "ko_curse_detection.txt"

_VALUES = {"1": values_of(toxicity=1), "0": values_of(toxicity=0, profanity=0)}


def read_ko_curse(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct comment that has one label."""
    lines = (line.rpartition("|") for line in read_lines(folder / FILE))
    labelled = ((text.strip(), label) for text, _, label in lines if text.strip())
    for text, label in one_label(labelled).items():
        name = name_of(text)
        yield CorpusText(text, _VALUES[label], NAME, name, split_by(NAME, name))


CORPUS = Corpus(
    NAME,
    "Korean curse detection",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/dataset.txt",
            "1c3489417e4972dbbbdde19cc47bb8638292891f7f1a443ecbdc2e3c6843545a",
        ),
    ),
    "MIT",
    "Curse-detection-data, by 2runo.",
    "Forum comments: abusive language or none",
    read_ko_curse,
    "ko",
)
