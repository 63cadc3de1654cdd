"""Comments in a page's scripts: the state from which an application draws its comments.

`embedded_comments` takes from the JSON of a page's scripts the objects that have the text, the
author and the time of a comment and stand below a name for comments, or name the one they answer.
Only JSON is read; no script is run.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from moderation.pages.html.data.json_ld import (
    MAX_OBJECTS,
    MAX_SCRIPT,
    HiddenComment,
    person,
    plain_text,
    read_json,
    string,
)
from moderation.pages.html.dates import exact_time

CACHED = 1 << 12
"""Names in data that are remembered."""
MAX_VALUES = 10 * MAX_OBJECTS
MAX_ASSIGNMENTS = 2_000
"""Values in one script that are tried."""
MAX_WASTED = 4
"""Lengths of a script that are read in vain."""

_COMMENT_NAME = re.compile(
    r"comment|repl(?:y|ies)|respon[sd]|discussion|thread|kommentar|comentario|reacti(?:e|on)s",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"recent|latest|popular|top_?comment|related|trending", re.IGNORECASE)
_WORDS: Final = ("omment", "eplies", "reply", "iscussion", '"posts"')
"""Parts of words one of which a script with comments holds."""
_ASSIGNED = re.compile(r"[=(]\s{0,20}(?=\{\s{0,20}\"|\[\s{0,20}[{\[\"])")
_TEXTS: Final = (
    "body", "text", "message", "content", "comment", "commentText", "comment_text", "raw_message",
    "bodyHtml", "body_html", "commentBody", "comment_body", "contentHtml", "content_html",
    "messageHtml", "html", "rawText", "raw", "bodyText", "plainText",
)  # fmt: skip
_AUTHORS: Final = (
    "author", "user", "commenter", "creator", "createdBy", "created_by", "owner", "member",
    "postedBy", "authorName", "author_name", "userName", "user_name", "username", "displayName",
    "display_name", "nickname", "nick", "name", "poster", "profile",
)  # fmt: skip
_NAMES: Final = (
    "displayName", "display_name", "name", "fullName", "full_name", "nickname", "nick",
    "userName", "username", "user_name", "screenName", "login", "title",
)  # fmt: skip
_TIMES: Final = (
    "createdAt", "created_at", "created", "dateCreated", "date_created", "creationDate",
    "creation_date", "publishedAt", "published_at", "datePublished", "postedAt", "posted_at",
    "postedDate", "timestamp", "createdTime", "created_time", "createTime", "date", "time",
    "createdOn", "submittedAt", "insertedAt",
)  # fmt: skip
_PARENTS: Final = (
    "parent", "parentId", "parent_id", "parentID", "parentCommentId", "parent_comment_id",
    "inReplyTo", "in_reply_to", "replyTo", "reply_to", "replyToId", "parentComment",
)  # fmt: skip
_NUMBERS: Final = ("id", "_id", "commentId", "comment_id", "uuid", "key", "databaseId")
_OF_ARTICLES: Final = ("headline", "slug", "excerpt", "standfirst", "teaser", "subtitle")


class _Value(NamedTuple):
    """A value, whether it stands below a name for comments, and the comment around it."""

    value: Any
    below: bool
    outer: int | None


def embedded_comments(scripts: Sequence[str]) -> list[HiddenComment]:
    """Return the comments in the JSON of a page's scripts, in order.

    Parameters
    ----------
    scripts : sequence of str
        The contents of the elements ``script``.
    """
    comments: list[HiddenComment] = []
    for script in scripts:
        if len(script) <= MAX_SCRIPT and any(word in script for word in _WORDS):
            for value in _values(script):
                comments += _comments(value, len(comments))
    return comments


def _values(script: str) -> Iterator[Any]:
    """Yield the values of a script: the whole, or those that it assigns or passes on."""
    if script.lstrip()[:1] in {"{", "["}:
        yield read_json(script)
        return
    decoder = json.JSONDecoder(strict=False)
    start = wasted = 0
    for _ in range(MAX_ASSIGNMENTS):
        match = _ASSIGNED.search(script, start)
        # An error counts the lines of the script up to it, so that errors must not add up.
        if match is None or wasted > MAX_WASTED * len(script):
            return
        try:
            value, start = decoder.raw_decode(script, match.end())
            yield value
        except json.JSONDecodeError as error:
            start = match.end() + 1
            wasted += error.pos
        except RecursionError:
            return


def _comments(root: Any, offset: int) -> list[HiddenComment]:
    """Return the comments in one value."""
    found: list[HiddenComment] = []
    numbers: dict[str, int] = {}
    targets: list[str | None] = []
    pending = [_Value(root, below=False, outer=None)]
    for _ in range(MAX_VALUES):
        if not pending:
            break
        value, below, outer = pending.pop()
        if isinstance(value, list):
            pending += [_Value(v, below, outer) for v in reversed(value)]
            continue
        if not isinstance(value, dict):
            continue
        comment = _comment(value, root, below=below)
        if comment is not None:
            numbers |= {str(value[n]): offset + len(found) for n in _NUMBERS if value.get(n)}
            targets.append(_target(value))
            found.append(comment._replace(parent=outer))
            outer, below = offset + len(found) - 1, True
        inner = [
            _Value(v, below or _names_comments(name), outer)
            for name, v in value.items()
            if isinstance(v, (dict, list)) and not _names_others(name)
        ]
        pending += reversed(inner)
    return [
        comment._replace(parent=numbers.get(target, comment.parent) if target else comment.parent)
        for comment, target in zip(found, targets, strict=True)
    ]


@lru_cache(CACHED)
def _names_comments(name: str) -> bool:
    """Tell whether comments may stand below a name."""
    return _COMMENT_NAME.search(name) is not None


@lru_cache(CACHED)
def _names_others(name: str) -> bool:
    """Tell whether a name is one of comments on other pages."""
    return _ELSEWHERE.search(name) is not None


def _comment(value: Mapping[str, Any], root: Any, *, below: bool) -> HiddenComment | None:
    """Return the comment that an object is, if it has all that a comment has."""
    is_typed = value.get("__typename") == "Comment"
    if not (below or is_typed or any(name in value for name in _PARENTS)):
        return None
    if any(value.get(name) for name in _OF_ARTICLES):
        return None
    time = _time(value)
    author = _author(value, root)
    if time is None or author is None:
        return None
    raw = next((text for name in _TEXTS if (text := string(value.get(name)))), None)
    text = plain_text(raw)
    if text is None or text == author:
        return None
    address = string(value.get("permalink")) or string(value.get("url"))
    return HiddenComment(text, author, time, address)


def _author(value: Mapping[str, Any], root: Any) -> str | None:
    """Return the name of an object's author."""
    for name in _AUTHORS:
        author = value.get(name)
        if isinstance(author, dict) and "__ref" in author and isinstance(root, dict):
            author = root.get(str(author["__ref"]), author)
        if isinstance(author, dict):
            author = next((author[n] for n in _NAMES if isinstance(author.get(n), str)), None)
        found = person(author)
        if found is not None:
            return found
    return None


def _time(value: Mapping[str, Any]) -> str | None:
    """Return the time of an object, if it has one."""
    for name in _TIMES:
        time = value.get(name)
        if isinstance(time, (int, float, str)) and not isinstance(time, bool):
            found = exact_time(f"{time:.0f}" if isinstance(time, float) else str(time))
            if found is not None:
                return found
    return None


def _target(value: Mapping[str, Any]) -> str | None:
    """Return the number of the comment that an object answers."""
    for name in _PARENTS:
        target = value.get(name)
        if isinstance(target, dict):
            target = next((target[n] for n in _NUMBERS if target.get(n)), None)
        if isinstance(target, (int, str)) and target:
            return str(target)
    return None
