"""What microdata and RDFa say about an element."""

from collections.abc import Mapping
from typing import Final

from moderation.pages.html.names.marks import Mark

_ONE: Final = int(Mark.ITEM | Mark.SURE)
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
        marks = _ONE
    for name in attributes.get("itemprop", "").split():
        marks |= _PROPERTIES.get(name, 0)
        if name in _COMMENTS and "itemscope" in attributes:
            marks |= _ONE
    return marks


def rdfa(attributes: Mapping[str, str]) -> int:
    """Return the marks of ``typeof`` and ``property``."""
    marks = 0
    for name in attributes.get("typeof", "").split():
        if name.endswith(_TYPES):
            marks |= _ONE
    for name in attributes.get("property", "").split():
        marks |= _PROPERTIES.get(name, 0)
    return marks
