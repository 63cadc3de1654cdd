"""Page metadata: title, author, date and language, from ``meta`` elements, JSON-LD and the text.

`read_json_ld` reads a page's blocks of JSON-LD, with the comments that they hold. `find_headline`
chooses the article's headline among the headings. `page_metadata` puts together what the page says
of itself. `iso_time` parses the dates of pages in words.
"""

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

MAX_SCRIPT = 4_000_000
"""Characters of a block of JSON-LD that is read."""
MAX_OBJECTS = 20_000
"""Objects and lists of a block of JSON-LD that are read."""
MAX_NAME = 100
MAX_TITLE = 300
MIN_TITLE = 4
AUTHOR_BLOCKS = 12
"""Blocks below the headline among which the author is sought."""
MAX_DATE = 120
"""Characters of a text in which a date is sought."""
CENTURY = 100
NOON = 12

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
_SURE: Final = int(Mark.SURE)
_AUTHOR: Final = int(Mark.AUTHOR)
_NOT_OF_PAGE: Final = int(Mark.SURE | Mark.FURNITURE | Mark.ITEM)

_ARTICLE_TYPES: Final = ("Article", "Posting", "Report", "Recipe", "WebPage", "Review")
_COMMENT_TYPES: Final = frozenset({"Comment", "UserComments", "Answer", "Review", "UserReview"})
_TEXT_PROPERTIES: Final = ("text", "commentText", "reviewBody", "articleBody", "description")

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


class JsonLdComment(NamedTuple):
    """A comment in JSON-LD."""

    text: str
    author: str | None
    time: str | None
    permalink: str | None


class JsonLd(NamedTuple):
    """The metadata of an article in JSON-LD, None where there is none, and its comments."""

    title: str | None
    author: str | None
    date: str | None
    language: str | None
    comments: Sequence[JsonLdComment]


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


def read_json_ld(scripts: Sequence[str]) -> JsonLd:
    """Read a page's blocks of JSON-LD; one that is not JSON is ignored."""
    title = author = date = language = None
    comments: list[JsonLdComment] = []
    for entity in _objects(scripts):
        types = _types(entity)
        if not _COMMENT_TYPES.isdisjoint(types):
            comment = _comment(entity)
            if comment is not None:
                comments.append(comment)
        elif any(name.endswith(_ARTICLE_TYPES) for name in types):
            title = title or _string(entity.get("headline"))
            author = author or _name(entity.get("author"))
            date = date or iso_time(_string(entity.get("datePublished")) or "")
            language = language or _string(entity.get("inLanguage"))
    return JsonLd(title, author, date, language, comments)


def iso_time(text: str) -> str | None:
    """Return the date in a text, with its time of day where there is one, in ISO 8601.

    A date that is one day in one country and another in the next ("03/04/2020") is None, and so is
    an age ("3 hours ago"), which depends on when the page was fetched.

    Examples
    --------
    >>> iso_time("3. März 2020 um 17:12 Uhr")
    '2020-03-03T17:12'
    >>> iso_time("March 3, 2020 at 5:12 pm")
    '2020-03-03T17:12'
    >>> iso_time("03/04/2020") is None
    True
    """
    text = text[:MAX_DATE]
    match = _ISO.search(text)
    if match is not None:
        day = _iso_date(int(match[1]), int(match[2]), int(match[3]))
        clock = f"T{match[4]}{match[5] or ''}{match[6] or ''}" if match[4] else ""
        return day and day + clock
    day = _find_day(text)
    return day and day + _time_of_day(text)


def _headings(tree: Tree) -> Iterator[Block]:
    """Yield the headings that may be the headline, those of the first level first."""
    for level in ("h1", "h2", "h3"):
        for node in tree.nodes:
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


def _objects(scripts: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield each object of JSON-LD, an outer one before those inside it."""
    for script in scripts:
        if len(script) > MAX_SCRIPT:
            continue
        try:
            pending = [json.loads(script, strict=False)]
        except (ValueError, RecursionError):
            continue
        for _ in range(MAX_OBJECTS):
            if not pending:
                break
            value = pending.pop()
            if isinstance(value, dict):
                yield value
                pending += reversed([v for v in value.values() if isinstance(v, (dict, list))])
            elif isinstance(value, list):
                pending += reversed(value)


def _types(entity: Mapping[str, Any]) -> list[str]:
    """Return the names of an object's types, without a vocabulary's address."""
    types = entity.get("@type")
    names = types if isinstance(types, list) else [types]
    return [name.rpartition("/")[2] for name in names if isinstance(name, str)]


def _comment(entity: Mapping[str, Any]) -> JsonLdComment | None:
    """Return the comment that an object describes, if it has a text."""
    text = next((text for name in _TEXT_PROPERTIES if (text := _string(entity.get(name)))), None)
    if text and "<" in text:
        try:
            text = visible_text(text)
        except TooDeep:
            text = None
    if not text or not text.strip():
        return None
    time = _string(entity.get("dateCreated")) or _string(entity.get("datePublished"))
    time = time or _string(entity.get("commentTime"))
    author = _name(entity.get("author")) or _name(entity.get("creator"))
    return JsonLdComment(
        text.strip(), author, time and (iso_time(time) or time), _string(entity.get("url"))
    )


def _name(value: object) -> str | None:
    """Return the name of a person, of the first of several, or a bare name."""
    for _ in range(3):
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            value = value.get("name")
    name = _string(value)
    return name if name and len(name) <= MAX_NAME and "://" not in name else None


def _string(value: object) -> str | None:
    """Return a string with single spaces; None for an empty one and for other values."""
    return " ".join(value.split()) or None if isinstance(value, str) else None


def _find_day(text: str) -> str | None:
    """Return the first unambiguous day in a text, ISO 8601."""
    match = _DOTTED.search(text)
    if match is not None:
        year = int(match[3])
        return _iso_date(year + 2000 if year < CENTURY else year, int(match[2]), int(match[1]))
    for pattern, day, month in ((_DAY_FIRST, 1, 2), (_MONTH_FIRST, 2, 1)):
        for match in pattern.finditer(text):
            number = _MONTHS.get(match[month].casefold())
            if number is not None:
                return _iso_date(int(match[3]), number, int(match[day]))
    match = _SLASHED.search(text)
    if match is not None:
        first, second = int(match[1]), int(match[2])
        if first > NOON or first == second:
            return _iso_date(int(match[3]), second, first)
        return _iso_date(int(match[3]), first, second) if second > NOON else None
    return None


def _iso_date(year: int, month: int, day: int) -> str | None:
    """Return a day in ISO 8601, or None if there is no such day."""
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _time_of_day(text: str) -> str:
    """Return the time of day in a text as ``"T17:12"``, or nothing."""
    match = _CLOCK.search(text)
    if match is None:
        return ""
    hour = int(match[1])
    if match[3]:
        hour = hour % NOON + (NOON if match[3].lower() == "p" else 0)
    return f"T{hour:02}:{match[2]}" if hour < 2 * NOON and int(match[2]) < 60 else ""  # noqa: PLR2004
