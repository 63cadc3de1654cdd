"""Tweets that several people called hate speech, offensive language or neither.

Each tweet has three or more coders, who chose one of the three. The mapping:

- toxicity is the share that chose hate or offensive: soft, because coders disagree, and because
  "offensive" was often chosen for a swear word among friends.
- identity attack is the share that chose hate, which their instructions define as hatred towards
  a group or the humiliation of its members. The group may be any, so ethnic hostility is unknown,
  except that it is 0 where nobody chose hate.
- Where nobody chose hate or offensive, what follows from toxicity 0 holds (see `values_of`).
- insult, threat, profanity and severe toxicity were not asked for: unknown.
- news is unknown where no harm is present: people tweet headlines.

The texts are as the tweets' pages had them, so ``&amp;`` and its kind are turned back into
characters.
"""

import html
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

_REPOSITORY = (
    f"{RAW}/t-davidson/hate-speech-and-offensive-language/cb50f7e9eb855a99abc51423bf40df0e26d6fe30"
)
NAME = "davidson"
FILE = "davidson_labeled_data.csv"


def read_davidson(folder: Path) -> Iterator[CorpusText]:
    """Yield the tweets, in the order of the file."""
    columns = ("", "count", "hate_speech", "offensive_language", "tweet")
    for row in read_rows(folder / FILE, *columns):
        count, hate = int(row["count"]), int(row["hate_speech"])
        yield CorpusText(
            text=html.unescape(row["tweet"]),
            values=values_of(
                toxicity=(hate + int(row["offensive_language"])) / count,
                identity_attack=hate / count,
            ),
            source=NAME,
            id=row[""],
            split=split_by(NAME, row[""]),
        )


CORPUS = Corpus(
    NAME,
    "Hate Speech and Offensive Language",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/data/labeled_data.csv",
            "fcb8bc7c68120ae4af04a5b9acd58585513ede11e1548ebf36a5c2040b6f6281",
        ),
    ),
    "MIT",
    "Davidson, Warmsley, Macy and Weber. Automated Hate Speech Detection and the Problem of "
    "Offensive Language. ICWSM 2017.",
    "Tweets: how many coders chose hate speech, offensive language, neither",
    read_davidson,
)
