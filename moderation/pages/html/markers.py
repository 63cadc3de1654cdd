"""Element markers: what an element is by its tag, class, id, microdata and RDFa, as bit flags.

A class or an id is cut into words ("commentAuthor-2": comment, author), which are looked up in
``markers.toml``. With a word for comments among them, the others name the part of a comment;
without one, they name furniture, captions or the article's text. `element_marks` adds the types
and properties of schema.org.
"""

import re
import tomllib
from collections.abc import Mapping
from enum import IntFlag, auto
from functools import lru_cache
from importlib import resources
from typing import Final


class Mark(IntFlag):
    """The kinds of element that names, tags and attributes mark."""

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
    """A form in which a reader writes."""
    SURE = auto()
    """The comment, or the part of one, is marked by a standard or by an unmistakable name."""
    ELSEWHERE = auto()
    """Comments on other pages."""
    FURNITURE = auto()
    CAPTION = auto()
    META = auto()
    """A byline, a date or the like."""
    STORY = auto()
    """The article's text."""


PARTS = Mark.BODY | Mark.AUTHOR | Mark.TIME | Mark.TOOL | Mark.FRAME | Mark.FORM | Mark.META
"""The parts of one comment."""

# The effect of a tag on the text around it, in this order, so that one comparison tells the tags
# that need more than a look at their attributes.
INLINE, LINE, ANCHOR, VOID, BREAKS, META, WHOLE, SKIPPED = range(8)

_TAGS_BY_EFFECT: Final = {
    LINE: """
        address article aside blockquote center dd details dialog div dl dt fieldset figcaption
        figure footer form h1 h2 h3 h4 h5 h6 header hr legend li nav ol option p pre section
        summary table tbody td tfoot th thead tr ul template button caption hgroup menu
    """,
    ANCHOR: "a",
    VOID: "img input link source wbr col base param area track",
    BREAKS: "br",
    META: "meta",
    # Their names describe the whole page, not its content.
    WHOLE: "html head body main",
    SKIPPED: """
        script style svg textarea select iframe object canvas video audio map noscript math
        datalist applet embed frameset title
    """,
}
TAG_EFFECTS: Final = {
    tag: effect for effect, tags in _TAGS_BY_EFFECT.items() for tag in tags.split()
}
"""The effect of each tag; of others it is INLINE."""

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
"""The marks that a tag gives by itself."""

HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

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
# WordPress names the element of a post or a comment after its subjects and its author as well.
_SUBJECT_PREFIXES: Final = (
    "comment-author-", "category-", "tag-", "format-", "type-", "status-", "post_format",
)  # fmt: skip
_STEMS: Final = ("comment", "kommentar", "commentaire", "comentario", "review")

# The lists of words beside a word for comments, and alone; the first that holds one counts.
_MARKS_IN_COMMENTS: Final = (
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
_PART_WORDS: Final = frozenset(word for name, _ in _MARKS_IN_COMMENTS for word in _WORDS[name])
_FURNITURE_PAIRS: Final = (("pairs_first", "pairs_second"), ("links_first", "links_second"))
_POSTS: Final = frozenset({"p", "post", "msg", "message", "postcount", "reply", "c", "td"})
# Beside a word for many comments these name a single one, not the wrapper around all.
_SINGLES: Final = frozenset({"item", "entry", "single", "eintrag", "row", "card", "unit"})
# Names of a button to answer.
_ANSWERS: Final = frozenset({"reply", "replies", "antwort", "reponse", "respuesta", "responses"})
_RECENT: Final = frozenset(
    {"recent", "latest", "neueste", "letzte", "recientes", "derniers", "ultimi"}
)
_STATES: Final = frozenset(
    {"odd", "even", "first", "last", "depth", "alt", "top", "root", "new", "old"}
)

# Microdata and RDFa. Plain numbers: they are combined for each element of a page.
_FURNITURE: Final = int(Mark.FURNITURE)
_PARTS: Final = int(PARTS)
_SURE_ITEM: Final = int(Mark.ITEM | Mark.SURE)
_COMMENT_TYPES: Final = ("Comment", "UserComments", "Review", "UserReview", "Answer")
_COMMENT_PROPERTIES: Final = frozenset(
    {"comment", "comments", "review", "reviews", "suggestedAnswer"}
)
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


def element_marks(attributes: Mapping[str, str]) -> int:
    """Return the marks of an element by its attributes."""
    marks = 0
    get = attributes.get
    name = get("class")
    if name:
        marks = name_marks(name)
    name = get("id")
    if name:
        id_marks = name_marks(name)
        # A class says what an element is; an id may be made of the names of those around it.
        marks |= id_marks & ~_PARTS if marks & _SURE_ITEM == _SURE_ITEM else id_marks
    if "itemprop" in attributes or "itemtype" in attributes:
        marks |= _microdata_marks(attributes)
    if "typeof" in attributes or "property" in attributes:
        marks |= _rdfa_marks(attributes)
    if "hidden" in attributes or "none" in get("style", ""):
        marks |= _FURNITURE
    return marks


@lru_cache(CACHED)
def name_marks(name: str) -> int:
    """Return the marks of a class, which may hold several names, or of an id."""
    sure = unsure = Mark(0)
    for token in name[:MAX_NAME].split():
        if not token.startswith(_SUBJECT_PREFIXES):
            marks = _token_marks(token)
            if marks & Mark.SURE:
                sure |= marks
            else:
                unsure |= marks
    if sure & Mark.ITEM:
        # A name for a comment outweighs one that only sounds like a part of one.
        unsure &= ~PARTS
    if unsure & Mark.BODY:
        unsure &= ~(Mark.AUTHOR | Mark.TIME)
    if unsure & Mark.STORY:
        unsure &= ~Mark.FURNITURE
    return int(sure | unsure)


@lru_cache(CACHED)
def _token_marks(token: str) -> Mark:
    """Return the marks of a single name."""
    pieces = [piece.lower() for piece in _NAME_PIECE.findall(token)]
    numbers = [piece for piece in pieces if piece.isdecimal()]
    words = [piece for piece in pieces if not piece.isdecimal()]
    numbered = Mark.NUMBERED if any(len(n) >= MIN_NUMBER for n in numbers) else Mark(0)
    words = [part for word in words for part in _split_compound(word)]
    comment = next((word for word in words if word in _COMMENT), None)
    if comment is not None:
        return _comment_marks(comment, frozenset(words) - _COMMENT, words) | numbered
    return _plain_marks(words, "".join(words)) | numbered


def _split_compound(word: str) -> tuple[str, ...]:
    """Split a word with a word for comments in it ("commentlist", "recentcomments")."""
    if word not in _COMMENT:
        if word.endswith("comments"):
            return (word.removesuffix("comments"), "comments")
        for stem in _STEMS:
            if word.startswith(stem):
                rest = word[len(stem) :]
                if rest.removeprefix("s") in _PART_WORDS:
                    plural = rest.startswith("s") and stem + "s" in _MANY
                    return (stem + "s" if plural else stem, rest.removeprefix("s"))
    return (word,)


def _comment_marks(comment: str, rest: frozenset[str], words: list[str]) -> Mark:
    """Return the marks of a name with a word for comments and the `rest` beside it."""
    sure = Mark(0) if comment in _SHARED else Mark.SURE
    rest |= {word for word in words if word in _SHARED and word != comment}
    if comment in _ANSWERS and not rest:
        return Mark.TOOL
    if rest & _WORDS["elsewhere"]:
        return Mark.ELSEWHERE if rest & _RECENT else Mark.FRAME if "no" in rest else Mark(0)
    part = next((mark for name, mark in _MARKS_IN_COMMENTS if rest & _WORDS[name]), None)
    if part is None:
        # A word before the one for comments is the site's name; behind it, an unknown part.
        last = words[-1] in _COMMENT or words[-1] in _STATES
        part = Mark.ITEM if last or comment in _MANY else Mark(0)
    if part in {Mark.ITEM, Mark.AREA} and comment in _MANY:
        part = Mark.ITEM if rest & _SINGLES else Mark.AREA
    if part is Mark.FORM:
        sure |= Mark.FURNITURE
    return part | sure


def _plain_marks(words: list[str], joined: str) -> Mark:
    """Return the marks of a name without a word for comments."""
    held = frozenset(words)
    marks = next((mark for name, mark in _MARKS_ALONE if held & _WORDS[name]), Mark(0))
    if words and words[-1] in _POSTS:
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


def _is_furniture(held: frozenset[str], words: list[str]) -> bool:
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


def _is_picture(held: frozenset[str], words: list[str]) -> bool:
    """Tell whether a name is one of a picture or its caption."""
    if not held & _WORDS["picture"]:
        return False
    if held & _WORDS["under_picture"]:
        return True
    return words[-1] in _WORDS["picture"] and not held & _WORDS["beside_picture"]


def _microdata_marks(attributes: Mapping[str, str]) -> int:
    """Return the marks of ``itemtype`` and ``itemprop``."""
    marks = 0
    if attributes.get("itemtype", "").rstrip("/").endswith(_COMMENT_TYPES):
        marks = _SURE_ITEM
    for name in attributes.get("itemprop", "").split():
        marks |= _PROPERTIES.get(name, 0)
        if name in _COMMENT_PROPERTIES and "itemscope" in attributes:
            marks |= _SURE_ITEM
    return marks


def _rdfa_marks(attributes: Mapping[str, str]) -> int:
    """Return the marks of ``typeof`` and ``property``."""
    marks = 0
    for name in attributes.get("typeof", "").split():
        if name.endswith(_COMMENT_TYPES):
            marks |= _SURE_ITEM
    for name in attributes.get("property", "").split():
        marks |= _PROPERTIES.get(name, 0)
    return marks
