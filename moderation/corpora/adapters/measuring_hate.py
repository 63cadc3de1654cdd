"""Comments from YouTube, Twitter and Reddit that most annotators called hate speech, or did not.

Annotators were asked whether a comment holds hate speech: malicious language aimed at a person or a
group for an identity (ethnicity, religion, nationality, gender, orientation, age, disability). The
files give the majority's answer, balanced to as many of one as of the other. The mapping:

- 1: toxicity 1 and identity attack 1, by that definition. Annotators were generous with it: of
  sixty that we read, about 25 insult a person, often by a gendered word, and attack no group.
- 0: identity attack 0, and so ethnic hostility 0. Insults to a person are in this class, so
  toxicity is unknown.
- the identity that is attacked is not in the files: ethnic hostility of an attack is unknown.
- the rest is unknown: it is not in the files.

The corpus has a published test split, so its own splits are kept; a text that is repeated is read
once, for test or dev rather than for train. The comments have no names: a digest of the text is its
name. The files are a copy in a repository that states no licence; the licence is the corpus's own.
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

_FOLDER = (
    f"{RAW}/paul-rottger/efficient-low-resource-hate-detection"
    "/3228efa0ab833906d052c096eafda2800ea7b47d/0_data/main/1_clean/ken20_en"
)
NAME = "measuring_hate"
FILES: dict[Split, str] = {
    "test": "mhs_ken20_test.csv",
    "dev": "mhs_ken20_dev.csv",
    "train": "mhs_ken20_train.csv",
}

_VALUES = {"1": values_of(toxicity=1, identity_attack=1), "0": values_of(identity_attack=0)}


def read_measuring_hate(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct comment that has one label: those of test, of dev, then of train."""
    rows = [
        (row["text"], row["label"], split)
        for split, file in FILES.items()
        for row in read_rows(folder / file, "text", "label")
    ]
    splits: dict[str, Split] = {}
    for text, _, split in rows:
        splits.setdefault(text, split)
    for text, label in one_label((text, label) for text, label, _ in rows).items():
        yield CorpusText(text, _VALUES[label], NAME, name_of(text), splits[text])


CORPUS = Corpus(
    NAME,
    "Measuring Hate Speech (balanced subset)",
    tuple(
        CorpusFile(name, f"{_FOLDER}/{path}", sha256)
        for name, path, sha256 in zip(
            FILES.values(),
            ("test_2000.csv", "dev_500.csv", "train_20692.csv"),
            (
                "f903b7b24535608e2b1201fdd9cd62da6b05fa1e8d9f6be47925fee7bf7017fd",
                "7f24be3a19943ca12b62540a89109a8c830d2915822113832d9f8fd218365e55",
                "c57570f6c3adf62ac9ed7e26cff5bcd1ea2e56fbfac647dd102de10f764e810d",
            ),
            strict=True,
        )
    ),
    "CC-BY-4.0",
    "Kennedy, Bacon, Sahn and von Vacano. Constructing interval variables via faceted Rasch "
    "measurement and multitask deep learning: a hate speech application. 2020. Subset by Röttger, "
    "Nozza, Bianchi and Hovy, EMNLP 2022.",
    "Comments from three networks: hate speech by majority, or not",
    read_measuring_hate,
)
