"""Names of elements -> marks, remembered for each name."""

import re
import tomllib
from collections.abc import Mapping
from enum import IntFlag, auto
from functools import lru_cache
from importlib import resources
from typing import Final

# FOLDED mark: What an element may be, and the words that say so.


class Mark(IntFlag):
    """What an element is, as far as its names say."""

    ITEM = auto()
    """One comment, whole."""
    NUMBERED = auto()
    """Its name holds a number, as the names of single comments and posts do."""
    AREA = auto()
    """All comments, or many."""
    BODY = auto()
    """A comment's text, where it stands in a comment."""
    AUTHOR = auto()
    TIME = auto()
    TOOL = auto()
    """Buttons, votes, badges and the like around a comment."""
    FRAME = auto()
    """Headings, counts and notices around the comments."""
    FORM = auto()
    """Where a reader writes."""
    SURE = auto()
    """The comment, or the part of one, is marked by a standard or a name of its own."""
    ELSEWHERE = auto()
    """Comments on other pages."""
    FURNITURE = auto()
    CAPTION = auto()
    META = auto()
    STORY = auto()
    """The article's text."""


PARTS = Mark.BODY | Mark.AUTHOR | Mark.TIME | Mark.TOOL | Mark.FRAME | Mark.FORM | Mark.META
"""What is one part of a comment."""

WORDS: Final[dict[str, frozenset[str]]] = {
    name: frozenset(words)
    for name, words in tomllib.loads(
        (resources.files("moderation.pages.html") / "markers.toml").read_text("utf-8")
    ).items()
}


# FOLDED plain: What the words of a name say where none of them is a word for comments.

MAX_WORDS = 4
"""Words of a name; one of more is a text, as the ids of headings are."""

_ALONE = (
    ("plain_form", Mark.FORM),
    ("author", Mark.AUTHOR),
    ("time", Mark.TIME),
    ("plain_frame", Mark.FRAME),
    ("tool", Mark.TOOL),
    ("body", Mark.BODY),
)

_PAIRS = (("pairs_first", "pairs_second"), ("links_first", "links_second"))
_POSTS = frozenset({"p", "post", "msg", "message", "postcount", "reply", "c", "td"})


def plain_marks(words: list[str], joined: str) -> Mark:
    """Return the marks of a name, cut into words and with its words joined."""
    held = frozenset(words)
    found = Mark(0)
    for name, mark in _ALONE:
        if held & WORDS[name]:
            found |= mark
            break
    if words and words[-1] in _POSTS:
        found |= Mark.ITEM
    if _is_furniture(held, words):
        found |= Mark.FURNITURE
    if held & WORDS["meta"]:
        found |= Mark.META
    if held & WORDS["caption"] or _is_picture(held, words):
        found |= Mark.CAPTION
    if joined in WORDS["story"]:
        found |= Mark.STORY
    return found


def _is_furniture(held: frozenset[str], words: list[str]) -> bool:
    if held & WORDS["furniture"]:
        return True
    if held & WORDS["perhaps_furniture"]:
        last = words[-1] in WORDS["perhaps_furniture"] and not held & WORDS["layouts"]
        if last or not held & WORDS["unless"]:
            return True
    return len(words) <= MAX_WORDS and any(
        a in WORDS[one] and b in WORDS[other]
        for one, other in _PAIRS
        for a in held
        for b in held
        if a != b
    )


def _is_picture(held: frozenset[str], words: list[str]) -> bool:
    if not held & WORDS["picture"]:
        return False
    if held & WORDS["under_picture"]:
        return True
    return words[-1] in WORDS["picture"] and not held & WORDS["beside_picture"]


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

_WORD_PARTS = (
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


_KNOWN = frozenset(word for name, _ in _WORD_PARTS for word in WORDS[name])


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
    part = next((mark for name, mark in _WORD_PARTS if rest & WORDS[name]), None)
    if part is None:
        # What stands before the word is the site's name; behind it, a part without a known name.
        last = words[-1] in _COMMENT or words[-1] in _STATES
        part = Mark.ITEM if last or comment in _MANY else Mark(0)
    if part in {Mark.ITEM, Mark.AREA} and comment in _MANY:
        part = Mark.ITEM if rest & _SINGLES else Mark.AREA
    if part is Mark.FORM:
        sure |= Mark.FURNITURE
    return part | sure


# FOLDED standards: What microdata and RDFa say about an element.

_SURE_ITEM: Final = int(Mark.ITEM | Mark.SURE)
_TYPES: Final = ("Comment", "UserComments", "Review", "UserReview", "Answer")
_PROPERTIES: Final[dict[str, int]] = {
    **dict.fromkeys(
        ("text", "commentText", "reviewBody", "content:encoded", "sioc:content", "schema:text"),
        int(Mark.BODY | Mark.SURE),
    ),
    **dict.fromkeys(("description", "schema:reviewBody"), int(Mark.BODY)),
    **dict.fromkeys(
        ("author", "creator", "name", "foaf:name", "schema:author", "schema:name", "sioc:name"),
        int(Mark.AUTHOR),
    ),
    **dict.fromkeys(
        ("dateCreated", "datePublished", "commentTime", "dc:date", "dc:created", "dcterms:created",
         "schema:dateCreated", "schema:datePublished", "dateModified"),
        int(Mark.TIME),
    ),
    **dict.fromkeys(("ratingValue", "reviewRating", "upvoteCount", "worstRating"), int(Mark.TOOL)),
    "articleBody": int(Mark.STORY),
    "schema:articleBody": int(Mark.STORY),
}  # fmt: skip
_COMMENTS: Final = frozenset({"comment", "comments", "review", "reviews", "suggestedAnswer"})


def microdata(attributes: Mapping[str, str]) -> int:
    """Return the marks of ``itemtype`` and ``itemprop``."""
    marks = 0
    if attributes.get("itemtype", "").rstrip("/").endswith(_TYPES):
        marks = _SURE_ITEM
    for name in attributes.get("itemprop", "").split():
        marks |= _PROPERTIES.get(name, 0)
        if name in _COMMENTS and "itemscope" in attributes:
            marks |= _SURE_ITEM
    return marks


def rdfa(attributes: Mapping[str, str]) -> int:
    """Return the marks of ``typeof`` and ``property``."""
    marks = 0
    for name in attributes.get("typeof", "").split():
        if name.endswith(_TYPES):
            marks |= _SURE_ITEM
    for name in attributes.get("property", "").split():
        marks |= _PROPERTIES.get(name, 0)
    return marks


# FOLDED elements: What all attributes of an element say about it.

_FURNITURE: Final = int(Mark.FURNITURE)
_PARTS: Final = int(PARTS)
_WHOLE_COMMENT: Final = int(Mark.ITEM | Mark.SURE)


def element_marks(attributes: Mapping[str, str]) -> int:
    """Return what an element's attributes say of it."""
    marks = 0
    get = attributes.get
    name = get("class")
    if name:
        marks = marks_of(name)
    name = get("id")
    if name:
        named = marks_of(name)
        # A class says what an element is; an id may be made of the names of those around it.
        marks |= named & ~_PARTS if marks & _WHOLE_COMMENT == _WHOLE_COMMENT else named
    if "itemprop" in attributes or "itemtype" in attributes:
        marks |= microdata(attributes)
    if "typeof" in attributes or "property" in attributes:
        marks |= rdfa(attributes)
    if "hidden" in attributes or "none" in get("style", ""):
        marks |= _FURNITURE
    return marks


# FOLDED tags: What each HTML element does to the text around it.

# In this order, so that one comparison tells those that need more than a look at their names.
INLINE, LINE, ANCHOR, VOID, BREAKS, META, WHOLE, SKIPPED = range(8)

_KINDS: Final = {
    LINE: """
        address article aside blockquote center dd details dialog div dl dt fieldset figcaption
        figure footer form h1 h2 h3 h4 h5 h6 header hr legend li nav ol option p pre section
        summary table tbody td tfoot th thead tr ul template button caption hgroup menu
    """,
    ANCHOR: "a",
    VOID: "img input link source wbr col base param area track",
    BREAKS: "br",
    META: "meta",
    # Their names tell of the whole page, not of what it is about.
    WHOLE: "html head body main",
    SKIPPED: """
        script style svg textarea select iframe object canvas video audio map noscript math
        datalist applet embed frameset title
    """,
}
TAGS: Final = {tag: kind for kind, tags in _KINDS.items() for tag in tags.split()}

TAG_MARKS: Final[dict[str, int]] = {
    "nav": int(Mark.FURNITURE),
    "footer": int(Mark.FURNITURE | Mark.TOOL),
    "aside": int(Mark.FURNITURE),
    "form": int(Mark.FORM),
    "button": int(Mark.TOOL | Mark.FURNITURE),
    "label": int(Mark.FORM | Mark.FURNITURE),
    "legend": int(Mark.FORM | Mark.FURNITURE),
    "dialog": int(Mark.FURNITURE),
    "time": int(Mark.TIME),
    "cite": int(Mark.AUTHOR),
    "figcaption": int(Mark.CAPTION),
    "caption": int(Mark.CAPTION),
}

HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
