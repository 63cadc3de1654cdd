"""Pages that a browser saved as MHTML: a message of several parts, of which one is the page."""

import re
from datetime import UTC
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from moderation.errors import UnreadablePage

_HEAD = re.compile(
    rb"\A(?:[!-9;-~]{1,60}:[^\n]{0,2000}\r?\n(?:[ \t][^\n]{0,2000}\r?\n){0,20}){1,40}"
)
_RELATED = re.compile(rb"^content-type:[ \t]*multipart/related\b", re.IGNORECASE | re.MULTILINE)


class SavedPage(NamedTuple):
    """The page in an MHTML file.

    Parameters
    ----------
    html : bytes
    charset, url, captured : str or None
        As the file names them; `captured` in ISO 8601.
    """

    html: bytes
    charset: str | None
    url: str | None
    captured: str | None


def is_mhtml(data: bytes) -> bool:
    """Tell whether a file begins as MHTML does: with headers that announce related parts."""
    head = _HEAD.match(data[: 1 << 14])
    return head is not None and _RELATED.search(head[0]) is not None


def read_mhtml(data: bytes) -> SavedPage:
    """Return the page in an MHTML file, without its pictures and style sheets.

    Raises
    ------
    UnreadablePage
        If none of its parts is HTML.
    """
    message = message_from_bytes(data, policy=policy.compat32)
    for part in message.walk():
        if part.get_content_type() in {"text/html", "application/xhtml+xml"}:
            html = part.get_payload(decode=True)
            if isinstance(html, bytes):
                break
    else:
        raise UnreadablePage("The MHTML file holds no HTML.", remedy="Save the page anew.")
    address = message["Snapshot-Content-Location"] or part["Content-Location"]
    return SavedPage(html, part.get_content_charset(), _address(address), _moment(message["Date"]))


def _address(value: object) -> str | None:
    text = "".join(str(value or "").split())
    return text if text.startswith(("http://", "https://")) else None


def _moment(value: object) -> str | None:
    try:
        moment = parsedate_to_datetime(str(value))
    except (ValueError, TypeError, OverflowError):
        return None
    # "-0000" is universal time that says nothing about where it was told.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
