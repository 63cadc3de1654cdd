"""Offsets as upstream counts them: in UTF-16 code units, where Python counts characters."""

from bisect import bisect_left
from collections.abc import Iterable

LAST_OF_ONE_UNIT = "\uffff"
"""Characters after this one are two code units in UTF-16."""


def to_utf16(text: str, offsets: Iterable[int]) -> list[int]:
    """Return where the characters at some `str` offsets of a text begin in its UTF-16 form.

    Parameters
    ----------
    text : str
    offsets : iterable of int
        From 0 to ``len(text)``, in any order.
    """
    wide = _wide(text)
    return [offset + bisect_left(wide, offset) for offset in offsets]


def from_utf16(text: str, units: Iterable[int]) -> list[int] | None:
    """Return the `str` offsets of some UTF-16 offsets; None where one is within a character."""
    begins = {unit: offset for offset, unit in enumerate(to_utf16(text, range(len(text) + 1)))}
    found = [begins.get(unit) for unit in units]
    return None if None in found else [offset for offset in found if offset is not None]


def _wide(text: str) -> list[int]:
    return [at for at, character in enumerate(text) if character > LAST_OF_ONE_UNIT]
