"""A page of plain text: its bytes -> its characters."""

import codecs
import re
from typing import NamedTuple

from charset_normalizer import from_bytes

from moderation.errors import UnreadablePage

UTF8 = "utf-8"
ENOUGH = 1 << 16
"""Bytes by which an encoding is told; more take long and make it no more certain."""
_HTML = re.compile(
    rb"\s{0,99}(?:<\?xml[^>]{0,200}>\s{0,99})?<(?:!doctype\s{1,9}html|html)\b", re.IGNORECASE
)
# Python knows encodings besides that take time in proportion to the square of the length.
_TOLD = ("big5", "cp125", "cp874", "euc", "gb", "iso8859", "koi8", "shift_jis", "utf-16")
# Signs that no text has. A few must not make a page unreadable, or a comment that holds one would
# keep its whole page from being judged.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
STRAY_CONTROLS = 16
MOST_CONTROLS = 0.02


class NotText(UnreadablePage):
    """A page is a picture, a program or the like."""


class Empty(UnreadablePage):
    """A page has no text."""


class PageText(NamedTuple):
    """A page's text, without a byte order mark, and the encoding it was read as."""

    text: str
    encoding: str


def is_html(data: bytes) -> bool:
    """Whether a page begins as HTML does."""
    return _HTML.match(data.removeprefix(b"\xef\xbb\xbf")[:1000]) is not None


def read_text(data: bytes, charset: str | None = None) -> PageText:
    """Read a page of plain text.

    Parameters
    ----------
    data : bytes
    charset : str, optional
        The encoding it is said to be in; where that is wrong it does no harm.

    Raises
    ------
    UnreadablePage
        If it is not text, or in no encoding that can be told.
    """
    if not data.strip():
        raise Empty("The page is empty.")
    page = _decode(data, charset)
    if len(_CONTROL.findall(page.text)) > max(STRAY_CONTROLS, MOST_CONTROLS * len(page.text)):
        raise NotText("The page is not text.")
    return page


def _decode(data: bytes, charset: str | None) -> PageText:
    encoding = _known(charset)
    if b"\0" in data and encoding is None:
        raise NotText(
            "The page is not text: it holds NUL bytes.",
            remedy="Save a text in UTF-16 or UTF-32 as UTF-8.",
        )
    try:
        return PageText(data.decode("utf-8-sig"), UTF8)
    except UnicodeDecodeError:
        pass  # an older encoding
    if encoding is None:
        best = from_bytes(data[:ENOUGH]).best()
        encoding = None if best is None else best.encoding
    if encoding is None:
        raise NotText("The page's encoding cannot be told.", remedy="Save it as UTF-8.")
    return PageText(data.decode(encoding, "replace"), encoding)


def _known(charset: str | None) -> str | None:
    try:
        name = codecs.lookup(charset or "").name
    except (LookupError, ValueError):
        return None
    return name if name.startswith(_TOLD) else None
