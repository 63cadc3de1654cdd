"""What all attributes of an element say about it."""

from collections.abc import Mapping
from typing import Final

from moderation.pages.html.names.marks import PARTS, Mark, marks_of
from moderation.pages.html.names.standards import microdata, rdfa

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
