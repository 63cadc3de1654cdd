"""JSON-LD: the metadata of an article and the comments that a page describes to machines.

Pages write it by hand and by templates: in CDATA, between comments, with a semicolon or a comma too
many, with entities for characters. `read_json` reads all that; `read_json_ld` takes the article and
the comments from it.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from moderation.pages.html.dates import exact_time, iso_time
from moderation.text.markup import TooDeep, visible_text

MAX_SCRIPT = 4_000_000
"""Characters of a block of JSON that is read."""
MAX_OBJECTS = 20_000
"""Objects and lists of a block of JSON that are read."""
MAX_NAME = 100

_ARTICLE_TYPES: Final = ("Article", "Posting", "Report", "Recipe", "WebPage", "Review")
_COMMENT_TYPES: Final = frozenset({"Comment", "UserComments", "Answer", "Review", "UserReview"})
_REVIEW_TYPES: Final = frozenset({"Review", "UserReview"})
_POST_TYPE: Final = "DiscussionForumPosting"
_TEXT_PROPERTIES: Final = ("text", "commentText", "reviewBody", "articleBody", "description")
_TIME_PROPERTIES: Final = ("dateCreated", "datePublished", "commentTime")
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
MAX_WRAPPER = 200
"""Characters before and behind the JSON in which the marks of CDATA are sought."""
# A string, whole; a comment; or a comma before the end of a list or an object.
_TO_REPAIR = re.compile(
    r'"(?:[^"\\]|\\.)*+"?|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|//[^\n]*|,(?=\s*+[}\]])', re.DOTALL
)
_MARKUP = re.compile(r"<[a-z/!]", re.IGNORECASE)


class HiddenComment(NamedTuple):
    """A comment that a page holds as data, for a script to show.

    Parameters
    ----------
    text : str
    author, time, permalink : str or None
    parent : int or None
        The index, among the data's comments, of the one it answers.
    """

    text: str
    author: str | None
    time: str | None
    permalink: str | None
    parent: int | None = None


class JsonLd(NamedTuple):
    """The metadata of an article in JSON-LD, None where there is none, and its comments."""

    title: str | None
    author: str | None
    date: str | None
    language: str | None
    comments: Sequence[HiddenComment]


class _Entity(NamedTuple):
    """An object, the property that holds it, and the number of the comment around it."""

    value: Mapping[str, Any]
    property: str | None
    outer: int | None


def read_json_ld(scripts: Sequence[str]) -> JsonLd:
    """Read a page's blocks of JSON-LD; one that is not JSON is ignored."""
    title = author = date = language = None
    comments: list[HiddenComment] = []
    numbers: dict[str, int] = {}
    targets: list[str | None] = []
    entities = _Entities(scripts)
    for entity, _, outer in entities:
        types = _types(entity)
        is_post = _POST_TYPE in types
        if is_post or not (_COMMENT_TYPES.isdisjoint(types) or entities.is_article(entity)):
            comment = _comment(entity, outer)
            if comment is not None and (comment.author or not is_post):
                if not is_post:
                    entities.outer = len(comments)
                numbers |= {name: len(comments) for name in _names(entity)}
                targets.append(next(iter(_names(entity.get("parentItem"))), None))
                comments.append(comment)
        if any(name.endswith(_ARTICLE_TYPES) for name in types) and (
            is_post or _COMMENT_TYPES.isdisjoint(types) or entities.is_article(entity)
        ):
            title = title or string(entity.get("headline"))
            author = author or person(entity.get("author"))
            date = date or iso_time(string(entity.get("datePublished")) or "")
            language = language or string(entity.get("inLanguage"))
    linked = [
        comment._replace(parent=numbers.get(target, comment.parent) if target else comment.parent)
        for comment, target in zip(comments, targets, strict=True)
    ]
    return JsonLd(title, author, date, language, linked)


def read_json(script: str) -> Any | None:
    r"""Return the value of a block of JSON, with the slips of those who write it; None for others.

    Examples
    --------
    >>> read_json("<!-- {'a': 1} -->") is None
    True
    >>> read_json('//<![CDATA[\n{"a": [1, 2,],};\n//]]>')
    {'a': [1, 2]}
    """
    if len(script) > MAX_SCRIPT:
        return None
    for read in (str, _repaired):
        try:
            return json.loads(read(script), strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def plain_text(text: str | None) -> str | None:
    """Return the visible text of a string that may hold markup or entities."""
    if text and "&" in text and not _MARKUP.search(text):
        text = html.unescape(text)
    if text and _MARKUP.search(text):
        try:
            text = visible_text(text)
        except TooDeep:
            return None
    return text.strip() or None if text else None


def person(value: object) -> str | None:
    """Return the name of a person, of the first of several, or a bare name."""
    for _ in range(3):
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            value = value.get("name")
    name = plain_text(string(value))
    return name if name and len(name) <= MAX_NAME and "://" not in name else None


def string(value: object) -> str | None:
    """Return a string with single spaces; None for an empty one and for other values."""
    return " ".join(value.split()) or None if isinstance(value, str) else None


class _Entities:
    """The objects of a page's blocks of JSON-LD, an outer one before those inside it."""

    def __init__(self, scripts: Sequence[str]) -> None:
        self._values = [value for value in map(read_json, scripts) if value is not None]
        self.outer: int | None = None
        # A review that stands for itself is the page's article; several are the readers'.
        self._alone: Mapping[str, Any] | None = None
        alone = [e.value for e in self if e.property is None and _is_review(e.value)]
        if len(alone) == 1:
            self._alone = alone[0]

    def __iter__(self) -> Iterator[_Entity]:
        """Yield each object; those inside it are in the comment `outer`, if that is set."""
        for whole in self._values:
            pending: list[tuple[Any, str | None, int | None]] = [(whole, None, None)]
            for _ in range(MAX_OBJECTS):
                if not pending:
                    break
                value, name, outer = pending.pop()
                if isinstance(value, dict):
                    self.outer = outer
                    yield _Entity(value, name, outer)
                    inner = [
                        (v, None if key == "@graph" else key, self.outer)
                        for key, v in value.items()
                        if isinstance(v, (dict, list))
                    ]
                    pending += reversed(inner)
                elif isinstance(value, list):
                    pending += [(v, name, outer) for v in reversed(value)]

    def is_article(self, entity: Mapping[str, Any]) -> bool:
        """Tell whether an object is the one review that is the page's article."""
        return entity is self._alone


def _repaired(script: str) -> str:
    """Return a script without what JSON does not know: wrappers, comments and spare commas."""
    start, end = (
        script.find(_CDATA, 0, MAX_WRAPPER),
        script.rfind(_CDATA_END, max(len(script) - MAX_WRAPPER, 0)),
    )
    text = script[start + len(_CDATA) if start >= 0 else 0 : end if end >= 0 else len(script)]
    starts = [place for place in (text.find("{"), text.find("[")) if place >= 0]
    text = text[min(starts, default=0) : max(text.rfind("}"), text.rfind("]")) + 1]
    return _TO_REPAIR.sub(lambda match: match[0] if match[0].startswith('"') else "", text)


def _is_review(entity: Mapping[str, Any]) -> bool:
    """Tell whether an object is a review."""
    return not _REVIEW_TYPES.isdisjoint(_types(entity))


def _types(entity: Mapping[str, Any]) -> list[str]:
    """Return the names of an object's types, without a vocabulary's address."""
    types = entity.get("@type")
    names = types if isinstance(types, list) else [types]
    return [name.rpartition("/")[2] for name in names if isinstance(name, str)]


def _names(value: object) -> list[str]:
    """Return the names by which others refer to an object, or the reference itself."""
    if isinstance(value, dict):
        value = [value.get(name) for name in ("@id", "identifier", "url")]
    names = value if isinstance(value, list) else [value]
    return [str(name) for name in names if isinstance(name, (str, int))]


def _comment(entity: Mapping[str, Any], outer: int | None) -> HiddenComment | None:
    """Return the comment that an object describes, if it has a text."""
    text = next((text for name in _TEXT_PROPERTIES if (text := string(entity.get(name)))), None)
    text = plain_text(text)
    if text is None:
        return None
    time = next((time for name in _TIME_PROPERTIES if (time := string(entity.get(name)))), None)
    author = person(entity.get("author")) or person(entity.get("creator"))
    return HiddenComment(
        text, author, time and (exact_time(time) or time), string(entity.get("url")), outer
    )
