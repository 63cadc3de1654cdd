"""Offsets in UTF-16 code units, as Perspective's clients count them; Python counts characters."""

from bisect import bisect_left
from collections.abc import Iterable

LAST_OF_ONE_UNIT = "\uffff"
"""Characters after this one are two code units in UTF-16."""


def to_utf16(text: str, offsets: Iterable[int]) -> list[int]:
    """Return the UTF-16 offsets of some `str` offsets of a text.

    Parameters
    ----------
    text : str
    offsets : iterable of int
        From 0 to ``len(text)``, in any order.
    """
    wide = [offset for offset, character in enumerate(text) if character > LAST_OF_ONE_UNIT]
    return [offset + bisect_left(wide, offset) for offset in offsets]


def from_utf16(text: str, units: Iterable[int]) -> list[int] | None:
    """Return the `str` offsets of some UTF-16 offsets; None where one is within a character."""
    begins = {unit: offset for offset, unit in enumerate(to_utf16(text, range(len(text) + 1)))}
    offsets = [begins.get(unit) for unit in units]
    return None if None in offsets else [offset for offset in offsets if offset is not None]
