"""Korean sentences that people wrote on request: hateful ones on ten topics, and harmless ones.

The mapping:

- not spoiled: toxicity 0, and what follows from it (see `values_of`). Of fifty that we read, five
  are unkind.
- spoiled: toxicity 1, except on diets, where most of it is teasing about mint chocolate and
  vegetarians: unknown.
- spoiled, on nationality or race: identity attack 1 and ethnic hostility 1.
- spoiled, on gender, orientation (the file's "sexual harassment"), disability, age or social
  status: identity attack 1. Whether a people is attacked as well was not asked for.
- spoiled, on origin and residence: identity attack 1. These are regions of Korea, and whether
  their inhabitants are a people is open: ethnic hostility is unknown.
- spoiled, on looks, education or diets: no such group is meant, and identity attack is unknown all
  the same, for nobody was asked.
- news is 0: remarks of the writers' own.
- the rest is unknown: it was not asked for.

The file is the corpus's published test set, made to evaluate, so all of it is test. A digest of the
text is its name.
"""

from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusText,
    name_of,
    read_rows,
    values_of,
)

_REPOSITORY = f"{RAW}/jason9693/APEACH/a904c0826f53b90b92ef388562dbb02b03bc9e8e"
NAME = "apeach_ko"
FILE = "apeach_ko_test.csv"

_PEOPLES = frozenset({"Nationality", "Racism"})
_GROUPS = frozenset(
    {
        "Age and social status", "Disabled", "Gender sterotypes", "Origin and residence",
        "Sexual harassment",
    }
)  # fmt: skip
"""Topics on other identities, as the file spells them."""
_TEASING = "Diets"
_HARMLESS = values_of(toxicity=0, news=0)


def read_apeach(folder: Path) -> Iterator[CorpusText]:
    """Yield the sentences, in the order of the file."""
    for row in read_rows(folder / FILE, "text", "class", "text_topic_eng"):
        spoiled = row["class"] == "Spoiled"
        values = _values(row["text_topic_eng"]) if spoiled else _HARMLESS
        yield CorpusText(row["text"], values, NAME, name_of(row["text"]), "test")


def _values(topic: str) -> tuple[float, ...]:
    if topic in _PEOPLES:
        return values_of(toxicity=1, identity_attack=1, ethnic_hostility=1)
    if topic in _GROUPS:
        return values_of(toxicity=1, identity_attack=1)
    return values_of(news=0) if topic == _TEASING else values_of(toxicity=1)


CORPUS = Corpus(
    NAME,
    "APEACH, crowd-written hate speech",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/APEACH/test.csv",
            "0425befe4959f0f2aa480bd3c72542063062f0f03c1845f5e8679e09c57da88d",
        ),
    ),
    "CC-BY-SA-4.0",
    "Yang, Jang and Cho. APEACH: Attacking Pejorative Expressions with Analysis on "
    "Crowd-Generated Hate Speech Evaluation Datasets. Findings of EMNLP 2022.",
    "Sentences written on ten topics: hateful or not",
    read_apeach,
    "ko",
)
