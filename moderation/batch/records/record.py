"""A page or a comment as it was sent."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from moderation.batch.inputs.shard import Failure, Skip


class Media(Enum):
    """What a record's bytes are."""

    HTML = auto()
    TEXT = auto()
    UNTOLD = auto()
    """A page that is HTML or text."""
    COMMENT = auto()
    """A single comment, in `Record.text`."""


class PageRecord(NamedTuple):
    """A page or a comment as it was sent.

    Parameters
    ----------
    page : str
        What the outputs call it: an address, or a path.
    position : int
        Where it stands in its source.
    media : Media
    data : bytes
    charset : str or None
        The encoding that it is said to be in.
    url : str or None
    text, author, time, title, permalink : str or None
        Of a comment; a page tells them itself.
    """

    page: str
    position: int
    media: Media
    data: bytes = b""
    charset: str | None = None
    url: str | None = None
    text: str = ""
    author: str | None = None
    time: str | None = None
    title: str | None = None
    permalink: str | None = None


Records = Iterator[PageRecord | Failure | Skip]
"""A shard's content, in order: for each of its files, records, lines or rows one of these."""
