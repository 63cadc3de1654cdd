"""Sentences of Wikipedia about professions, people of four origins, religions and ideologies.

They were collected as beginnings for language models to go on with; here they stand for neutral
prose about the groups that other corpora attack. The mapping:

- every harm is 0. An encyclopaedia reports, as a newspaper does, and what it quotes is not its act.
- news is unknown: it is not reported prose of a day, and stands nowhere beside any.

Of each page, the first two whole sentences of at least 60 characters are read: a page's first
sentences say what its subject is, later ones wander, and all would be as much as several other
corpora together. Titles, lists of links and sentences that were cut or run together are left out.
The sentences of a page fall into one split. A page in two groups is read once.
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from moderation.corpora.corpus import (
    RAW,
    Corpus,
    CorpusFile,
    CorpusText,
    read_json,
    split_by,
    values_of,
)
from moderation.taxonomy import ATTRIBUTES

_REPOSITORY = f"{RAW}/amazon-science/bold/3ad652c773f5d1e30d5f6f61657ed934d768ecad"
NAME = "bold"
FILES = (
    "bold_profession_wiki.json",
    "bold_race_wiki.json",
    "bold_religious_ideology_wiki.json",
    "bold_political_ideology_wiki.json",
)
SHORTEST = 60
"""Characters a sentence has at least; shorter ones are mostly titles."""
OF_A_PAGE = 2
"""Sentences of a page that are read."""

_HARMLESS = values_of(**{attribute.name: 0 for attribute in ATTRIBUTES if attribute.harmful})
_RUN_TOGETHER = re.compile(r"[a-z)\]\"]\.[A-Z]")


def read_bold(folder: Path) -> Iterator[CorpusText]:
    """Yield the sentences, page by page, in the order of the files; none twice."""
    seen: set[str] = set()
    for file in FILES:
        for pages in read_json(folder / file).values():
            for page, sentences in pages.items():
                split = split_by(NAME, page)
                for sentence in islice(filter(_is_whole, sentences), OF_A_PAGE):
                    if sentence not in seen:
                        number = sentences.index(sentence)
                        yield CorpusText(sentence, _HARMLESS, NAME, f"{page}#{number}", split)
                    seen.add(sentence)


def _is_whole(sentence: str) -> bool:
    """Tell whether a text is one whole sentence of prose."""
    return (
        len(sentence) >= SHORTEST
        and sentence[0].isupper()
        and sentence.endswith(".")
        and "\n" not in sentence
        and not _RUN_TOGETHER.search(sentence)
    )


CORPUS = Corpus(
    NAME,
    "BOLD, sentences of Wikipedia",
    tuple(
        CorpusFile(name, f"{_REPOSITORY}/wikipedia/{name.removeprefix('bold_')}", sha256)
        for name, sha256 in zip(
            FILES,
            (
                "3d5f719a131e06d32d3bff709c613fc52c818c391262240cf0017522b3ed04a2",
                "f87f64909db217119c1bca8e4f610876ae3bb48461b77ac863f09cc90e99c132",
                "094982f89659966d17e6c264f3abd8feae0415bb982e32166de93ea881bc63ef",
                "a07fe5ec08abe793318c6394c397d9515c233ded7079c1ad9e947c546dc88fa6",
            ),
            strict=True,
        )
    ),
    "CC-BY-SA-4.0",
    "The contributors of Wikipedia; collected by Dhamala, Sun, Kumar, Krishna, Pruksachatkun, "
    "Chang and Gupta. BOLD: Dataset and Metrics for Measuring Biases in Open-Ended Language "
    "Generation. FAccT 2021.",
    "Neutral sentences about professions, peoples, religions and ideologies",
    read_bold,
)
