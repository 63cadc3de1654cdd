"""The alphabet of spelled text: its bytes, their kinds, and the characters that become them."""

import re
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.text.normalise import normalise

Bytes = npt.NDArray[np.uint8]

ASCII = 0x80
"""The first byte that is part of a longer character (UTF-8); those below are ASCII."""
LEADS = 0xC0
"""The first byte with which a longer character begins."""

END = 0
"""Stands between two texts."""
DISGUISED = 1
"""Stands before a word that was disguised."""
SIGN = 3
"""Stands before a sign of several bytes; any other character of several bytes is part of a word."""
OTHER_CONTROL = 4
"""Replaces the bytes above where a text itself holds them."""
HARD = 255
"""In `FOLDED`, marks a byte that only `moderation.text.normalise` can deal with."""

RARE, ITSELF = -1, -2
"""Slots of a character that is not common, and of a sign that is kept as it is."""
PRIVATE = range(0xE000, 0xF900)
PRIVATE_PLANES = 0xF0000
"""Characters for private use, such as emoji of old telephones. These, and all characters from the
private planes on, are signs."""

# The kinds of a byte, which may be of several.
LETTER, DIGIT, SWAP, SPACE, APART, WORD, STOP = (1 << bit for bit in range(7))
SWAPPED = b"013457@$", b"oieastas"
"""Digits and signs, and the letters that they stand for inside a word."""

LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"

# The characters that are common in English comments: Latin letters with accents, typographic signs,
# currencies, arrows, boxes, emoji. A text with any other goes through `moderation.text.normalise`,
# which is slower and knows them all.
_COMMON = (
    *range(0xA0, 0x250), *range(0x1E00, 0x1F00), *range(0x2000, 0x2100), *range(0x2190, 0x2300),
    *range(0x2500, 0x27C0), 0x2B50, 0xFE0E, 0xFE0F, 0xFEFF, 0xFFFD, *range(0x1F1E6, 0x1F200),
    *range(0x1F300, 0x1F650), *range(0x1F680, 0x1F700), *range(0x1F900, 0x1FB00),
)  # fmt: skip
_SIGNS = re.compile(r"[!-/:-?\[-`{-~]+")
_NAME = re.compile(r" (?:(?!(\w)\1\1)[a-z ])+ ")


def _kinds() -> Bytes:
    """Return the kinds of each byte, as bits."""
    kinds = np.zeros(256, np.uint8)
    for byte in range(256):
        character = chr(byte) if byte < ASCII else "a"
        kinds[byte] = (
            LETTER * ("a" <= chr(byte) <= "z")
            | DIGIT * character.isdigit()
            | SWAP * (byte in SWAPPED[0])
            | SPACE * character.isspace()
            | APART * (character in " .*_-")
            | WORD * character.isalnum()
            | STOP * (character in ".!?")
        )
    return kinds


def _folded() -> Bytes:
    """Return the folded form of each ASCII byte, before disguises are undone."""
    folded = [
        _blank(chr(byte)) if chr(byte).isspace() else chr(byte).lower() for byte in range(ASCII)
    ]
    table = np.array([ord(character) for character in folded], np.uint8)
    table[[DISGUISED, 2, SIGN]] = HARD
    return table


def _blank(character: str) -> str:
    return "\n" if character in LINE_ENDS else " "


KINDS = _kinds()
"""The kinds of each byte, as bits."""
FOLDED = _folded()
"""The folded form of each ASCII byte, or `HARD`."""
LETTERS = np.arange(256, dtype=np.uint8)
"""The letter that each byte stands for inside a word, or the byte itself."""
LETTERS[list(SWAPPED[0])] = list(SWAPPED[1])


class Characters(NamedTuple):
    """The bytes that common characters become: those of slot ``i`` end at ``ends[i]``."""

    slots: npt.NDArray[np.int32]
    """By code point: a slot, `RARE` or `ITSELF`."""
    pieces: Bytes
    ends: npt.NDArray[np.int32]


@cache
def common_characters() -> Characters:
    """Return the table of common characters; it is made once a process."""
    slots = np.full(max(_COMMON) + 1, RARE, np.int32)
    slots[PRIVATE.start : PRIVATE.stop] = ITSELF
    pieces = [b""]  # slot 0 is empty, so that every slot begins where another ends
    for point in _COMMON:
        piece = _piece(chr(point))
        if piece is not None:
            slots[point] = len(pieces)
            pieces.append(piece)
    ends = np.cumsum([len(piece) for piece in pieces], dtype=np.int32)
    return Characters(slots, np.frombuffer(b"".join(pieces), np.uint8), ends)


def _piece(character: str) -> bytes | None:
    """Return the bytes that a character becomes wherever it stands; None if that depends."""
    plain = normalise(character).plain
    if len(plain) == 1:
        return spell_gap(plain) if plain.isspace() else spell_sign_or_letter(plain)
    harmless = not plain or _SIGNS.fullmatch(plain) or _NAME.fullmatch(plain)
    return plain.encode() if harmless else None


def spell_gap(blanks: str) -> bytes:
    """Return white space as spaces and line ends, one byte for each character."""
    return "".join(map(_blank, blanks)).encode()


def spell_sign_or_letter(character: str) -> bytes | None:
    """Return the bytes of one character, None for a letter of another alphabet."""
    if ord(character) < ASCII:
        return character.encode() if FOLDED[ord(character)] != HARD else None
    return None if character.isalnum() else bytes([SIGN]) + character.encode()
