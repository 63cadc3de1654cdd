"""Names of elements -> marks, remembered for each name."""

import re
from functools import lru_cache

from moderation.pages.html.names.mark import PARTS, WORDS, Mark
from moderation.pages.html.names.plain import plain_marks

__all__ = ["PARTS", "Mark", "marks_of"]

CACHED = 1 << 15
MAX_NAME = 400
"""Characters of a name that are looked at; what is longer lists styles."""

_ONE, _MANY, _SHARED = WORDS["one"], WORDS["many"], WORDS["shared"]
_COMMENT = _ONE | _MANY
_PIECE = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+")
# Numbers of two digits and less count levels and columns.
_LONG_NUMBER = 3
# WordPress names what holds a post or a comment after its subjects and its author as well.
_FILED = ("comment-author-", "category-", "tag-", "format-", "type-", "status-", "post_format")
_STEMS = ("comment", "kommentar", "commentaire", "comentario", "review")

_PARTS = (
    ("form", Mark.FORM),
    ("author", Mark.AUTHOR),
    ("time", Mark.TIME),
    ("frame", Mark.FRAME),
    ("tool", Mark.TOOL),
    ("body", Mark.BODY),
    ("area", Mark.AREA),
    ("item", Mark.ITEM),
)

# What a wrapper around all comments is called beside the word for comments.
_SINGLES = frozenset({"item", "entry", "single", "eintrag", "row", "card", "unit"})
# What a button to answer is called.
_ANSWERS = frozenset({"reply", "replies", "antwort", "reponse", "respuesta", "responses"})
_STATES = frozenset({"odd", "even", "first", "last", "depth", "alt", "top", "root", "new", "old"})


@lru_cache(CACHED)
def marks_of(name: str) -> int:
    """Return the marks of what stands in a class or an id: several names, or one.

    They are a plain number, since they are combined for each element of a page.
    """
    sure = others = Mark(0)
    for token in name[:MAX_NAME].split():
        if not token.startswith(_FILED):
            found = _token(token)
            if found & Mark.SURE:
                sure |= found
            else:
                others |= found
    if sure & Mark.ITEM:
        # What says that it is a comment outweighs what only sounds like a part of one.
        others &= ~PARTS
    if others & Mark.BODY:
        others &= ~(Mark.AUTHOR | Mark.TIME)
    if others & Mark.STORY:
        others &= ~Mark.FURNITURE
    return int(sure | others)


@lru_cache(CACHED)
def _token(token: str) -> Mark:
    pieces = [piece.lower() for piece in _PIECE.findall(token)]
    numbers = [piece for piece in pieces if piece.isdecimal()]
    words = [piece for piece in pieces if not piece.isdecimal()]
    numbered = Mark.NUMBERED if any(len(n) >= _LONG_NUMBER for n in numbers) else Mark(0)
    words = [part for word in words for part in _parts(word)]
    comment = next((word for word in words if word in _COMMENT), None)
    if comment is not None:
        return _comment(comment, frozenset(words) - _COMMENT, words) | numbered
    return plain_marks(words, "".join(words)) | numbered


_KNOWN = frozenset(word for name, _ in _PARTS for word in WORDS[name])


def _parts(word: str) -> tuple[str, ...]:
    """Part a word that is written in one ("commentlist", "recentcomments")."""
    if word not in _COMMENT:
        if word.endswith("comments"):
            return (word.removesuffix("comments"), "comments")
        for stem in _STEMS:
            if word.startswith(stem):
                rest = word[len(stem) :]
                if rest.removeprefix("s") in _KNOWN:
                    plural = rest.startswith("s") and stem + "s" in _MANY
                    return (stem + "s" if plural else stem, rest.removeprefix("s"))
    return (word,)


def _comment(comment: str, rest: frozenset[str], words: list[str]) -> Mark:
    sure = Mark(0) if comment in _SHARED else Mark.SURE
    rest |= {word for word in words if word in _SHARED and word != comment}
    if comment in _ANSWERS and not rest:
        return Mark.TOOL
    if rest & WORDS["elsewhere"]:
        around = {"recent", "latest", "neueste", "letzte", "recientes", "derniers", "ultimi"}
        return Mark.ELSEWHERE if rest & around else Mark.FRAME if "no" in rest else Mark(0)
    part = next((mark for name, mark in _PARTS if rest & WORDS[name]), None)
    if part is None:
        # What stands before the word is the site's name; behind it, a part without a known name.
        last = words[-1] in _COMMENT or words[-1] in _STATES
        part = Mark.ITEM if last or comment in _MANY else Mark(0)
    if part in {Mark.ITEM, Mark.AREA} and comment in _MANY:
        part = Mark.ITEM if rest & _SINGLES else Mark.AREA
    if part is Mark.FORM:
        sure |= Mark.FURNITURE
    return part | sure
