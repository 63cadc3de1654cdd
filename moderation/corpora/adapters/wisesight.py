"""Thai messages of social media about brands, shops and food: ordinary talk, by sentiment.

The labels are sentiments: negative, positive, question; the largest class, neutral, is not used
here. None of them says whether a message is rude: a complaint may be polite and praise may swear.
So everything is unknown. The messages are there to be judged, and to show how people write who
attack nobody.

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
    read_lines,
    split_by,
    values_of,
)

_REPOSITORY = f"{RAW}/PyThaiNLP/wisesight-sentiment/c1d063649abc3a6870b5fd1aae26cd1c64bdde7b"
NAME = "wisesight_th"
FILES = ("wisesight_th_neg.txt", "wisesight_th_pos.txt", "wisesight_th_q.txt")


def read_wisesight(folder: Path) -> Iterator[CorpusText]:
    """Yield each distinct message, in the order of the files."""
    lines = (line.strip() for file in FILES for line in read_lines(folder / file))
    for text in filter(None, dict.fromkeys(lines)):
        name = name_of(text)
        yield CorpusText(text, values_of(), NAME, name, split_by(NAME, name))


CORPUS = Corpus(
    NAME,
    "Wisesight sentiment, without the neutral ones",
    tuple(
        CorpusFile(name, f"{_REPOSITORY}/{name.removeprefix('wisesight_th_')}", sha256)
        for name, sha256 in zip(
            FILES,
            (
                "a58220b2221cc51e2072e676329b6a2249046ccc2e5692e53636430eaee82690",
                "a118567bfbf9e1aae0fcd621235a4b27319945746907c790cc6957aacab6a0a1",
                "446b7f2df273f4ab2037ad31e2576d8c0be6858b2ade9477d90a8fd8e0bb9f8a",
            ),
            strict=True,
        )
    ),
    "CC0-1.0",
    "Suriyawongkul, Chuangsuwanich, Chormai and Polpanumas. PyThaiNLP/wisesight-sentiment. 2019.",
    "Messages about brands, by sentiment; nothing about harm",
    read_wisesight,
    "th",
)
