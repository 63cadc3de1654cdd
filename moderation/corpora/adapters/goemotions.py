"""Comments from Reddit, labelled for emotions: ordinary talk, with names of persons masked.

The mapping: everything is unknown. The corpus says what a comment feels, not whether it insults,
and anger and disgust can be civil. It stands for comments as they come, and teaches nothing about
harm.

The corpus has a published test split, so its own splits are kept, and so are the texts that are
repeated.
"""

from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.corpus import RAW, Corpus, CorpusFile, CorpusText, read_rows, values_of
from moderation.splits import Split

_FOLDER = (
    f"{RAW}/monologg/GoEmotions-pytorch/b75f9d3a8b76bc1060687925b04ca98a1b8ea66b/data/original"
)
NAME = "goemotions"
FILES: dict[Split, str] = {
    "train": "goemotions_train.tsv",
    "dev": "goemotions_dev.tsv",
    "test": "goemotions_test.tsv",
}

_UNKNOWN = values_of()


def read_goemotions(folder: Path) -> Iterator[CorpusText]:
    """Yield the comments, in the order of the files."""
    for split, file in FILES.items():
        columns = ("text", "emotions", "id")
        for row in read_rows(folder / file, *columns, delimiter="\t", header=False):
            yield CorpusText(row["text"], _UNKNOWN, NAME, row["id"], split)


CORPUS = Corpus(
    NAME,
    "GoEmotions",
    tuple(
        CorpusFile(name, f"{_FOLDER}/{name.removeprefix('goemotions_')}", sha256)
        for name, sha256 in zip(
            FILES.values(),
            (
                "1c254a142be5c00e80d819b9ae1bbd36d94b2eeb8f4b1271846508d57e57d9c5",
                "575489c079c9de1097062a01738f998590d6b7ead66dd1c9fd1d2ba01fd8bc62",
                "0587b2dd8b27b97352adbfc3fb083d46005c8946657fdc2b1ca8b1cc7f1f8be4",
            ),
            strict=True,
        )
    ),
    "Apache-2.0",
    "Demszky, Movshovitz-Attias, Ko, Cowen, Nemade and Ravi. GoEmotions: A Dataset of "
    "Fine-Grained Emotions. ACL 2020.",
    "Ordinary comments from Reddit, labelled for emotions; none of ours",
    read_goemotions,
)
