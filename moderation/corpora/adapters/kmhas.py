"""Comments below Korean news, by the kinds of hate speech in them.

A comment has one or more of eight kinds (origin, looks, politics, profanity, age, gender, race,
religion), or is no hate speech. The mapping:

- none: toxicity 0, and what follows from it (see `values_of`).
- politics alone: toxicity is unknown. Much of it is criticism of a president, however hard, which
  our guidelines allow. Any other kind: toxicity 1; of fourteen of profanity alone, eleven revile
  somebody.
- profanity is 1 where it is among the kinds, else 0.
- origin, age, gender, race or religion: identity attack 1. None of these: 0, and so ethnic
  hostility 0.
- race: ethnic hostility 1. So is origin where the comment calls a people by a slur; else, as in a
  third of what we read of it, a region or the country itself may be meant: unknown.
- religion: ethnic hostility is unknown, for half of it attacks sects and clergy.
- age or gender, and none of these: unknown, for it was not asked for.
- news is 0: readers' comments.
- the rest is unknown.

The files are the published test and validation sets; the train set is larger and not used here. The
test set is test, and a tenth of the validation set dev; the rest of it trains. The comments have no
names: a digest of the text is its name.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    UNKNOWN,
    Corpus,
    CorpusFile,
    CorpusText,
    name_of,
    one_label,
    read_rows,
    split_off,
    values_of,
)

_REPOSITORY = f"{RAW}/adlnlp/K-MHaS/ec7a7e775d650b825872f6f538fc717822cdfc1a"
NAME = "kmhas_ko"
VALID, TEST = "kmhas_ko_valid.txt", "kmhas_ko_test.txt"

ORIGIN, POLITICS, PROFANITY, AGE, GENDER, RACE, RELIGION, NONE = "02345678"
"""The kinds by which something is decided, as the files number them."""
_GROUPS = frozenset({ORIGIN, AGE, GENDER, RACE, RELIGION})
_SLURS = re.compile(
    "짱(?:개|깨|게|께|꼴|골)|쪽(?:바리|발이|빠리)|조센징|좆족|왜놈|똥남아|똥양인|깜둥이|양키"
)
"""Slurs for Chinese, Japanese, Koreans, people of South East Asia, Asians, Black people and
Americans."""


def read_kmhas(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct comment that has one label: those of test, then of validation."""
    tests = list(_labelled(folder / TEST))
    of_test = {text for text, _ in tests}
    for text, label in one_label([*tests, *_labelled(folder / VALID)]).items():
        name = name_of(text)
        split = "test" if text in of_test else split_off(NAME, name, "dev")
        yield CorpusText(text, _values(text, frozenset(label.split(","))), NAME, name, split)


def _labelled(file: Path) -> Iterator[tuple[str, str]]:
    for row in read_rows(file, "document", "label", delimiter="\t"):
        yield row["document"].strip(), row["label"]


def _values(text: str, kinds: frozenset[str]) -> tuple[float, ...]:
    if NONE in kinds:
        return values_of(toxicity=0, profanity=0, news=0)
    given = {"news": 0.0, "profanity": float(PROFANITY in kinds)}
    if kinds != {POLITICS}:
        given["toxicity"] = 1.0
    given["identity_attack"] = float(not kinds.isdisjoint(_GROUPS))
    if given["identity_attack"]:
        slur = ORIGIN in kinds and _SLURS.search(text)
        given["ethnic_hostility"] = 1.0 if RACE in kinds or slur else UNKNOWN
    return values_of(**given)


CORPUS = Corpus(
    NAME,
    "K-MHaS, comments on news (validation and test)",
    (
        CorpusFile(
            VALID,
            f"{_REPOSITORY}/data/kmhas_valid.txt",
            "cb0df9e3cd665125b554d4c5e6f48b0801d5535ead51269134de5b85ae469c18",
        ),
        CorpusFile(
            TEST,
            f"{_REPOSITORY}/data/kmhas_test.txt",
            "9eaf470ee12c445817301d58672349500d6759516a730e879d36d6de17a2051a",
        ),
    ),
    "CC-BY-SA-4.0",
    "Lee, Lim, Lee, Jo, Kim, Yoon and Han. K-MHaS: A Multi-label Hate Speech Detection Dataset in "
    "Korean Online News Comment. COLING 2022.",
    "Reader comments: eight kinds of hate speech, or none",
    read_kmhas,
    "ko",
)
