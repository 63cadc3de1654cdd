"""Short Japanese comments, as two to five annotators judged them: not toxic, toxic, very toxic.

The mapping:

- toxicity is the share of those who said toxic or very toxic, among those who found it not hard to
  say: soft, because annotators disagree. Where all found it hard to say, it is unknown.
- Where nobody said toxic, what follows from toxicity 0 holds (see `values_of`).
- "very toxic" is not our severe toxicity, and the columns of kinds count one annotator several
  times: they are not read.
- the rest is unknown: it was not asked for.
"""

from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    UNKNOWN,
    Corpus,
    CorpusFile,
    CorpusText,
    read_rows,
    split_by,
    values_of,
)

_REPOSITORY = f"{RAW}/inspection-ai/japanese-toxic-dataset/e26fbd26b26e831f56e529c05a3f4f6cc5b697b0"
NAME = "toxic_ja"
FILE = "ja_toxic_subset.csv"

_TOXIC = ("Toxic", "Very Toxic")
_DECIDED = ("Not Toxic", *_TOXIC)


def read_ja_toxic(folder: Path) -> Iterator[CorpusText]:
    """Yield the comments, in the order of the file."""
    for row in read_rows(folder / FILE, "id", "text", *_DECIDED):
        decided = sum(int(row[answer]) for answer in _DECIDED)
        toxic = sum(int(row[answer]) for answer in _TOXIC)
        values = values_of(toxicity=toxic / decided if decided else UNKNOWN)
        yield CorpusText(row["text"], values, NAME, row["id"], split_by(NAME, row["id"]))


CORPUS = Corpus(
    NAME,
    "Japanese toxicity schema, published part",
    (
        CorpusFile(
            FILE,
            f"{_REPOSITORY}/data/subset.csv",
            "9320c51c8528325d1bc9b89e847475dcc5adc2665a0fc56952a2ab9bd4736148",
        ),
    ),
    "Apache-2.0",
    "The authors of inspection-ai/japanese-toxic-dataset. Proposal and Evaluation of Japanese "
    "Toxicity Schema.",
    "Short comments: how many annotators chose not toxic, toxic, very toxic",
    read_ja_toxic,
    "ja",
)
