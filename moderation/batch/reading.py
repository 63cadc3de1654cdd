"""A page's file -> its text."""

import re
from pathlib import Path
from typing import NamedTuple

from charset_normalizer import from_bytes

from moderation.batch.summary import shown_path
from moderation.errors import UnreadablePage

UTF8 = "utf-8"
_NOT_YET = {
    ".html": "HTML",
    ".htm": "HTML",
    ".xhtml": "HTML",
    ".mhtml": "HTML",
    ".warc": "WARC",
    ".gz": "compressed",
    ".zip": "compressed",
    ".pdf": "PDF",
}
_HTML = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)
# Signs that no text has. A few must not make a page unreadable, or a comment that holds one would
# keep its whole page from being judged.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
STRAY_CONTROLS = 16
MOST_CONTROLS = 0.02


class PageText(NamedTuple):
    """A page's text, without a byte order mark, and the encoding it was read as."""

    text: str
    encoding: str


def read_page(path: Path, *, limit: int) -> PageText:
    """Read a plain-text page.

    Parameters
    ----------
    path : Path
    limit : int
        Most bytes it may have.

    Raises
    ------
    UnreadablePage
        If it is missing, over the limit, not text, in no encoding that can be told, or in a format
        that is not supported yet.
    """
    where = shown_path(path)
    data = _read(path, where, limit)
    if not data.strip():
        raise UnreadablePage("The file is empty.", where=where)
    page = _decode(data, where)
    if _HTML.match(page.text[:1000]):
        raise _unsupported("HTML", where)
    if len(_CONTROL.findall(page.text)) > max(STRAY_CONTROLS, MOST_CONTROLS * len(page.text)):
        raise UnreadablePage("The file is not text.", where=where)
    return page


def _read(path: Path, where: str, limit: int) -> bytes:
    if path.suffix.lower() in _NOT_YET:
        raise _unsupported(_NOT_YET[path.suffix.lower()], where)
    try:
        if path.exists() and not path.is_file():
            raise UnreadablePage("Not a regular file.", where=where)
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UnreadablePage(f"The file cannot be read: {error.strerror}.", where=where) from None
    if len(data) > limit:
        raise UnreadablePage(
            f"The file is over the limit of {limit} bytes.",
            where=where,
            remedy="Raise the setting `max_page_bytes`, or cut the file.",
        )
    return data


def _decode(data: bytes, where: str) -> PageText:
    if b"\0" in data:
        raise UnreadablePage(
            "The file is not text: it holds NUL bytes.",
            where=where,
            remedy="Save a text in UTF-16 or UTF-32 as UTF-8.",
        )
    try:
        return PageText(data.decode("utf-8-sig"), UTF8)
    except UnicodeDecodeError:
        best = from_bytes(data).best()
    if best is None:
        raise UnreadablePage(
            "The file's encoding cannot be told.", where=where, remedy="Save it as UTF-8."
        )
    return PageText(str(best), best.encoding)


def _unsupported(name: str, where: str) -> UnreadablePage:
    return UnreadablePage(
        f"{name} files are not supported yet.",
        where=where,
        remedy="Save the page as plain text (.txt).",
    )
