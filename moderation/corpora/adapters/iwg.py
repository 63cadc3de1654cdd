"""German tweets about refugees, of 2015 and 2016, that two experts called hate speech or did not.

They were found by hashtags such as #asylanten and #rapefugees, so whom they hate are refugees,
immigrants and Muslims. The second expert also rated how hateful each is, from 1 to 6. The mapping:

- both say hate speech: toxicity, identity attack and ethnic hostility 1.
- one of them does: ethnic hostility and identity attack 0.5, for they disagree. Toxicity is
  unknown.
- neither does, and the rating is 1: identity attack 0, and so ethnic hostility 0. Toxicity is
  unknown, for politicians may be insulted.
- neither does, and the rating is higher: unknown. A third of those that we read are hostile by our
  guidelines: the experts judged by a narrower definition.
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
    read_rows,
    split_by,
    values_of,
)

_REPOSITORY = f"{RAW}/UCSM-DUE/IWG_hatespeech_public/e14501bcada5f2d2c5dea7a6d4bca3a873ac4a81"
NAME = "iwg_de"
FILE = "iwg_de_refugees.csv"

_EXPERTS = ("HatespeechOrNot (Expert 1)", "HatespeechOrNot (Expert 2)")
_RATING = "Hatespeech Rating (Expert 2)"
_LOWEST = "1"


def read_iwg(folder: Path) -> Iterator[CorpusText]:
    """Yield the tweets, in the order of the file."""
    for row in read_rows(folder / FILE, "Tweet", *_EXPERTS, _RATING):
        name = name_of(row["Tweet"])
        yield CorpusText(row["Tweet"], _values(row), NAME, name, split_by(NAME, name))


def _values(row: dict[str, str]) -> tuple[float, ...]:
    hateful = sum(row[expert] == "YES" for expert in _EXPERTS)
    if hateful == len(_EXPERTS):
        return values_of(toxicity=1, identity_attack=1, ethnic_hostility=1)
    if hateful:
        return values_of(identity_attack=0.5, ethnic_hostility=0.5)
    return values_of(identity_attack=0) if row[_RATING] == _LOWEST else values_of()


CORPUS = Corpus(
    NAME,
    "IWG hate speech, tweets about refugees",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/german%20hatespeech%20refugees.csv",
            "b0784b8c00f02d16cee8b1227b8e8968760885d3d87b68762ba51b4c3156714f",
        ),
    ),
    "CC-BY-SA-3.0",
    "Ross, Rist, Carbonell, Cabrera, Kurowsky and Wojatzki. Measuring the Reliability of Hate "
    "Speech Annotations: The Case of the European Refugee Crisis. NLP4CMC 2016.",
    "Tweets about refugees: hate speech or not, by two experts",
    read_iwg,
    "de",
)
