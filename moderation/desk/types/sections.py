"""Sections: comments that belong together by where they come from."""

from enum import StrEnum
from typing import NamedTuple


class SectionField(StrEnum):
    """The field of a comment by which it belongs to a section."""

    SOURCE = "source"
    COMMUNITY = "community"
    PAGE = "page"
    """The address of its page, of which a section has the beginning."""


class Section(NamedTuple):
    """A section: the comments whose field has a value, or for pages begins with it."""

    field: SectionField
    value: str
