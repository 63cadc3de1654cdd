"""Vietnamese comments from Facebook and YouTube: clean, offensive or hateful.

Each comment stands after the title of the post below which it was written. The corpus calls
offensive an insult to a person or swearing that hates no group, and hateful what hates people for
their region, gender, orientation or race. The mapping:

- clean: toxicity 0, and what follows from it (see `values_of`). Of twenty-two that we read, three
  are rude.
- offensive: toxicity 1, and identity attack 0, and so ethnic hostility 0.
- hateful: toxicity 1 and identity attack 1. Of twenty-two that we read, fourteen attack a group,
  mostly gay people, and the others wish harm to robbers and brawlers. Which group it is, is not
  said: ethnic hostility is unknown.
- news is 0: readers' comments.
- the rest is unknown: it was not asked for.

Only the comment is read, not the title. The comments of one title fall into several splits: there
are 48 titles, and ten of them have three in four comments. The texts are as the corpus has them: in
small letters, without emoji, with spellings mended and names masked.
A digest of the text is its name; a text that is repeated is read once, and one with two labels is
left out.
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

_REPOSITORY = (
    f"{RAW}/ThienIT84/vietnamese-hate-speech-dataset/4bf1dca2ec859690e8518ef2e96eb818dddf54ed"
)
NAME = "thienit84_vi"
FILE = "vi_thienit84_comments.csv"

_TITLE_END = "</s>"
_VALUES = {
    "0": values_of(toxicity=0, news=0),
    "1": values_of(toxicity=1, identity_attack=0),
    "2": values_of(toxicity=1, identity_attack=1),
}


def read_thienit84(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct comment that has one label."""
    labelled = (
        (text, row["label"])
        for row in read_rows(folder / FILE, "input_text", "label")
        if (text := row["input_text"].rpartition(_TITLE_END)[2].strip())
    )
    for text, label in one_label(labelled).items():
        name = name_of(text)
        yield CorpusText(text, _VALUES[label], NAME, name, split_by(NAME, name))


CORPUS = Corpus(
    NAME,
    "Vietnamese hate speech dataset of ThienIT84 (SafeSense-VI)",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/data/final/final_dataset_relaxed_fixed.csv",
            "85882db8311ee41dee052df8c6e086b634f37cc38dc7ccf27e972206f0f6a96c",
        ),
    ),
    "CC-BY-SA-4.0",
    "SafeSense-VI, by ThienIT84 and others. 2025.",
    "Comments below posts: clean, offensive or hateful",
    read_thienit84,
    "vi",
)
