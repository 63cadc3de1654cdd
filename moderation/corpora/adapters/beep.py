"""Comments below Korean news of entertainers: hate, offence and social bias.

Each comment was called hateful, offensive or neither, and biased about gender, about another group
or not at all. The mapping:

- hate, which here is hostility or contempt towards whoever is meant, mostly one entertainer:
  toxicity 1.
- offensive: unknown. Half of those that we read are blunt or ironic and no insult.
- neither: toxicity 0, and what follows from it (see `values_of`).
- no bias: identity attack 0, and so ethnic hostility 0, for then no group is spoken of.
- a bias: identity attack is unknown. Half of the hateful ones that we read insult one person for
  looks or conduct, and the group that the others mean is not said.
- news is 0: readers' comments.
- the rest is unknown: it was not asked for.

The labels of the published test set are secret. The published dev set is dev, and a tenth of the
train set is test. The comments have no names: a digest of the text is its name.
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
    split_off,
    values_of,
)

_REPOSITORY = f"{RAW}/kocohub/korean-hate-speech/f8d05dce2b22007bb149e5139c0060c68ad8f94b"
NAME = "beep_ko"
TRAIN, DEV = "beep_ko_train.tsv", "beep_ko_dev.tsv"

_TOXICITY = {"hate": 1.0, "none": 0.0}
"""By label; an offensive comment has none."""
_UNBIASED = "none"


def read_beep(folder: Path) -> Iterator[CorpusText]:
    """Yield the comments, in the order of the files."""
    for file in (TRAIN, DEV):
        columns = ("comments", "bias", "hate")
        for row in read_rows(folder / file, *columns, delimiter="\t", quoted=False):
            name = name_of(row["comments"])
            yield CorpusText(
                text=row["comments"],
                values=_values(row["hate"], row["bias"]),
                source=NAME,
                id=name,
                split="dev" if file == DEV else split_off(NAME, name, "test"),
            )


def _values(hate: str, bias: str) -> tuple[float, ...]:
    given = {"news": 0.0}
    if hate in _TOXICITY:
        given["toxicity"] = _TOXICITY[hate]
    if bias == _UNBIASED:
        given["identity_attack"] = 0.0
    return values_of(**given)


CORPUS = Corpus(
    NAME,
    "BEEP!, comments on entertainment news",
    (
        CorpusFile(
            TRAIN,
            f"{_REPOSITORY}/labeled/train.tsv",
            "ebebacdcd023af2c4acc8c0a37695fb6433ac04fc009feff8f222724e303a5a9",
        ),
        CorpusFile(
            DEV,
            f"{_REPOSITORY}/labeled/dev.tsv",
            "232b615d6e359a9d31dfb8370f32e1733dc5bb3f9c5430d34d7fcc7ba4b7e8ef",
        ),
    ),
    "CC-BY-SA-4.0",
    "Moon, Cho and Lee. BEEP! Korean Corpus of Online News Comments for Toxic Speech Detection. "
    "SocialNLP 2020.",
    "Reader comments: hate, offence or none; bias about gender, others or none",
    read_beep,
    "ko",
)
