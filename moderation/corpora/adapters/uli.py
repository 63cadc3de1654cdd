"""Hindi tweets that annotators called gendered abuse, or did not.

The question of this file: is it gendered abuse when it is not directed at a woman or a person of a
marginalised gender or orientation? Most tweets have one annotator, who are activists and
researchers; a few have up to five. The mapping:

- toxicity is the share who said yes, where anybody did: soft, because annotators disagree. Of those
  that we read, a third abuse for gender and most others insult a person, so identity attack is
  unknown.
- nobody said yes: unknown. Abuse of other kinds was not asked for, and is there.
- the rest is unknown: it was not asked for.

A tweet that an annotator called "not this language" is left out: it is Bengali, Panjabi, Tamil. The
corpus's mark for a removed user name is written ``@user``. A digest of the text is its name.
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

_REPOSITORY = f"{RAW}/tattle-made/uli_dataset/4031ff80e4a0852ba6c982b4833b28909be01f52"
NAME = "uli_hi"
FILE = "uli_hi_q1_train.csv"

_ANNOTATORS = tuple(f"hi_a{number}" for number in range(1, 6))
_OTHER_LANGUAGE = "NL"
_REMOVED_NAME = "<handle replaced>"


def read_uli(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct tweet that is in Hindi and has one label."""
    labelled = (
        (row["text"].replace(_REMOVED_NAME, "@user ").strip(), votes)
        for row in read_rows(folder / FILE, "text", *_ANNOTATORS)
        if _OTHER_LANGUAGE not in (votes := tuple(filter(None, map(row.get, _ANNOTATORS))))
    )
    shares = ((text, sum(map(float, votes)) / len(votes)) for text, votes in labelled if votes)
    for text, share in one_label((text, share) for text, share in shares if text).items():
        name = name_of(text)
        values = values_of(toxicity=share) if share else values_of()
        yield CorpusText(text, values, NAME, name, split_by(NAME, name))


CORPUS = Corpus(
    NAME,
    "Uli, gendered abuse in Hindi",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/training/train_hi_l1.csv",
            "b2494309d512cd888e60d0e5fa537c197bc2971e83b70ed6cbd9146180272747",
        ),
    ),
    "CC-BY-4.0",
    "Arora, Jinadoss, Arora, George, Brindaalakshmi and others. The Uli Dataset: An Exercise in "
    "Experience Led Annotation of oGBV. WOAH 2024.",
    "Tweets: gendered abuse or not",
    read_uli,
    "hi",
)
