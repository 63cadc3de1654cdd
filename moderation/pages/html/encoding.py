"""The bytes of a page -> its characters, whatever encoding they are said to be in."""

import codecs
import re

from charset_normalizer import from_bytes

from moderation.errors import UnreadablePage

# The encodings that pages are written in. Python knows others, and some take time in proportion to
# the square of the length. Where browsers read a name as a larger encoding, so is it read here.
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "utf-8-sig": "utf-8",
}
CHARSETS = frozenset(
    codecs.lookup(name).name
    for name in (
        *(f"cp{number}" for number in (874, 932, 949, *range(1250, 1259))),
        *(f"iso8859-{number}" for number in (*range(1, 12), *range(13, 17))),
        *("ascii", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u"),
        *("tis-620", "big5", "euc-jp", "euc-kr", "gb18030", "gb2312", "gbk", "shift_jis"),
        "mac-cyrillic",
    )
)
_META = re.compile(
    rb"""<meta\b[^>]{0,200}?\bcharset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE
)
_XML = re.compile(rb"""\s{0,9}<\?xml\b[^>]{0,100}?\bencoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})""")
_HEAD_BYTES = 4096
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FILES = (
    b"%PDF-",
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x28\xb5\x2f\xfd",
)
_BROKEN = re.compile(rb"[\x80-\xff]+")
MOST_NULS = 0.01
STRAY_NULS = 64
"""A few must not make a page unreadable, or a comment with one would hide its whole page."""

SAMPLE = 1 << 13
"""Bytes by which an encoding is guessed where none that is named fits."""

STRAY = 0.02
"""Share of the bytes outside ASCII that may be broken in a page that says it is UTF-8."""


def to_utf8(data: bytes, charset: str | None = None) -> bytes:
    """Return a page in UTF-8.

    What is UTF-8 throughout is read as that, whatever it is said to be; else the encoding is the
    one in its byte order mark, in `charset`, in the page itself, or the one it looks like. Bytes
    that are no character become U+FFFD.

    Parameters
    ----------
    data : bytes
    charset : str, optional
        What the header of the answer said.

    Raises
    ------
    UnreadablePage
        If it is no text at all.
    """
    if data.startswith(_FILES):
        raise UnreadablePage("The page is not HTML but another kind of file.")
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _recoded(data[len(mark) :], codec)
    if b"\0" in data:
        codec = _known(charset) or ""
        if codec.startswith("utf-16"):
            return _recoded(data, codec)
        if data.count(b"\0") > max(STRAY_NULS, MOST_NULS * len(data)):
            raise UnreadablePage("The page is not text: it holds many NUL bytes.")
        data = data.replace(b"\0", b" ")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        said = [codec for codec in map(_known, (charset, _named(data))) if codec]
        return _recoded(data, _best(data, said))
    return data


def _named(data: bytes) -> str | None:
    head = data[:_HEAD_BYTES]
    match = _META.search(head) or _XML.match(head)
    return match[1].decode("ascii", "replace") if match else None


def _known(name: str | None) -> str | None:
    try:
        codec = codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        return None
    return _WIDER.get(codec, codec) if codec in CHARSETS else None


def _best(data: bytes, said: list[str]) -> str:
    """Return the encoding of bytes that are not all UTF-8."""
    for codec in said:
        # UTF-16 that was not met above is ASCII with a wrong name.
        if codec == "utf-8" and _is_nearly_utf8(data):
            return codec
        if not codec.startswith("utf-"):
            return codec
    foreign = b" ".join(_BROKEN.findall(data[: 64 * SAMPLE]))
    if not said and _is_nearly_utf8(data):
        return "utf-8"
    best = from_bytes(_around(data, foreign), cp_isolation=sorted(CHARSETS)).best()
    return _known(best.encoding) or "cp1252" if best is not None else "cp1252"


def _is_nearly_utf8(data: bytes) -> bool:
    broken = data.decode("utf-8", "replace").count("\ufffd")
    return broken <= STRAY * sum(map(len, _BROKEN.findall(data))) + 1


def _around(data: bytes, foreign: bytes) -> bytes:
    """Return a sample with enough bytes outside ASCII to tell by."""
    match = _BROKEN.search(data)
    start = max(0, (match.start() if match else 0) - SAMPLE // 8)
    return data[start : start + SAMPLE] if foreign else data[:SAMPLE]


def _recoded(data: bytes, codec: str) -> bytes:
    return data.decode(codec, "replace").encode("utf-8", "replace")
