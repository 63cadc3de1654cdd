"""Korean comments of hate or plain malice, and harmless sentences about the same groups.

The comments are of news sites and forums; the harmless sentences are comments, sentences of
Wikipedia, and many made by rule ("She is from Busan, I think"). A comment may hate several groups;
a model proposed which, and one researcher decided. The mapping:

- clean: toxicity 0, and what follows from it (see `values_of`). News is 0 in a comment, and unknown
  in the other two.
- hate: toxicity 1. Identity attack is 1 where the group is one of gender, orientation, race or
  nationality, religion, age or region; where it is "other" (looks, professions, disability, and in
  rows that we read, parties), it is unknown.
- hate of a race or nationality: ethnic hostility 1.
- hate of a religion or a region, and no race or nationality: ethnic hostility is unknown. Half of
  it attacks a doctrine or a clergy, and whether the inhabitants of a region are a people is open.
- hate of women, men, sexual minorities or an age, and none of these: ethnic hostility is 0, for the
  label would say so.
- plain malice: toxicity 1, and identity attack 0, for hate is the other label.
- the rest is unknown: it was not asked for.

A digest of the text is its name. The sentences made by rule resemble each other; training drops
those that nearly repeat one of another split.

The repository's licence is Apache-2.0; its README says beside it that the corpus was published with
non-commercial and academic use in mind. Whoever must be sure leaves it out.
"""

from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    UNKNOWN,
    Corpus,
    CorpusFile,
    CorpusText,
    name_of,
    read_rows,
    split_by,
    values_of,
)

_REPOSITORY = (
    f"{RAW}/sgunderscore/hatescore-korean-hate-speech/6382b45d52d63857e9dcfbc6116e4560e5008bc2"
)
NAME = "hatescore_ko"
FILE = "hatescore_ko.csv"

CLEAN, MALICE = "Clean", "단순 악플"
COMMENT = "온라인 댓글"
"""The source of a text that is a comment."""
PEOPLES = "인종/국적"
"""Race or nationality."""
UNSURE = frozenset({"종교", "지역"})
"""Religion and region."""
OTHERS = frozenset({"여성/가족", "남성", "성소수자", "연령"})
"""Women and family, men, sexual minorities, age."""


def read_hatescore(folder: Path) -> Iterator[CorpusText]:
    """Yield the texts, in the order of the file."""
    for row in read_rows(folder / FILE, "comment", "macrolabel", "microlabel", "source"):
        name = name_of(row["comment"])
        groups = frozenset(row["microlabel"].split(", "))
        values = _values(row["macrolabel"], groups, row["source"])
        yield CorpusText(row["comment"], values, NAME, name, split_by(NAME, name))


def _values(label: str, groups: frozenset[str], source: str) -> tuple[float, ...]:
    if label == CLEAN:
        return values_of(toxicity=0, news=0 if source == COMMENT else UNKNOWN)
    if label == MALICE:
        return values_of(toxicity=1, identity_attack=0)
    if PEOPLES in groups:
        return values_of(toxicity=1, identity_attack=1, ethnic_hostility=1)
    if groups & UNSURE:
        return values_of(toxicity=1, identity_attack=1)
    if groups & OTHERS:
        return values_of(toxicity=1, identity_attack=1, ethnic_hostility=0)
    return values_of(toxicity=1)


CORPUS = Corpus(
    NAME,
    "HateScore",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/HateScore.csv",
            "a20c04a0da1ec97f49870e5fb8777bf75d12e0fc5446418390c37afe6f582c2e",
        ),
    ),
    "Apache-2.0",
    "Kang, Kwon, Lee, Nam, Song and Suh. Korean Online Hate Speech Dataset for Multilabel "
    "Classification: How Can Social Science Improve Dataset on Hate Speech? 2022.",
    "Comments and sentences: clean, malicious, or hate and of which groups",
    read_hatescore,
    "ko",
)
