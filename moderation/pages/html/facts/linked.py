"""JSON-LD: what a page tells search engines of its article and of its comments."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from moderation.pages.html.facts.times import iso_time
from moderation.text.markup import TooDeep, visible_text

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
