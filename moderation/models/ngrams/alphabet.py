"""The bytes of spelled text, what each is, and the characters that become such bytes."""

import re
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moderation.text.normalise import normalise

Bytes = npt.NDArray[np.uint8]

ASCII = 0x80
"""Bytes from here on are parts of longer characters (UTF-8)."""
LEADS = 0xC0
"""Bytes from here on begin one."""

END = 0
"""Stands between two texts."""
DISGUISED = 1
"""Stands before a word that was spelt so as to hide it."""
SIGN = 3
"""Stands before a sign of more than one byte; any other such character is part of a word."""
OTHER_CONTROL = 4
"""What becomes of the bytes above where a text itself holds them."""
HARD = 255
"""In `FOLDED`: a byte that only `moderation.text.normalise` may judge."""

RARE, ITSELF = -1, -2
"""What stands for the slot of a character that is not common, and of a sign that stays itself."""
PRIVATE = range(0xE000, 0xF900)
PRIVATE_PLANES = 0xF0000
"""Characters for private use, such as emoji of old telephones, and those from here on: signs."""

# What a byte is; a byte can be several of these.
LETTER, DIGIT, SWAP, SPACE, APART, WORD, STOP = (1 << bit for bit in range(7))
SWAPPED = b"013457@$", b"oieastas"
"""Digits and signs, and the letters they stand for inside a word."""

LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"

# Where the characters lie that are common in English comments: Latin letters with accents,
# typographic signs, currencies, arrows, boxes, emoji. Others take the slow way, which knows them
# all.
_COMMON = (
    *range(0xA0, 0x250), *range(0x1E00, 0x1F00), *range(0x2000, 0x2100), *range(0x2190, 0x2300),
    *range(0x2500, 0x27C0), 0x2B50, 0xFE0E, 0xFE0F, 0xFEFF, 0xFFFD, *range(0x1F1E6, 0x1F200),
    *range(0x1F300, 0x1F650), *range(0x1F680, 0x1F700), *range(0x1F900, 0x1FB00),
)  # fmt: skip
_SIGNS = re.compile(r"[!-/:-?\[-`{-~]+")
_NAME = re.compile(r" (?:(?!(\w)\1\1)[a-z ])+ ")


def _kinds() -> Bytes:
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
    """Return what each ASCII byte becomes before disguises are undone."""
    folded = [
        _blank(chr(byte)) if chr(byte).isspace() else chr(byte).lower() for byte in range(128)
    ]
    table = np.array([ord(character) for character in folded], np.uint8)
    table[[DISGUISED, 2, SIGN]] = HARD
    return table


def _blank(character: str) -> str:
    return "\n" if character in LINE_ENDS else " "


KINDS = _kinds()
FOLDED = _folded()
LETTERS = np.arange(256, dtype=np.uint8)
"""For each byte, the letter it stands for inside a word, or itself."""
LETTERS[list(SWAPPED[0])] = list(SWAPPED[1])


class Characters(NamedTuple):
    """The bytes that common characters become: those of slot `i` end at ``ends[i]``."""

    slots: npt.NDArray[np.int32]
    """By code point; or `RARE` or `ITSELF`."""
    pieces: Bytes
    ends: npt.NDArray[np.int32]


@cache
def common_characters() -> Characters:
    """Return the table of common characters, made once a process."""
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
    """Return the bytes a character becomes wherever it stands; None if that cannot be told."""
    plain = normalise(character).plain
    if len(plain) == 1:
        return spell_gap(plain) if plain.isspace() else spell_sign_or_letter(plain)
    harmless = not plain or _SIGNS.fullmatch(plain) or _NAME.fullmatch(plain)
    return plain.encode() if harmless else None


def spell_gap(blanks: str) -> bytes:
    """Return white space as spaces and line ends, one byte each."""
    return "".join(map(_blank, blanks)).encode()


def spell_sign_or_letter(character: str) -> bytes | None:
    """Return the bytes of one character, None for a letter of another alphabet."""
    if ord(character) < ASCII:
        return character.encode() if FOLDED[ord(character)] != HARD else None
    return None if character.isalnum() else bytes([SIGN]) + character.encode()
