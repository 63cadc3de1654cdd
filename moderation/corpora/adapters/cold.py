"""Chinese comments on race, region and gender from Zhihu and Weibo, offensive or not.

The test set also says whether a text attacks a person or a group, and which harmless ones oppose
bias. The mapping, for a text and its topic:

- not offensive: toxicity 0, and what follows from it (see `values_of`).
- offensive: toxicity 1. The train and dev labels were made with a model's help, and are generous:
  of 48 that we read, fewer than a third are offensive by our guidelines, and many others tell of
  discrimination or argue about it. Have some of them judged before a model learns from them.
- offensive, on race or region: identity attack 1, for in the test set 94 and 87 % of these attack a
  group. On gender, where it is 78 %: unknown.
- offensive, on race, which is colours of skin and nations: ethnic hostility 1.
- offensive, on region, which is provinces, Hong Kong and Taiwan: whether their inhabitants are a
  people is open, and ethnic hostility is unknown. So it is on gender: it was not asked for.
- of the test set, an attack on a group has identity attack 1 on any topic, and an attack on a
  person 0, and so ethnic hostility 0.
- the rest is unknown: it was not asked for.

The corpus has a published test split, so its own splits are kept; a text that is repeated is read
once, for test or dev rather than for train, and one with two labels is left out. The texts have no
names: a digest of the text is its name.
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
    values_of,
)
from moderation.splits import Split

_REPOSITORY = f"{RAW}/thu-coai/COLDataset/a0c55a945497ab58e94aef491180e1cf88ffb864"
NAME = "cold_zh"
FILES: dict[Split, str] = {
    "test": "cold_zh_test.csv",
    "dev": "cold_zh_dev.csv",
    "train": "cold_zh_train.csv",
}

RACE, GENDER = "race", "gender"
_FINE = "fine-grained-label"
"""A column of the test set: its values are harmless, a person, a group, and against bias."""
_PERSON, _GROUP = "1", "2"


def read_cold(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct text that has one label: those of test, of dev, then of train."""
    rows = [
        (row["TEXT"], _values(row), split)
        for split, file in FILES.items()
        for row in read_rows(folder / file, "TEXT", "topic", "label")
        if row["TEXT"].strip()
    ]
    splits: dict[str, Split] = {}
    values = dict[str, tuple[float, ...]]()
    for text, of_text, split in rows:
        splits.setdefault(text, split)
        values.setdefault(text, of_text)
    offensive = ((text, of_text != _HARMLESS) for text, of_text, _ in rows)
    for text in one_label(offensive):
        yield CorpusText(text, values[text], NAME, name_of(text), splits[text])


_HARMLESS = values_of(toxicity=0)


def _values(row: dict[str, str]) -> tuple[float, ...]:
    if row["label"] == "0":
        return _HARMLESS
    attacked = row.get(_FINE, "")
    if attacked == _PERSON:
        return values_of(toxicity=1, identity_attack=0)
    if row["topic"] == RACE:
        return values_of(toxicity=1, identity_attack=1, ethnic_hostility=1)
    if row["topic"] == GENDER and attacked != _GROUP:
        return values_of(toxicity=1)
    return values_of(toxicity=1, identity_attack=1)


CORPUS = Corpus(
    NAME,
    "COLD, Chinese offensive language",
    tuple(
        CorpusFile(name, f"{_REPOSITORY}/COLDataset/{split}.csv", sha256)
        for (split, name), sha256 in zip(
            FILES.items(),
            (
                "b06d31481f0d558b6dc8140408938abe8dba8083cd9976b4ba8f5c837fbe78ed",
                "28e67a26815aa1852449ba06919e51c07060d146e2bd23101cc0137a0ff94b7c",
                "16ca7955bdcaf90f5d8ac39e51eb3eda15320caa1e730ed45cb5e8ca8cd0d5e8",
            ),
            strict=True,
        )
    ),
    "Apache-2.0",
    "Deng, Zhou, Sun, Zheng, Mi, Meng and Huang. COLD: A Benchmark for Chinese Offensive Language "
    "Detection. EMNLP 2022.",
    "Posts on race, region and gender: offensive or not",
    read_cold,
    "zh",
)
