"""What a page is called, who wrote it, when, and in which language."""

import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from importlib import resources
from typing import Any, Final, NamedTuple

from moderation.pages.cues.names import author_line
from moderation.pages.html.markers import Mark
from moderation.pages.html.parser import Block, Tree
from moderation.text.markup import TooDeep, visible_text

# FOLDED times: A date in a page's words -> ISO 8601, where it can mean one day only.

LONGEST = 120

_MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        tomllib.loads(
            (resources.files("moderation.pages.html") / "months.toml").read_text("utf-8")
        )["months"],
        start=1,
    )
    for name in names
}
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.\d{1,9})?\s?(Z|[+-]\d\d:?\d\d)?)?"
)
_DOTTED = re.compile(r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d\d)(?!\d)")
_SLASHED = re.compile(r"(?<!\d)(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?!\d)")
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|\.)?\s+(?:de\s+)?([^\W\d_]{3,12})\.?,?\s+(?:de\s+)?(\d{4})(?!\d)"
)
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_CLOCK = re.compile(r"(?<![\d.])(\d{1,2})[:h](\d\d)(?::\d\d)?(?:\s?([ap])\.?m\b)?", re.IGNORECASE)
CENTURY = 100
NOON = 12


def iso_time(said: str) -> str | None:
    """Return a date, with its time of day where it says one, in ISO 8601.

    A date that is one day in one country and another in the next ("03/04/2020") is none, nor is an
    age ("3 hours ago"), which depends on when the page was fetched.

    Examples
    --------
    >>> iso_time("3. März 2020 um 17:12 Uhr")
    '2020-03-03T17:12'
    >>> iso_time("March 3, 2020 at 5:12 pm")
    '2020-03-03T17:12'
    >>> iso_time("03/04/2020") is None
    True
    """
    said = said[:LONGEST]
    match = _ISO.search(said)
    if match is not None:
        day = _iso_date(int(match[1]), int(match[2]), int(match[3]))
        clock = f"T{match[4]}{match[5] or ''}{match[6] or ''}" if match[4] else ""
        return day and day + clock
    day = _day(said)
    return day and day + _time_of_day(said)


def _day(said: str) -> str | None:
    match = _DOTTED.search(said)
    if match is not None:
        year = int(match[3])
        return _iso_date(year + 2000 if year < CENTURY else year, int(match[2]), int(match[1]))
    for pattern, day, month in ((_DAY_FIRST, 1, 2), (_MONTH_FIRST, 2, 1)):
        for match in pattern.finditer(said):
            number = _MONTHS.get(match[month].casefold())
            if number is not None:
                return _iso_date(int(match[3]), number, int(match[day]))
    match = _SLASHED.search(said)
    if match is not None:
        first, second = int(match[1]), int(match[2])
        if first > NOON or first == second:
            return _iso_date(int(match[3]), second, first)
        return _iso_date(int(match[3]), first, second) if second > NOON else None
    return None


def _iso_date(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _time_of_day(said: str) -> str:
    match = _CLOCK.search(said)
    if match is None:
        return ""
    hour = int(match[1])
    if match[3]:
        hour = hour % NOON + (NOON if match[3].lower() == "p" else 0)
    return f"T{hour:02}:{match[2]}" if hour < 2 * NOON and int(match[2]) < 60 else ""  # noqa: PLR2004


# FOLDED linked: JSON-LD: what a page tells search engines of its article and of its comments.

MAX_SCRIPT = 4_000_000
MAX_THINGS = 20_000
MAX_NAME = 100

_ARTICLES: Final = ("Article", "Posting", "Report", "Recipe", "WebPage", "Review")
_COMMENTS: Final = frozenset({"Comment", "UserComments", "Answer", "Review", "UserReview"})
_TEXTS: Final = ("text", "commentText", "reviewBody", "articleBody", "description")


class LinkedComment(NamedTuple):
    """A comment that JSON-LD holds."""

    text: str
    author: str | None
    time: str | None
    permalink: str | None


class Linked(NamedTuple):
    """What the JSON-LD of a page says; None and nothing where it does not."""

    title: str | None
    author: str | None
    date: str | None
    language: str | None
    comments: Sequence[LinkedComment]


def read_linked(scripts: Sequence[str]) -> Linked:
    """Read a page's blocks of JSON-LD; one that is not JSON says nothing."""
    title = author = date = language = None
    comments: list[LinkedComment] = []
    for thing in _things(scripts):
        kinds = _kinds(thing)
        if not _COMMENTS.isdisjoint(kinds):
            comment = _comment(thing)
            if comment is not None:
                comments.append(comment)
        elif any(kind.endswith(_ARTICLES) for kind in kinds):
            title = title or _string(thing.get("headline"))
            author = author or _name(thing.get("author"))
            date = date or iso_time(_string(thing.get("datePublished")) or "")
            language = language or _string(thing.get("inLanguage"))
    return Linked(title, author, date, language, comments)


def _things(scripts: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield each object, those around others first."""
    for script in scripts:
        if len(script) > MAX_SCRIPT:
            continue
        try:
            waiting = [json.loads(script, strict=False)]
        except (ValueError, RecursionError):
            continue
        for _ in range(MAX_THINGS):
            if not waiting:
                break
            each = waiting.pop()
            if isinstance(each, dict):
                yield each
                waiting += reversed([v for v in each.values() if isinstance(v, (dict, list))])
            elif isinstance(each, list):
                waiting += reversed(each)


def _kinds(thing: Mapping[str, Any]) -> list[str]:
    said = thing.get("@type")
    kinds = said if isinstance(said, list) else [said]
    return [kind.rpartition("/")[2] for kind in kinds if isinstance(kind, str)]


def _comment(thing: Mapping[str, Any]) -> LinkedComment | None:
    text = next((said for name in _TEXTS if (said := _string(thing.get(name)))), None)
    if text and "<" in text:
        try:
            text = visible_text(text)
        except TooDeep:
            text = None
    if not text or not text.strip():
        return None
    said = _string(thing.get("dateCreated")) or _string(thing.get("datePublished"))
    said = said or _string(thing.get("commentTime"))
    author = _name(thing.get("author")) or _name(thing.get("creator"))
    time = said and (iso_time(said) or said)
    return LinkedComment(text.strip(), author, time, _string(thing.get("url")))


def _name(said: object) -> str | None:
    """Return the name of a person, of the first of several, or a bare name."""
    for _ in range(3):
        if isinstance(said, list) and said:
            said = said[0]
        if isinstance(said, dict):
            said = said.get("name")
    name = _string(said)
    return name if name and len(name) <= MAX_NAME and "://" not in name else None


def _string(said: object) -> str | None:
    return " ".join(said.split()) or None if isinstance(said, str) else None


MAX_TITLE = 300
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
