"""Comments from Reddit that name a group and a stereotype of it, which they assert or do not.

They were found by such pairs of words, and annotators said of each comment (``bias_sent``) and of
the phrase around the pair (``bias_phrase``) whether it is biased against the group. The same words
are there asserted, quoted, asked about and refuted. The mapping:

- both 1: identity attack 1, for the comment asserts the stereotype. Where the group is Black
  people, Jews, or Muslims and Arabs, ethnic hostility is 1; where it is gay and trans people,
  unknown, for some attack a people beside. Many are polite, so toxicity is unknown.
- the comment 0, the phrase either: identity attack 0, and so ethnic hostility 0. Whoever refutes a
  stereotype often does it rudely: toxicity is unknown.
- both 1, of a religion without its people ("Islam", and no word for Muslims): left out. Hard words
  about a doctrine are civil by our guidelines, and the corpus does not tell them apart.
- the comment 1 and the phrase 0 or blank: left out. Such comments often refute a stereotype.
- a blank or a remark in place of a label: left out.
- everything else is unknown, news too where there is no attack: people paste headlines.

The corpus has a file about women too. It is not read: its stereotypes (that a woman is a nurse, or
dances) are no attacks, so that neither label means anything in the taxonomy.

Most comments have no name: a digest of the text is its name, one that is repeated is read once, and
one with two labels, which may be about two groups, is left out. A letter of one file is in the
encoding of old Macintoshes.
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

_FOLDER = (
    f"{RAW}/Media-Bias-Group/MBIB/b9a887ffd461fa462e89835fc27b36e370091954"
    "/datasets/075_RedditBias/raw"
)
NAME = "redditbias"
PEOPLES = (
    "redditbias_race_black.csv",
    "redditbias_religion1_jews.csv",
    "redditbias_religion2_muslims.csv",
)
"""The files about peoples and religions."""
FILES = ("redditbias_orientation_lgbtq.csv", *PEOPLES)
RELIGIONS = PEOPLES[1:]
"""The files about religions."""
ENCODINGS = {"redditbias_religion1_jews.csv": "mac_roman"}
"""The encoding of each file that is not UTF-8."""

_BELIEVERS = re.compile(r"\b(?:muslims?|moslems?|arabs?|islamic people|islamists?|jews?|jewish)\b")
_VALUES = {
    "hostile": values_of(identity_attack=1, ethnic_hostility=1),
    "attack": values_of(identity_attack=1),
    "none": values_of(identity_attack=0),
}


def read_redditbias(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct comment that has one label."""
    for text, label in one_label(_labelled(folder)).items():
        name = name_of(text)
        yield CorpusText(text, _VALUES[label], NAME, name, split_by(NAME, name))


def _labelled(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each labelled comment of each file."""
    for file in FILES:
        columns = ("comment", "bias_sent", "bias_phrase")
        for row in read_rows(folder / file, *columns, encoding=ENCODINGS.get(file, "utf-8")):
            text, biased = row["comment"], (row["bias_sent"], row["bias_phrase"])
            if biased[0] == "0":
                yield text, "none"
            elif biased == ("1", "1") and (file not in RELIGIONS or _BELIEVERS.search(text)):
                yield text, "hostile" if file in PEOPLES else "attack"


CORPUS = Corpus(
    NAME,
    "RedditBias",
    tuple(
        CorpusFile(
            name,
            f"{_FOLDER}/reddit_comments_{name.removeprefix('redditbias_').removesuffix('.csv')}"
            "_processed_phrase_annotated.csv",
            sha256,
        )
        for name, sha256 in zip(
            FILES,
            (
                "1c9c5a12d62287f625834f5adda4208306eb9cf8ce15e59f04cfe3b02896c02f",
                "d1ebfaf0d6e714fc3b64e3cb57e0bfc5f68e3f88e4512796d9c7da115ccd7c37",
                "f4a0d85b34c5355a6336857827cea322cefe8a3f71ff3cdb383c440fe2870f2e",
                "3c8a5b5670e6166f2e717304c1cab97678800fa3d9d8486b1b0d3be7364723b7",
            ),
            strict=True,
        )
    ),
    "MIT",
    "Barikeri, Lauscher, Vulić and Glavaš. RedditBias: A Real-World Resource for Bias Evaluation "
    "and Debiasing of Conversational Language Models. ACL 2021.",
    "Comments from Reddit: a stereotype of a group asserted, or only named",
    read_redditbias,
)
