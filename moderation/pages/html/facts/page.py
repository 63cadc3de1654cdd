"""What a page is called, who wrote it, when, and in which language."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from moderation.pages.html.facts.linked import Linked
from moderation.pages.html.facts.times import iso_time
from moderation.pages.html.names.marks import Mark
from moderation.pages.html.node import Block
from moderation.pages.html.tree import Tree
from moderation.pages.signs.authors import author_line

MAX_TITLE = 300
MAX_NAME = 100
LEAST_TITLE = 4

_DATES: Final = (
    "article:published_time", "datepublished", "og:published_time", "date", "dc.date",
    "dc.date.issued", "dcterms.created", "dcterms.date", "pubdate", "publish-date",
    "parsely-pub-date", "sailthru.date", "article:published", "cxenseparse:recs:publishtime",
)  # fmt: skip
_AUTHORS: Final = (
    "author", "article:author", "dc.creator", "dcterms.creator", "parsely-author",
    "sailthru.author", "og:article:author", "twitter:creator:name",
)  # fmt: skip
_LANGUAGE = re.compile(r"[a-z]{2,3}(?![a-z])", re.IGNORECASE)
_AWAY: Final = int(Mark.FURNITURE | Mark.ITEM)
_SURE: Final = int(Mark.SURE)
_AUTHOR: Final = int(Mark.AUTHOR)


class Facts(NamedTuple):
    """What a page says of itself; None where it does not."""

    title: str | None
    author: str | None
    date: str | None
    language: str | None


def headline(tree: Tree, metas: Mapping[str, str], linked: Linked) -> Block | None:
    """Return the block of the article's headline.

    It is the heading that the page's title repeats, or else the first of the first level.
    """
    named = " ".join([tree.title, metas.get("og:title", ""), linked.title or ""]).casefold()
    first = None
    for block in _headings(tree):
        if len(block.text) >= LEAST_TITLE and block.text.casefold() in named:
            return block
        if first is None and block.node.tag == "h1":
            first = block
    return first


def _headings(tree: Tree) -> Iterator[Block]:
    for level in ("h1", "h2", "h3"):
        for node in tree.nodes:
            if node.tag == level and node.first < node.last and not node.context & _SURE:
                block = tree.blocks[node.first]
                if len(block.text) <= MAX_TITLE:
                    yield block


def named_metas(metas: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return what the elements ``meta`` say, by their names in small letters."""
    found: dict[str, str] = {}
    for each in metas:
        name = each.get("property") or each.get("name") or each.get("itemprop")
        name = name or each.get("http-equiv")
        content = each.get("content", "").strip()
        if name and content:
            found.setdefault(name.lower(), content)
    return found


def facts(
    tree: Tree,
    metas: Mapping[str, str],
    linked: Linked,
    title: Block | None,
    taken: Collection[int] = (),
) -> Facts:
    """Return what a page says of itself, for machines first.

    Parameters
    ----------
    tree : Tree
    metas : mapping
        What the elements ``meta`` say, by name.
    linked : Linked
    title : Block or None
        The article's headline.
    taken : collection of int
        The blocks of comments, whose authors did not write the page.
    """
    called = title.text if title is not None else linked.title or metas.get("og:title")
    said = tree.language or metas.get("content-language") or linked.language
    code = _LANGUAGE.match((said or metas.get("og:locale") or "").strip())
    return Facts(
        called,
        linked.author or _author(tree, metas, title, taken),
        linked.date or _date(tree, metas),
        code.group().lower() if code else None,
    )


def _date(tree: Tree, metas: Mapping[str, str]) -> str | None:
    for name in _DATES:
        found = iso_time(metas.get(name, ""))
        if found is not None:
            return found
    for node in tree.nodes:
        if node.tag == "time" and not node.context & (_SURE | _AWAY):
            found = iso_time(node.attributes.get("datetime", ""))
            if found is not None:
                return found
    return None


def _author(
    tree: Tree, metas: Mapping[str, str], title: Block | None, taken: Collection[int]
) -> str | None:
    for name in _AUTHORS:
        said = metas.get(name, "")
        if said and len(said) <= MAX_NAME and "://" not in said and "@" not in said:
            return said
    start = title.index + 1 if title is not None else 0
    for block in tree.blocks[start : start + 12]:
        if block.index in taken:
            continue
        if block.node.context & _AUTHOR and len(block.text) <= MAX_NAME:
            line = author_line(block.text)
            return line.name if line is not None and line.name else block.text
    return None
