"""Whole news articles, split into headlines and paragraphs.

The mapping: news is 1 and every harm is 0, whatever is reported, as the taxonomy has it.

What is not reported prose is left out, because of it the corpus says nothing: the lines that give a
date, a speaker or a photographer, and the transcript of an interview from its first turn on, which
Wikinews marks with the speaker in doubled brackets. An article's texts fall into one split.
"""

from collections.abc import Iterator
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusText,
    read_rows,
    split_by,
    values_of,
)
from moderation.taxonomy import ATTRIBUTE_NAMES

_REPOSITORY = f"{RAW}/vanatteveldt/wikinews/347254178bf343f3801aac1d03c41cc09c35decb"
NAME = "wikinews"
FILES = ("wikinews_2019.csv", "wikinews_2020.csv")
SHORTEST = 60
"""Characters a paragraph has at least; shorter ones are datelines and credits."""

_TRANSCRIPT = "(("
_SENTENCE_ENDS = (".", "!", "?", '"', "”", ")")
_NEWS = values_of(**{name: float(name == "news") for name in ATTRIBUTE_NAMES})


def read_wikinews(folder: Path) -> Iterator[CorpusText]:
    """Yield each article's headline, then its paragraphs."""
    for file in FILES:
        for row in read_rows(folder / file, "url", "title", "text"):
            page = row["url"].rpartition("/")[2]
            split = split_by(NAME, page)
            for number, text in enumerate([row["title"].strip(), *_paragraphs(row["text"])]):
                yield CorpusText(text, _NEWS, NAME, f"{page}#{number}", split)


def _paragraphs(article: str) -> Iterator[str]:
    for line in article.splitlines():
        paragraph = line.strip()
        if paragraph.startswith(_TRANSCRIPT):
            return
        if len(paragraph) >= SHORTEST and paragraph.endswith(_SENTENCE_ENDS):
            yield paragraph


CORPUS = Corpus(
    NAME,
    "Wikinews 2019 and 2020",
    (
        CorpusFile(
            FILES[0],
            f"{_REPOSITORY}/data/wikinews_2019.csv",
            "d65f87b01244679d01c89ec15616fbd8413e7852732432d5895fa4db9b21ac9e",
        ),
        CorpusFile(
            FILES[1],
            f"{_REPOSITORY}/data/wikinews_2020.csv",
            "42f833b55a848b6a9070c3be7e7ab5e55d3150a3e128419130df5b8283a62f4a",
        ),
    ),
    "CC-BY-2.5",
    "The contributors of Wikinews; collected by van Atteveldt.",
    "Whole news articles",
    read_wikinews,
)
