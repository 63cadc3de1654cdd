"""Brazilian tweets of 2023 that two of three annotators called aggressive, or hateful and how.

What is hateful is aggressive too. The mapping:

- not aggressive: toxicity 0, and what follows from it (see `values_of`).
- aggressive and not hateful: toxicity 1. Of twenty that we read, thirteen insult or threaten.
- hateful for politics alone: toxicity is unknown. Most of it mocks a party or a president, which
  our guidelines allow.
- hateful otherwise: toxicity 1. The annotators were generous with it: half of those that we read
  insult nobody.
- not hateful, or hateful for politics or looks alone: identity attack 0, and so ethnic hostility 0.
- hateful for another kind (age, poverty, disability, orientation, race, religion, gender, origin):
  identity attack and ethnic hostility are unknown. Of those that we read, a third attack a group or
  somebody as one of it.
- the rest is unknown: it was not asked for.

A digest of the text is its name; a text that is repeated is read once, and one with two labels is
left out. The larger TuPy-E takes ToLD-Br and others in; the tweets here are TuPy's own, and only
some fifteen of the shortest are in ToLD-Br too.
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

_REPOSITORY = f"{RAW}/Silly-Machine/TuPy-Dataset/0414548a06fa50a6ab85329c7583b01d14b4b453"
NAME = "tupy_pt"
FILE = "tupy_pt.csv"

_POLITICS = "political"
_LOOKS = "body_shame"
_GROUPS = (
    "ageism", "aporophobia", "capacitism", "lgbtphobia", "racism", "religious_intolerance",
    "misogyny", "xenophobia", "other",
)  # fmt: skip
_VALUES = {
    "none": values_of(toxicity=0),
    "aggressive": values_of(toxicity=1, identity_attack=0),
    "politics": values_of(identity_attack=0),
    "group": values_of(toxicity=1),
}


def read_tupy(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct tweet that has one label."""
    columns = ("text", "aggressive", "hate", _POLITICS, _LOOKS, *_GROUPS)
    labelled = ((row["text"], _label(row)) for row in read_rows(folder / FILE, *columns))
    for text, label in one_label(labelled).items():
        name = name_of(text)
        yield CorpusText(text, _VALUES[label], NAME, name, split_by(NAME, name))


def _label(row: dict[str, str]) -> str:
    chosen = {kind for kind, value in row.items() if value == "1"}
    if "aggressive" not in chosen:
        return "none"
    if chosen.intersection(_GROUPS):
        return "group"
    return "politics" if _POLITICS in chosen and _LOOKS not in chosen else "aggressive"


CORPUS = Corpus(
    NAME,
    "TuPy, hate speech in Brazilian Portuguese",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/tupy%20datasets/tupy_dummy_vote.csv",
            "f855ca4343e31a99c1cb1d63c80c2499db0bd4c0bcfbba44ee52399915082aa4",
        ),
    ),
    "MIT",
    "Oliveira, Reis and Ebecken. TuPy-E: detecting hate speech in Brazilian Portuguese social "
    "media with a novel dataset and comprehensive analysis of models. 2023.",
    "Tweets: aggressive or not, hateful and of which kinds",
    read_tupy,
    "pt",
)
