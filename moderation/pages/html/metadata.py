"""Page metadata: title, author, date and language, from ``meta`` elements, JSON-LD and the text.

`find_headline` chooses the article's headline among the headings. `page_metadata` puts together
what the page says of itself.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from moderation.pages.cues.names import author_line
from moderation.pages.html.data.json_ld import JsonLd
from moderation.pages.html.dates import iso_time
from moderation.pages.html.marks import Mark
from moderation.pages.html.parser import Block, Tree

MAX_NAME = 100
MAX_TITLE = 300
MIN_TITLE = 4
AUTHOR_BLOCKS = 12
"""Blocks below the headline among which the author is sought."""

_DATES: Final = (
    "article:published_time", "datepublished", "og:published_time", "date", "dc.date",
    "dc.date.issued", "dcterms.created", "dcterms.date", "pubdate", "publish-date",
    "parsely-pub-date", "sailthru.date", "article:published", "cxenseparse:recs:publishtime",
)  # fmt: skip
_AUTHORS: Final = (
    "author", "article:author", "dc.creator", "dcterms.creator", "parsely-author",
    "sailthru.author", "og:article:author", "twitter:creator:name",
)  # fmt: skip
_LEVELS: Final = ("h1", "h2", "h3")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?![a-z])", re.IGNORECASE)
_SURE: Final = int(Mark.SURE)
_AUTHOR: Final = int(Mark.AUTHOR)
_NOT_OF_PAGE: Final = int(Mark.SURE | Mark.FURNITURE | Mark.ITEM)


class PageMetadata(NamedTuple):
    """The metadata of a page; None where it has none."""

    title: str | None
    author: str | None
    date: str | None
    language: str | None


def page_metadata(
    tree: Tree,
    metas: Mapping[str, str],
    json_ld: JsonLd,
    title: Block | None,
    taken: Collection[int] = (),
) -> PageMetadata:
    """Return the metadata of a page, from its markup first and its text second.

    Parameters
    ----------
    tree : Tree
    metas : mapping
        The contents of the elements ``meta``, by name.
    json_ld : JsonLd
    title : Block or None
        The article's headline.
    taken : collection of int
        The blocks of comments, whose authors did not write the page.
    """
    language = tree.language or metas.get("content-language") or json_ld.language
    code = _LANGUAGE.match((language or metas.get("og:locale") or "").strip())
    return PageMetadata(
        title.text if title is not None else json_ld.title or metas.get("og:title"),
        json_ld.author or _find_author(tree, metas, title, taken),
        json_ld.date or _find_date(tree, metas),
        code.group().lower() if code else None,
    )


def find_headline(tree: Tree, metas: Mapping[str, str], json_ld: JsonLd) -> Block | None:
    """Return the block of the article's headline.

    It is the heading that the page's title repeats, or else the first of the first level.
    """
    titles = " ".join([tree.title, metas.get("og:title", ""), json_ld.title or ""]).casefold()
    first = None
    for block in _headings(tree):
        if len(block.text) >= MIN_TITLE and block.text.casefold() in titles:
            return block
        if first is None and block.node.tag == "h1":
            first = block
    return first


def named_metas(metas: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the contents of the elements ``meta`` by their names in lower case."""
    contents: dict[str, str] = {}
    for attributes in metas:
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        name = name or attributes.get("http-equiv")
        content = attributes.get("content", "").strip()
        if name and content:
            contents.setdefault(name.lower(), content)
    return contents


def _headings(tree: Tree) -> Iterator[Block]:
    """Yield the headings that may be the headline, those of the first level first."""
    headings = [node for node in tree.nodes if node.tag in _LEVELS]
    for level in _LEVELS:
        for node in headings:
            if node.tag == level and node.first < node.last and not node.context & _SURE:
                block = tree.blocks[node.first]
                if len(block.text) <= MAX_TITLE:
                    yield block


def _find_date(tree: Tree, metas: Mapping[str, str]) -> str | None:
    """Return the date of a ``meta`` element, or of the first ``time`` outside the comments."""
    for name in _DATES:
        time = iso_time(metas.get(name, ""))
        if time is not None:
            return time
    for node in tree.nodes:
        if node.tag == "time" and not node.context & _NOT_OF_PAGE:
            time = iso_time(node.attributes.get("datetime", ""))
            if time is not None:
                return time
    return None


def _find_author(
    tree: Tree, metas: Mapping[str, str], title: Block | None, taken: Collection[int]
) -> str | None:
    """Return the author of a ``meta`` element, or of a byline below the headline."""
    for name in _AUTHORS:
        author = metas.get(name, "")
        if author and len(author) <= MAX_NAME and "://" not in author and "@" not in author:
            return author
    start = title.index + 1 if title is not None else 0
    for block in tree.blocks[start : start + AUTHOR_BLOCKS]:
        if block.index in taken:
            continue
        if block.node.context & _AUTHOR and len(block.text) <= MAX_NAME:
            line = author_line(block.text)
            return line.name if line is not None and line.name else block.text
    return None
