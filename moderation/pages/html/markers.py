"""Element markers: what an element is by its tag, class, id, microdata and RDFa, as bit flags.

The names of elements are read by `moderation.pages.html.names`; `element_marks` adds the types and
properties of schema.org.
"""

import re
from collections.abc import Mapping
from typing import Final

from moderation.pages.html.marks import PARTS, Mark
from moderation.pages.html.names import name_marks

# The effect of a tag on the text around it, in this order, so that one comparison tells the tags
# that need more than a look at their attributes.
INLINE, LINE, ANCHOR, VOID, BREAKS, META, WHOLE, SKIPPED = range(8)

_TAGS_BY_EFFECT: Final = {
    LINE: """
        address article aside blockquote center dd details dialog div dl dt fieldset figcaption
        figure footer form h1 h2 h3 h4 h5 h6 header hr legend li nav ol option p pre section
        summary table tbody td tfoot th thead tr ul button caption hgroup menu
    """,
    ANCHOR: "a",
    VOID: "img input link source wbr col base param area track",
    BREAKS: "br",
    META: "meta",
    # Their names describe the whole page, not its content.
    WHOLE: "html head body main",
    SKIPPED: """
        script style svg textarea select iframe object canvas video audio map noscript math
        datalist applet embed frameset title template
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

_WRAPPERS: Final = int(Mark.ITEM | Mark.AREA)


class _Tags(dict[str, tuple[int, int]]):
    """The effect and the marks of each tag."""

    def __missing__(self, tag: str) -> tuple[int, int]:
        """Return those of a tag that HTML does not have.

        The name of an element that a site defines itself says what it is, as a class does.
        """
        marks = name_marks(tag) if "-" in tag else 0
        return (LINE if marks & _WRAPPERS else INLINE), marks


TAGS: Final = _Tags(
    {
        tag: (TAG_EFFECTS.get(tag, INLINE), TAG_MARKS.get(tag, 0))
        for tag in TAG_EFFECTS.keys() | TAG_MARKS.keys()
    }
)
"""The effect and the marks of each tag, custom elements included."""

HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

# Microdata and RDFa. Plain numbers: they are combined for each element of a page.
_FURNITURE: Final = int(Mark.FURNITURE)
_UNSEEN: Final = int(Mark.FURNITURE | Mark.TOOL)
_TIME: Final = int(Mark.TIME)
_TOOL: Final = int(Mark.TOOL)
_ITEM: Final = int(Mark.ITEM)
_PHRASES: Final = frozenset({"span", "a", "b", "strong", "i", "em", "small"})
_STAMPED: Final = _PHRASES | {"abbr", "time"}
_EDITS: Final = frozenset({"del", "ins"})
# A title that is a time, as of a date in words ("2 hours ago").
_DATED = re.compile(
    r"\s{0,3}\d{4}-\d\d-\d\d"
    r"(?:[T ]\d\d:\d\d\S{0,20}(?:\s\d{9,13}|\s[^\d\n]{1,40}[\d.]{0,5})?)?\s{0,3}\Z"
)
# What a screen reader is told of a comment.
_LABELLED = re.compile(
    r"(?:comment|reply|kommentar|antwort|commentaire|réponse|comentario|comentário|respuesta)"
    r" (?:by|from|von|de|da|par) \S",
    re.IGNORECASE,
)
_SECONDS_ATTRIBUTES: Final = ("data-utime", "data-timestamp", "data-livestamp", "data-ts")
"""Attributes of phrases that tell a time in seconds."""
_LABELLED_TAGS: Final = frozenset({"li", "article", "div", "section"})
_TELLING: Final = frozenset(
    {
        "itemprop",
        "itemtype",
        "typeof",
        "property",
        "datetime",
        "title",
        "hidden",
        "style",
        "aria-label",
        "data-automation",
        "data-qa",
        "data-test",
        "data-testid",
    }
)
"""Attributes that tell more of an element than its names do."""
_TESTED: Final = ("data-testid", "data-automation", "data-qa", "data-test")
_PARTS: Final = int(PARTS)
_SURE: Final = int(Mark.SURE)
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
    if _TELLING.isdisjoint(attributes):
        return marks
    if "itemprop" in attributes or "itemtype" in attributes:
        marks |= _microdata_marks(attributes)
    if "typeof" in attributes or "property" in attributes:
        marks |= _rdfa_marks(attributes)
    if "datetime" in attributes or ("title" in attributes and _DATED.match(attributes["title"])):
        marks |= _TIME
    if "aria-label" in attributes and _LABELLED.match(attributes["aria-label"]):
        marks |= _SURE_ITEM
    marks |= _tested_marks(attributes)
    if "hidden" in attributes:
        marks |= _UNSEEN
    elif "none" in get("style", ""):
        marks |= _FURNITURE
    return marks


def _tested_marks(attributes: Mapping[str, str]) -> int:
    """Return the marks of the names by which a site's own tests find an element.

    They are kept where styles have made-up names. Only names for comments count: "author" and
    "content" are tested anywhere.
    """
    marks = 0
    for attribute in _TESTED:
        if attribute in attributes:
            tested = name_marks(attributes[attribute])
            marks |= tested if tested & _SURE else 0
    return marks


def tag_marks(tag: str, attributes: Mapping[str, str]) -> int:
    """Return the marks of an element by its attributes and its tag."""
    marks = element_marks(attributes)
    if tag in _PHRASES and marks & _ITEM and marks & _PARTS:
        # The anchor of a comment ("#comment-7") may stand at its number.
        marks &= ~_ITEM
    if tag in _EDITS:
        return marks & ~_TIME
    if tag in _STAMPED and any(
        attributes.get(name, "")[:1].isdecimal() for name in _SECONDS_ATTRIBUTES
    ):
        marks |= _TIME
    return marks | _TOOL if tag == "a" and "more" in attributes.get("class", "") else marks


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
