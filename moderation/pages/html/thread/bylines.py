"""Bylines of comments: the author, the time and the address of each.

What the markup says counts before what the text says, the inner element before the outer one, and
a line that says "by" or "wrote" before a line that only may be a name. Badges ("Moderator"),
subjects and counts of votes are no names, and the time of a change is not that of a comment.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final
from urllib.parse import urljoin

from moderation.pages.cues.lines import is_buttons, opener
from moderation.pages.cues.names import author_line, plain_name, real_name, without_badge
from moderation.pages.cues.vocabulary import (
    AUTHOR_VERBS,
    BADGES,
    DATE_FILLERS,
    UNITS,
    date_start,
    is_date,
    key,
)
from moderation.pages.html.dates import day_comes_first, exact_time, iso_time, time_of_day
from moderation.pages.html.markers import HEADINGS
from moderation.pages.html.marks import Mark
from moderation.pages.html.parser import Block, Node, Tree
from moderation.pages.html.thread.items import CommentItem

MAX_PART = 120
"""Characters of a name, a date or a row of buttons."""
MAX_NAME = 60
MAX_NAME_WORDS = 8
MAX_CLOCK = 20
MAX_INITIALS = 3
MAX_OUTER = 3
"""Elements around a time among which one named after a change is sought."""

_LEADING_NUMBER = re.compile(r"^#?\d{1,7}[.):]?\s+")
_TRAILING_PREPOSITION = re.compile(r"\s+(?:on|at|am|le|el|op|um)$", re.IGNORECASE)
_UNFINISHED = re.compile(r"(?:^|\s)(?:by|from|von|par|por|da|door|przez|av|af)$", re.IGNORECASE)
_CHANGED = re.compile(
    r"edited|last-?edit|modif|update|bearbeitet|geaendert|gewijzigd", re.IGNORECASE
)
_LABELLED = re.compile(
    r"(?:comment|reply|kommentar|antwort|commentaire|réponse|comentario|respuesta)"
    r" (?:by|from|von|de|da)\s+(?P<name>[^\n]{1,60}?)\.?$",
    re.IGNORECASE,
)
_VERBS: Final = frozenset(AUTHOR_VERBS)
_NOT_NAMES: Final = frozenset(AUTHOR_VERBS) | UNITS | DATE_FILLERS
_NAME_EDGES = " »«·•|-–—,:;"
_BODY: Final = int(Mark.BODY)
_AUTHOR: Final = int(Mark.AUTHOR)
_TIME: Final = int(Mark.TIME)
_FRAME: Final = int(Mark.FRAME | Mark.FORM)
_TOOL: Final = int(Mark.TOOL)
_AUTHOR_ATTRIBUTES: Final = (
    "data-author", "data-author-name", "data-comment-author", "data-username", "data-user-name",
    "data-user", "author",
)  # fmt: skip
_TIME_ATTRIBUTES: Final = (
    "datetime", "content", "ts", "title", "data-timestamp", "data-time", "data-utc", "data-date",
    "data-datetime", "data-comment-timestamp", "data-created", "data-created-at", "created",
    "created-timestamp", "data-livestamp", "data-utime", "data-value", "data-ts",
    "data-original-title", "data-tooltip",
)  # fmt: skip


def comment_author(item: CommentItem, body: Sequence[Block], tree: Tree) -> str | None:
    """Return the name of a comment's author, where it has one.

    Parameters
    ----------
    item : CommentItem
    body : sequence of Block
        Its text.
    tree : Tree
    """
    texts = {block.index for block in body}
    lines = [b for b in item.own if b.index not in texts and len(b.spaced) <= MAX_PART]
    marked = _marked_author(lines, item.inherited)
    if marked is not None:
        return real_name(marked)
    attribute = _attribute_author(item, tree)
    if attribute is not None:
        return real_name(attribute)
    first = body[0].index if body else -1
    # Lines that say "by" count wherever they stand; a line that only may be a name, above the text.
    for block in lines:
        line = None if is_date(block.spaced) else author_line(block.spaced)
        if line is not None:
            name = line.name and without_badge(line.name.strip(_NAME_EDGES))
            if name is None or _may_be_name(name):
                return name
    above = [
        b
        for b in lines
        if b.index < first and not b.node.context & _FRAME and not b.node.marks & _TIME
    ]
    above = [b for b, following in zip_longest(above, above[1:]) if not _is_initial(b, following)]
    profiles = _profiles(item, tree) if above else {}
    for block in sorted(above, key=lambda b: b.node.tag in HEADINGS):
        text = _TRAILING_PREPOSITION.sub("", _LEADING_NUMBER.sub("", block.spaced))
        name = plain_name(without_badge(text.strip(_NAME_EDGES)))
        if opener(text) is not None or not any(map(str.isalpha, text)):
            # A number alone counts votes.
            continue
        if name is not None and _may_be_name(name) and not is_buttons(block.spaced):
            return real_name(name)
        name = profiles.get(text.partition(" ")[0].casefold()) if profiles else None
        if name is not None:
            # Whoever is linked by name, with a badge behind the link.
            return real_name(name)
    return None


def _profiles(item: CommentItem, tree: Tree) -> dict[str, str]:
    """Return the names at the end of the links in a comment, by their form in lower case."""
    names = {}
    for node in own_nodes(item, tree):
        target = node.attributes.get("href", "")[:MAX_PART] if node.tag == "a" else ""
        name = target.rstrip("/").rpartition("/")[2].lstrip("~@")
        if plain_name(name) is not None and any(map(str.isalpha, name)):
            names[name.casefold()] = name
    return names


def _marked_author(lines: Sequence[Block], inherited: int) -> str | None:
    """Return the name in those lines of a comment that are marked as its author's."""
    marked = [
        b
        for b in lines
        if b.node.context & ~inherited & _AUTHOR and not b.node.context & ~inherited & _FRAME
    ]
    # What is an author by its own name comes before what stands in an author's box; whom a text
    # addresses ("@Dara") comes last.
    badge = None
    for block in sorted(
        marked, key=lambda b: (b.spaced.startswith("@"), not b.node.marks & _AUTHOR)
    ):
        name = _marked_name(block.spaced, numeric=bool(block.node.marks & _AUTHOR))
        if name is not None and key(name) not in BADGES:
            return name
        badge = badge or (name if block.node.marks & _AUTHOR else None)
    # Who is called "admin", where nothing else is a name, has that name.
    return badge


def _is_initial(block: Block, following: Block | None) -> bool:
    """Tell whether a line has the letters that stand for the picture of the author below it."""
    if following is None or len(block.text) > MAX_INITIALS or not block.text.isalpha():
        return False
    initials = "".join(word[0] for word in following.spaced.split())
    return following.text[0] == block.text or (
        len(block.text) > 1 and initials.casefold().startswith(block.text.casefold())
    )


def day_order(items: Sequence[CommentItem], tree: Tree) -> bool | None:
    """Tell whether the day comes before the month in the dates of a page's comments.

    Parameters
    ----------
    items : sequence of CommentItem
    tree : Tree
    """
    lines = (block.spaced for item in items for block in item.own if len(block.text) <= MAX_PART)
    return day_comes_first(lines, tree.language)


def comment_time(item: CommentItem, tree: Tree, *, day_first: bool | None = None) -> str | None:
    """Return the time of a comment, in ISO 8601 or in the page's own words.

    Parameters
    ----------
    item : CommentItem
    tree : Tree
    day_first : bool, optional
        Whether the day comes before the month in the page's dates, where that is known.
    """
    changed = None
    for node in own_nodes(item, tree):
        if node.marks & _TIME:
            time = _attribute_time(node.attributes)
            if time is not None and not _is_changed(node):
                return time
            changed = changed or time
    if item.node is not None:
        time = _attribute_time(item.node.attributes, named=True)
        if time is not None:
            return time
    return _text_time(item, day_first=day_first) or changed


def comment_permalink(item: CommentItem, tree: Tree, url: str | None) -> str | None:
    """Return a comment's own address: a link to a numbered anchor, or its element's id."""
    for node in own_nodes(item, tree):
        target = node.attributes.get("href", "") if node.tag == "a" else ""
        fragment = target.rpartition("#")[2] if "#" in target else ""
        if any(c.isdecimal() for c in fragment) and "replytocom" not in target:
            return _resolve(url, target)
    if item.node is None:
        return None
    name = item.node.attributes.get("id")
    if name and any(c.isdecimal() for c in name):
        return _resolve(url, f"#{name}")
    target = item.node.attributes.get("permalink", "")
    return _resolve(url, target) if target else None


def own_nodes(item: CommentItem, tree: Tree) -> Iterator[Node]:
    """Yield the nodes of a comment that are in no other, in order."""
    if item.node is None:
        return
    stops = {node.number: node.stop for node in item.answers}
    number, end = item.node.number, item.node.stop
    while number < end:
        if number in stops:
            number = stops[number]
            continue
        yield tree.nodes[number]
        number += 1


def _text_time(item: CommentItem, *, day_first: bool | None) -> str | None:
    """Return the time that the lines of a comment tell."""
    words = None
    for block in item.own:
        text = block.spaced
        if len(text) > MAX_PART or not any(c.isdecimal() for c in text) or _CHANGED.match(text):
            continue
        if (
            block.node.context & _TIME
            or date_start(text) is not None
            or (not block.node.context & _BODY and author_line(text) is not None)
        ):
            time = iso_time(text, day_first=day_first)
            if time is not None:
                return time if "T" in time else time + _clock_below(item.own, block)
            if block.node.context & _TIME or date_start(text) is not None:
                words = words or text[date_start(text) or 0 :].strip(" |·")
    if words is not None:
        return words
    lines = [
        b
        for b in item.own
        if len(b.text) <= MAX_PART and (not b.node.context & _BODY or b.node.context & _TOOL)
    ]
    times = (iso_time(line.spaced, day_first=day_first) for line in lines)
    return next((time for time in times if time is not None), None)


def _clock_below(own: Sequence[Block], day: Block) -> str:
    """Return the time of day in the line below a date, as ``"T17:12"``, or nothing."""
    following = next((block for block in own if block.index == day.index + 1), None)
    if following is None or not following.node.context & _TIME or len(following.text) > MAX_CLOCK:
        return ""
    return time_of_day(following.text)


def _marked_name(text: str, *, numeric: bool = False) -> str | None:
    """Return the name in a text that is marked as an author's.

    Parameters
    ----------
    text : str
    numeric : bool
        Whether a number may be a name.
    """
    text = text.partition("\n")[0]
    line = author_line(text)
    start = date_start(text)
    if line is not None and line.name:
        text = line.name
    elif start:
        text = _TRAILING_PREPOSITION.sub("", text[:start].strip(_NAME_EDGES))
    if start:
        # Between a name and a date, a comma comes before a place.
        text = text.partition(",")[0]
    text = without_badge(text.strip(_NAME_EDGES))
    if not text or ":" in text or is_date(text) or key(text) in _VERBS:
        return None
    if (is_buttons(text) and key(text) not in BADGES) or _UNFINISHED.search(text):
        return None
    if len(text) > MAX_NAME or len(text.split()) > MAX_NAME_WORDS:
        return None
    return text if any(c.isalpha() or (numeric and c.isdecimal()) for c in text) else None


def _may_be_name(name: str) -> bool:
    """Tell whether a name is neither a badge, a verb nor a word of dates."""
    phrase = key(name)
    return phrase not in BADGES and phrase not in _NOT_NAMES and not is_buttons(name)


def _attribute_author(item: CommentItem, tree: Tree) -> str | None:
    """Return the author that an attribute of a comment's element, or a ``meta`` in it, names."""
    if item.node is None:
        return None
    for node in own_nodes(item, tree):
        if node.tag == "meta" and node.marks & _AUTHOR:
            name = _marked_name(node.attributes.get("content", ""))
            if name is not None:
                return name
    attributes = item.node.attributes
    names = [attributes[name] for name in _AUTHOR_ATTRIBUTES if attributes.get(name)]
    label = _LABELLED.match(attributes.get("aria-label", "")[:MAX_PART])
    if label is not None:
        names.append(label["name"])
    return next((name for name in map(_marked_name, names) if name is not None), None)


def _attribute_time(attributes: Mapping[str, str], *, named: bool = False) -> str | None:
    """Return the time in an element's attributes.

    Parameters
    ----------
    attributes : mapping of str to str
    named : bool
        Whether only attributes are read that are named after times.
    """
    coarse = None
    for name in _TIME_ATTRIBUTES:
        value = attributes.get(name)
        if not value or (named and name in {"title", "content", "data-tooltip"}):
            continue
        time = exact_time(value)
        if time is not None and "T" in time:
            return time
        if time is None and name in {"datetime", "content"} and any(map(str.isdecimal, value)):
            time = value.strip()
        coarse = coarse or time
    if coarse is None and not named:
        for name, value in attributes.items():
            if name.startswith("data-") and name not in _TIME_ATTRIBUTES:
                time = exact_time(value)
                if time is not None and "T" in time:
                    return time
    return coarse


def _is_changed(node: Node) -> bool:
    """Tell whether a time is that of a change, by its name or by those around it."""
    outer: Node | None = node
    for _ in range(MAX_OUTER):
        if outer is None or outer.marks & int(Mark.ITEM):
            break
        attributes = outer.attributes
        names = f"{attributes.get('class', '')} {attributes.get('itemprop', '')}"
        if _CHANGED.search(names[:MAX_PART]):
            return True
        outer = outer.parent
    return False


def _resolve(url: str | None, target: str) -> str:
    """Return a link's absolute address where the page's is known."""
    try:
        return urljoin(url, target) if url else target
    except ValueError:
        return target
