"""Character encodings: detects that of a page, and decodes its bytes.

All pages are decoded here: files, WARC records, rows of tables and bodies of requests, so that the
same bytes give the same text everywhere.

The labels of encodings and the declarations in a page are read by w3lib, which knows the names that
browsers know and passes over comments. Which encoding is taken is decided here, for w3lib's own
`html_to_unicode` believes a header whatever the bytes are, and guesses nothing: of 63 short pages
in seven encodings, with right, wrong, unknown and absent labels, it read 39 right, this module 53.
And a label such as ``hex``, which Python knows and which is no encoding of text, ends it with an
error.
"""

import codecs
import re
from typing import NamedTuple

from charset_normalizer import from_bytes
from w3lib.encoding import html_body_declared_encoding, read_bom, resolve_encoding

from moderation.errors import UnreadablePage

UTF8 = "utf-8"

# The encodings that pages are written in, as browsers have them. Python knows others, and some take
# time in proportion to the square of the length.
CHARSETS = frozenset(
    codecs.lookup(name).name
    for name in (
        *(f"cp{number}" for number in (874, 932, 949, *range(1250, 1259))),
        *(f"iso8859-{number}" for number in (*range(2, 9), 10, *range(13, 17))),
        *(UTF8, "utf-16-le", "utf-16-be", "koi8-r", "koi8-u", "mac-cyrillic"),
        *("big5hkscs", "euc-jp", "gb18030"),
    )
)
_SAME = {"utf-8-sig": UTF8, "utf-16": "utf-16-le"}
"""Encodings that differ from another in their byte order mark, which is read before."""
_LABEL = re.compile(r"[\w.:-]{1,40}", re.ASCII)
_HEADER = re.compile(r"charset[ \t]*=[ \t]*[\"']?([^\s;,\"']{1,40})", re.IGNORECASE)
_HTML = re.compile(
    rb"\s{0,99}(?:<\?xml[^>]{0,200}>\s{0,99})?<(?:!doctype\s{1,9}html|html)\b", re.IGNORECASE
)
_OTHER_FILES = (
    b"%PDF-",
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"\x89PNG",
    b"GIF87a",
    b"GIF89a",
    b"\xff\xd8\xff",
    b"\x28\xb5\x2f\xfd",
)
_NON_ASCII = re.compile(rb"[\x80-\xff]+")

# A few control characters must not make a page unreadable, or a comment that holds one would keep
# its whole page from being judged. So many are allowed in any page, and this share of a long one.
STRAY_NULS, MAX_NULS = 64, 0.01
STRAY_CONTROLS, MAX_CONTROLS = 16, 0.02
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1b\x7f]")

SAMPLE = 1 << 13
"""Bytes from which an encoding is guessed where none that is declared fits."""
MAX_BROKEN = 0.02
"""Share of the bytes outside ASCII that may be broken in a page that says it is UTF-8."""
MIN_SOUND = 2
"""Characters of UTF-8 for each broken byte from which on a page is the UTF-8 that it says it is."""
FALLBACK = "cp1252"


class NotText(UnreadablePage):
    """The bytes are a picture, a program or the like, and no text."""


class PageText(NamedTuple):
    """A page's text, without a byte order mark or NUL, and the encoding it was read as."""

    text: str
    encoding: str


def is_html(data: bytes) -> bool:
    """Tell whether a page begins as HTML does."""
    return _HTML.match(data.removeprefix(codecs.BOM_UTF8)[:1000]) is not None


def header_charset(content_type: str) -> str | None:
    """Return the encoding that a header ``Content-Type`` names, as it is written there.

    Servers put blanks around the sign and single quotation marks around the name, which w3lib does
    not read.
    """
    match = _HEADER.search(content_type)
    return match[1] if match else None


def read_text(data: bytes, charset: str | None = None) -> PageText:
    """Return the text of a page of plain text.

    Parameters
    ----------
    data : bytes
    charset : str, optional
        The encoding that the header names. A wrong one does no harm.

    Raises
    ------
    NotText
        If it is not text.
    """
    page = decode(data, charset)
    if len(_CONTROL.findall(page.text)) > max(STRAY_CONTROLS, MAX_CONTROLS * len(page.text)):
        raise NotText("The page is not text: it holds many control characters.")
    return page


def to_utf8(data: bytes, charset: str | None = None) -> bytes:
    """Return a page of HTML re-encoded as UTF-8, for a parser that reads bytes.

    Parameters
    ----------
    data : bytes
    charset : str, optional
        The encoding that the header names. A wrong one does no harm.

    Raises
    ------
    NotText
        If it is not text.
    """
    return decode(data, charset, html=True).text.encode(UTF8, "replace")


def decode(data: bytes, charset: str | None = None, *, html: bool = False) -> PageText:
    """Decode the bytes of a page.

    The encoding is that of the byte order mark; else UTF-8, where the page is valid UTF-8; else
    `charset`, the one that the HTML declares, or the one that is guessed from the bytes. Invalid
    bytes, and NUL, become U+FFFD.

    Parameters
    ----------
    data : bytes
    charset : str, optional
    html : bool
        Whether the page is HTML, which may declare its encoding itself.

    Raises
    ------
    NotText
        If it is another kind of file, or holds many NULs.
    """
    if data.startswith(_OTHER_FILES):
        raise NotText("The page is neither text nor HTML but another kind of file.")
    encoding, mark = read_bom(data)
    if encoding is not None and mark is not None:
        return _decode_as(data[len(mark) :], encoding)
    header = _codec(charset)
    if b"\0" in data:
        if header is not None and header.startswith("utf-16"):
            return _decode_as(data, header)
        if data.count(b"\0") > max(STRAY_NULS, MAX_NULS * len(data)):
            raise NotText(
                "The page is not text: it holds many NUL bytes.",
                remedy="Save a text in UTF-16 or UTF-32 as UTF-8.",
            )
    try:
        return PageText(data.decode(UTF8).replace("\0", "\ufffd"), UTF8)
    except UnicodeDecodeError:
        meta = _codec(html_body_declared_encoding(data)) if html else None
        return _decode_as(data, _choose(data, [codec for codec in (header, meta) if codec]))


def _codec(label: str | None) -> str | None:
    """Return Python's name of an encoding that pages are written in, by one of its labels."""
    if label is None or not _LABEL.fullmatch(label):
        return None
    codec = resolve_encoding(label)
    codec = _SAME.get(codec, codec) if codec else None
    return codec if codec in CHARSETS else None


def _choose(data: bytes, declared: list[str]) -> str:
    """Return the encoding of bytes that are not valid UTF-8: a declared one, or a guess."""
    for codec in declared:
        # UTF-16 would have been recognised by its mark or its NULs: the name is wrong.
        if codec == UTF8 and (_is_nearly_utf8(data) or _is_mostly_utf8(data)):
            return codec
        if not codec.startswith("utf-"):
            return codec
    if not declared and _is_nearly_utf8(data):
        return UTF8
    best = from_bytes(_sample(data), cp_isolation=sorted(CHARSETS)).best()
    return _codec(best.encoding) or FALLBACK if best is not None else FALLBACK


def _is_nearly_utf8(data: bytes) -> bool:
    """Tell whether bytes are UTF-8 but for a few broken ones."""
    broken = data.decode(UTF8, "replace").count("\ufffd")
    non_ascii = sum(map(len, _NON_ASCII.findall(data)))
    # One broken byte among sound ones is a stray; alone it is a letter of an older encoding.
    return broken <= MAX_BROKEN * non_ascii + 1 and 2 * broken < non_ascii


def _is_mostly_utf8(data: bytes) -> bool:
    """Tell whether bytes hold more characters of UTF-8 than broken bytes.

    No other encoding does so by chance: two bytes in a row must be of the kinds that follow each
    other in UTF-8.
    """
    text = data.decode(UTF8, "replace")
    broken = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) - broken >= MIN_SOUND * broken


def _sample(data: bytes) -> bytes:
    """Return the piece around the first bytes outside ASCII, to guess by."""
    match = _NON_ASCII.search(data)
    start = max(0, (match.start() if match else 0) - SAMPLE // 8)
    return data[start : start + SAMPLE]


def _decode_as(data: bytes, codec: str) -> PageText:
    """Decode bytes; invalid ones, and NUL, become U+FFFD."""
    # Bytes that are no UTF-8 in a page that is were pasted from a Western page or program.
    errors = _STRAYS if codec == UTF8 else "replace"
    return PageText(data.decode(codec, errors).replace("\0", "\ufffd"), codec)


def _decode_strays(error: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that are no UTF-8 in the encoding of Western pages."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode(FALLBACK, "replace"), error.end


_STRAYS = "moderation.pages.strays"
codecs.register_error(_STRAYS, _decode_strays)
