"""Names of elements: the marks that a class or an id tells by its words.

A class or an id is cut into words ("commentAuthor-2": comment, author), which are looked up in
``markers.toml``. With a word for comments among them, the words behind it name a part of the
comment: the last one counts, for it says what a thing is, while the ones before it say whose or
where it is. Without one, the words name furniture, captions or the article's text.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Final

from moderation.pages.html.marks import PARTS, Mark

CACHED = 1 << 15
"""Names whose marks are remembered."""
MAX_NAME = 400
"""Characters of a class or an id that are looked at; longer ones list styles."""
MIN_NUMBER = 3
"""Digits of a comment's number; shorter ones count levels and columns."""
MAX_PAIRED_WORDS = 4
"""Words of a name in which pairs are sought; one of more is a text, as the ids of headings are."""

_WORDS: Final[dict[str, frozenset[str]]] = {
    name: frozenset(words)
    for name, words in tomllib.loads(
        (resources.files("moderation.pages.html") / "markers.toml").read_text("utf-8")
    ).items()
}
_SHARED: Final = _WORDS["shared"]
_MANY: Final = _WORDS["many"]
_COMMENT: Final = _WORDS["one"] | _MANY
_NAME_PIECE = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+")
# Figures and letters in turn, which a tool made up: "sc-169yn8p-0", "Thread_replies__W1c".
_MADE_UP = re.compile(
    r"(?<![0-9A-Za-z])\d+[A-Za-z]+\d[0-9A-Za-z]*|__(?=\w*(?:[A-Z]|\d[a-z]))[0-9A-Za-z]*\d[0-9A-Za-z]*$"
)
# WordPress names the element of a post or a comment after its subjects and its author as well.
_SUBJECT_PREFIXES: Final = (
    "comment-author-", "category-", "tag-", "format-", "type-", "status-", "post_format",
)  # fmt: skip
_STEMS: Final = ("comment", "kommentar", "commentaire", "comentario", "review")

# The lists of words that name a part; the first that holds a word tells it.
_MARKS_OF_WORDS: Final = (
    ("form", Mark.FORM),
    ("author", Mark.AUTHOR),
    ("time", Mark.TIME),
    ("frame", Mark.FRAME),
    ("tool", Mark.TOOL),
    ("body", Mark.BODY),
    ("area", Mark.AREA),
    ("item", Mark.ITEM),
)
_MARKS_ALONE: Final = (
    ("plain_form", Mark.FORM),
    ("author", Mark.AUTHOR),
    ("time", Mark.TIME),
    ("plain_frame", Mark.FRAME),
    ("tool", Mark.TOOL),
    ("body", Mark.BODY),
)
_MARK_IN_COMMENT: Final = {
    word: mark for name, mark in reversed(_MARKS_OF_WORDS) for word in _WORDS[name]
}
_MARK_ALONE: Final = {word: mark for name, mark in reversed(_MARKS_ALONE) for word in _WORDS[name]}
_STRONG: Final = Mark.AUTHOR | Mark.TIME | Mark.FRAME | Mark.TOOL | Mark.BODY
# Behind one for an author or a date, these words change nothing: "author-link", "date-info".
_WEAK: Final = frozenset(
    {"link", "links", "info", "infos", "meta", "metadata", "header", "head", "url"}
)
# Before a word for one comment, these say whose it is: "user-comment" is a whole comment.
_OWNERS: Final = frozenset(
    {"user", "member", "usuario", "profile", "profil", "poster", "posted", "published", "created",
     "media", "main", "single", "message"}
)  # fmt: skip
# Before a word for a text, these name the style of a text or what only machines read aloud.
_STYLES: Final = frozenset(
    {"secondary", "muted", "small", "help", "button", "btn", "link", "label", "alt", "sub"}
)
_UNSEEN: Final = frozenset({"screenreadertext", "sronly", "visuallyhidden", "assistivetext"})
_FURNITURE_PAIRS: Final = (("pairs_first", "pairs_second"), ("links_first", "links_second"))
_POSTS: Final = frozenset({"p", "post", "msg", "message", "postcount", "reply", "c", "td"})
# Beside a word for many comments these name a single one, not the wrapper around all.
_SINGLES: Final = frozenset(
    {"item", "entry", "single", "eintrag", "row", "card", "unit", "li", "element", "node"}
)
# Names of a button to answer.
_ANSWERS: Final = frozenset({"reply", "replies", "antwort", "reponse", "respuesta", "responses"})
# The quotation of a comment in another one is a part of that one's text.
_QUOTATIONS: Final = frozenset({"quote", "quoted", "quotation", "blockquote", "zitat", "citation"})
_RECENT: Final = frozenset(
    {"recent", "latest", "neueste", "letzte", "recientes", "derniers", "ultimi"}
)
_STATES: Final = frozenset(
    {"odd", "even", "first", "last", "depth", "alt", "top", "root", "new", "old"}
)


@lru_cache(CACHED)
def name_marks(name: str) -> int:
    """Return the marks of a class, which may hold several names, or of an id."""
    sure = unsure = Mark(0)
    tokens = name[:MAX_NAME].split()
    for token in tokens:
        if not _names_subject(token):
            marks = _token_marks(token)
            if len(tokens) > 1 and not marks & Mark.ITEM:
                # The number in the name of a style is no comment's.
                marks &= ~Mark.NUMBERED
            if marks & Mark.SURE:
                sure |= marks
            else:
                unsure |= marks
    if sure & Mark.ITEM:
        # A name for a comment outweighs one that only sounds like a part of one.
        unsure &= ~PARTS
    if sure & Mark.TOOL and not sure & Mark.AUTHOR:
        # A badge is named after the author that bears it.
        unsure &= ~Mark.AUTHOR
    if unsure & Mark.BODY:
        unsure &= ~(Mark.AUTHOR | Mark.TIME)
    if unsure & Mark.STORY:
        unsure &= ~Mark.FURNITURE
    return int(sure | unsure)


def _names_subject(token: str) -> bool:
    """Tell whether a name says whose or about what an element is ("comment-author-dara")."""
    return token.startswith(_SUBJECT_PREFIXES) and not (
        token.startswith("comment") and name_words(token)[-1] in _MARK_IN_COMMENT
    )


def name_words(name: str) -> list[str]:
    """Return the words of a class or an id in lower case."""
    name = name[:MAX_NAME]
    if not name.isalpha():
        name = _MADE_UP.sub(" ", name)
    return [piece.lower() for piece in _NAME_PIECE.findall(name)]


@lru_cache(CACHED)
def _token_marks(token: str) -> Mark:
    """Return the marks of a single name."""
    pieces = name_words(token)
    numbers = [piece for piece in pieces if piece.isdecimal()]
    words = [piece for piece in pieces if not piece.isdecimal()]
    numbered = Mark.NUMBERED if any(len(n) >= MIN_NUMBER for n in numbers) else Mark(0)
    joined = "".join(words)
    if joined in _UNSEEN:
        return Mark.TOOL
    words = [part for word in words for part in _split_compound(word)]
    if "by" in words[1:]:
        # What follows says whose it is: "comment-by-node-author".
        words = words[: words.index("by", 1)]
    places = [
        place
        for place, word in enumerate(words)
        # The message of a post is its text.
        if word in _COMMENT and not (word == "message" and words[place - 1 : place] == ["post"])
    ]
    if places:
        sure = [place for place in places if words[place] not in _SHARED]
        if not sure and len(places) > 1 and words[-1] == "message":
            # Of two words that also name other things, each makes the other sure: "forum-message".
            sure = places
        return _comment_marks(words, sure or places, Mark.SURE if sure else Mark(0)) | numbered
    ends_in_word = bool(pieces) and (bool(numbered) or not pieces[-1].isdecimal())
    plain = _plain_marks(words, joined, ends_in_word=ends_in_word, numbered=bool(numbered))
    if len(pieces) > 1 and len(pieces[-1]) == 1 and pieces[-2].isdecimal():
        # "65591f4c" is a number in figures and letters, not one of a post ("p65591").
        plain &= ~Mark.ITEM
    return plain | numbered


def _split_compound(word: str) -> tuple[str, ...]:
    """Split a word with a word for comments in it ("commentlist", "mycommenttext")."""
    if word in _COMMENT:
        return (word,)
    if word.endswith("comments"):
        return (word.removesuffix("comments"), "comments")
    if word.startswith("post") and word not in _MARK_ALONE and word[4:] in _MARK_ALONE:
        return ("post", word[4:])
    for stem in _STEMS:
        before, found, rest = word.partition(stem)
        # "Preview" holds a word for comments and is none.
        if found and not (before and stem == "review"):
            part = rest.removeprefix("s")
            if part in _MARK_IN_COMMENT or (before and not part):
                plural = rest.startswith("s") and stem + "s" in _MANY
                parts = (before, stem + "s" if plural else stem, part)
                return tuple(piece for piece in parts if piece)
    return (word,)


def _comment_marks(words: Sequence[str], places: Sequence[int], sure: Mark) -> Mark:
    """Return the marks of a name with words for comments at some places."""
    first, last = places[0], places[-1]
    comment = words[last]
    if words[-1] in _QUOTATIONS:
        return sure
    rest = frozenset(words[:first]) | frozenset(words[last + 1 :])
    if comment in _ANSWERS and not rest:
        return Mark.TOOL
    elsewhere = rest & _WORDS["elsewhere"]
    if elsewhere == {"top"} and words[first - 1 : first] != ["top"]:
        elsewhere = frozenset()
    if elsewhere:
        return Mark.ELSEWHERE if rest & _RECENT else Mark.FRAME if "no" in rest else Mark(0)
    part = _part_behind(words[last + 1 :]) or _part_before(words[:first], comment)
    if not part and Mark.TOOL in map(_MARK_IN_COMMENT.get, words[first + 1 : last]):
        # "forum-reply-to-message" is a button.
        part = Mark.TOOL
    if not part:
        # A word before the one for comments is the site's name; behind it, an unknown part.
        is_whole = last == len(words) - 1 or words[-1] in _STATES
        part = Mark.ITEM if is_whole or (comment in _MANY and sure) else Mark(0)
    if part in {Mark.ITEM, Mark.AREA} and comment in _MANY:
        part = Mark.ITEM if _SINGLES.intersection(words[last + 1 :]) else Mark.AREA
    if part is Mark.FORM:
        sure = sure and sure | Mark.FURNITURE
    return part | sure


def _part_behind(words: Sequence[str]) -> Mark:
    """Return the part that the words behind one for a comment name: that of the last one."""
    marks = [_MARK_IN_COMMENT.get(word, Mark(0)) for word in words]
    # A "text-and-form" holds the text until its author edits it.
    if "and" not in words and any(
        mark & Mark.FORM and word != "new" for mark, word in zip(marks, words, strict=True)
    ):
        return Mark.FORM
    strong = _last_strong(words, marks)
    if strong:
        return strong
    if Mark.AREA in marks and words[-1] not in _SINGLES:
        return Mark.AREA
    return next((mark for mark in reversed(marks) if mark & (Mark.ITEM | Mark.AREA)), Mark(0))


def _part_before(words: Sequence[str], comment: str) -> Mark:
    """Return the part that the words before one for a comment name: that of the nearest one."""
    marks = [_MARK_IN_COMMENT.get(word, Mark(0)) for word in words]
    for mark in (Mark.FORM, Mark.FRAME):
        if mark in marks:
            return mark
    if not words or (comment in _MANY and marks[-1] is not Mark.TOOL) or words[-1] in _OWNERS:
        return Mark(0)
    return marks[-1] & _STRONG


def _last_strong(words: Sequence[str], marks: Sequence[Mark]) -> Mark:
    """Return the last mark of a part, where a word that adds nothing yields to the one before."""
    strong = [(w, mark) for w, mark in zip(words, marks, strict=True) if mark & _STRONG]
    if not strong:
        return Mark(0)
    word, mark = strong[-1]
    if mark is Mark.BODY and any(before is Mark.FRAME for _, before in strong[:-1]):
        # The text of a prompt to log in is a prompt.
        return Mark.FRAME
    if word in _WEAK and len(strong) > 1 and strong[-2][1] & (Mark.AUTHOR | Mark.TIME):
        return strong[-2][1]
    return mark


def _plain_marks(words: Sequence[str], joined: str, *, ends_in_word: bool, numbered: bool) -> Mark:
    """Return the marks of a name without a word for comments."""
    held = frozenset(words)
    parts = [_MARK_ALONE.get(word, Mark(0)) for word in words]
    marks = Mark.FORM if Mark.FORM in parts else _last_strong(words, parts)
    if marks is Mark.BODY and not (
        ends_in_word and parts[-1] is Mark.BODY and not _STYLES & set(words[-2:-1])
    ):
        # "text-left" and "text-2" are styles.
        marks = Mark(0)
    if numbered and list(words) == ["msg"]:
        # With a number alone, it is a message; else the text of one.
        marks = Mark.ITEM
    elif words and words[-1] in _POSTS and marks is not Mark.BODY:
        marks |= Mark.ITEM
    if _is_furniture(held, words):
        marks |= Mark.FURNITURE
    if held & _WORDS["meta"]:
        marks |= Mark.META
    if held & _WORDS["caption"] or _is_picture(held, words):
        marks |= Mark.CAPTION
    if joined in _WORDS["story"]:
        marks |= Mark.STORY
    return marks


def _is_furniture(held: frozenset[str], words: Sequence[str]) -> bool:
    """Tell whether a name is one of furniture."""
    if held & _WORDS["furniture"]:
        return True
    if held & _WORDS["perhaps_furniture"]:
        last = words[-1] in _WORDS["perhaps_furniture"] and not held & _WORDS["layouts"]
        if last or not held & _WORDS["unless"]:
            return True
    return len(words) <= MAX_PAIRED_WORDS and any(
        a in _WORDS[first] and b in _WORDS[second]
        for first, second in _FURNITURE_PAIRS
        for a in held
        for b in held
        if a != b
    )


def _is_picture(held: frozenset[str], words: Sequence[str]) -> bool:
    """Tell whether a name is one of a picture or its caption."""
    if not held & _WORDS["picture"]:
        return False
    if held & _WORDS["under_picture"]:
        return True
    return words[-1] in _WORDS["picture"] and not held & _WORDS["beside_picture"]
