"""Shows the signs of a text that a reader cannot see but that change what he reads."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

# Controls, marks that reorder text, and spaces without width. The joiners U+200C and U+200D are
# left alone: Khmer, Persian and emoji need them, and they do not reorder anything.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_BREAK = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")


class Piece(NamedTuple):
    """A run of text, or one hidden sign with its code point (``U+202E``) and name."""

    text: str
    code: str = ""
    name: str = ""


def visible_pieces(text: str) -> Iterator[Piece]:
    r"""Cut a text at its hidden signs; every line break becomes ``\n``."""
    position = 0
    text = _BREAK.sub("\n", text)
    for match in _HIDDEN.finditer(text):
        if match.start() > position:
            yield Piece(text[position : match.start()])
        sign = match.group()
        yield Piece(sign, f"U+{ord(sign):04X}", unicodedata.name(sign, "control character").lower())
        position = match.end()
    if position < len(text):
        yield Piece(text[position:])


def visible_text(text: str) -> str:
    """Return a text on one line, with each hidden sign as its code point in brackets."""
    return " ".join(
        "".join(f"[{piece.code}]" if piece.code else piece.text for piece in visible_pieces(text))
        .replace("\t", " ")
        .split("\n")
    )
