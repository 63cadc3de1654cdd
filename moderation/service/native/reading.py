"""A page's bytes -> its passages; it runs in the processes of `Readers`, and imports little."""

import codecs
import re
from typing import NamedTuple

from moderation.errors import UnreadablePage
from moderation.pages import Page, read_html, split_page, tell_languages
from moderation.pages.html.encoding import CHARSETS
from moderation.text.check import clean_text

TEXT, HTML = "text/plain", "text/html"

_META = re.compile(
    rb"""<meta\b[^>]{0,200}?\bcharset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE
)
_HEAD_BYTES = 1024


class Sent(NamedTuple):
    """A page as it was sent: its bytes, what they are said to be, and their encoding, if told."""

    data: bytes
    kind: str
    charset: str | None


def read_sent(sent: Sent) -> Page:
    """Return a page, split into passages with their languages.

    Raises
    ------
    UnreadablePage
        If its encoding is not known or not the one it is said to be, or it is nested too deeply.
    """
    text = decode(sent)
    page = read_html(text.encode()) if sent.kind == HTML else split_page(text)
    return tell_languages(page)


def decode(sent: Sent) -> str:
    """Return a page's characters; NUL becomes U+FFFD, so that every offset stays.

    The encoding is the one in the header, else, for HTML, the one that the page names, else UTF-8.
    """
    named = sent.charset
    if named is None and sent.kind == HTML:
        meta = _META.search(sent.data[:_HEAD_BYTES])
        named = meta and meta[1].decode("ascii", "replace")
    try:
        codec = codecs.lookup(named or "utf-8").name
    except (LookupError, ValueError):
        codec = ""
    if codec not in CHARSETS:
        raise UnreadablePage(
            "The page's encoding is not one that is known here.",
            where="headers",
            remedy="Send it in UTF-8.",
        )
    try:
        # utf-8-sig drops a byte order mark, which no reader sees.
        text = sent.data.decode("utf-8-sig" if codec == "utf-8" else codec)
    except UnicodeDecodeError as error:
        raise UnreadablePage(
            f"The page is not {codec} at byte {error.start}.",
            where="body",
            remedy="Send it in UTF-8, or name its encoding: Content-Type: text/html; charset=...",
        ) from None
    return clean_text(text)
