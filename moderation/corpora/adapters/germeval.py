"""German tweets: abuse, insult, profanity or nothing of the kind.

The mapping:

- abuse, contempt for somebody as one of a group: toxicity 1. The group may be a party as well as a
  people (half of those that we read attack migrants or Muslims, the others politicians), so
  identity attack and ethnic hostility are unknown.
- insult: toxicity 1 and insult 1.
- profanity, swear words without an insult: profanity 1. Such tweets can be friendly, so toxicity is
  unknown.
- other: none of the three, so toxicity and profanity are 0, and what follows from toxicity 0 holds
  (see `values_of`). News is unknown: people tweet headlines.
- the rest is unknown: it was not asked for.

The corpus has a published test set; a tenth of its train set is dev. Its sign for the end of a line
and the characters that Twitter escapes are turned back. The tweets have no names: a digest of the
text is its name.
"""

import html
import re
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
    split_off,
    values_of,
)

_REPOSITORY = f"{RAW}/uds-lsv/GermEval-2018-Data/9877472d39523effd54cd079b4c61157ed141508"
NAME = "germeval_de"
TRAIN, TEST = "germeval2018_train.txt", "germeval2018_test.txt"

_LINE_END = re.compile(r" *\|LBR\| *")
_VALUES = {
    "ABUSE": values_of(toxicity=1),
    "INSULT": values_of(toxicity=1, insult=1),
    "PROFANITY": values_of(profanity=1),
    "OTHER": values_of(toxicity=0, profanity=0),
}


def read_germeval(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct tweet that has one label: those of test, then of train."""
    tests = list(_labelled(folder / TEST))
    of_test = {text for text, _ in tests}
    for text, label in one_label([*tests, *_labelled(folder / TRAIN)]).items():
        name = name_of(text)
        split = "test" if text in of_test else split_off(NAME, name, "dev")
        yield CorpusText(text, _VALUES[label], NAME, name, split)


def _labelled(file: Path) -> Iterator[tuple[str, str]]:
    columns = ("text", "coarse", "fine")
    for row in read_rows(file, *columns, delimiter="\t", quoted=False, header=False):
        yield _LINE_END.sub("\n", html.unescape(row["text"])).strip(), row["fine"]


CORPUS = Corpus(
    NAME,
    "GermEval 2018, offensive language",
    (
        CorpusFile(
            TRAIN,
            f"{_REPOSITORY}/germeval2018.training.txt",
            "0f88c63a344e1ab69c5407aa539d1612cd82a96b51ebd6bd613dc70ff9fef03e",
        ),
        CorpusFile(
            TEST,
            f"{_REPOSITORY}/germeval2018.test.txt",
            "45f31510b305d080a933d4087b8d34f7a5e4087141718955b90357ca730074f2",
        ),
    ),
    "CC-BY-4.0",
    "Wiegand, Siegel and Ruppenhofer. Overview of the GermEval 2018 Shared Task on the "
    "Identification of Offensive Language. GermEval 2018.",
    "Tweets: abuse, insult, profanity or none",
    read_germeval,
    "de",
)
