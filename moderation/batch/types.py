"""A piece of the input that is worked on at once."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import NamedTuple


class ShardFormat(StrEnum):
    """How a shard's bytes hold its pages."""

    PAGES = "pages"
    """Files of a page each."""
    WARC = "warc"
    """Records of a WARC file, compressed or not."""
    LINES = "lines"
    """Lines of JSON."""
    TABLE = "table"
    """Rows of Parquet, as an Arrow stream."""


class FailureReason(StrEnum):
    """Why a page, or an input, gave no passages."""

    MISSING = "missing"
    """There is no such file, or no page in it."""
    UNREADABLE = "unreadable"
    """The file system, or the parser, says no."""
    DAMAGED = "damaged"
    """An archive or a compressed file breaks off or has wrong bytes inside."""
    MALFORMED = "malformed"
    """A line or a row is not what it has to be."""
    TOO_LARGE = "too_large"
    """It is over the limit of bytes."""
    EMPTY = "empty"
    """It has no text, or an archive no record."""
    NOT_TEXT = "not_text"
    """It is a picture, a program or the like."""
    TIME = "time"
    """Reading it took longer than the limit."""
    MEMORY = "memory"
    """Reading it took more memory than the limit."""
    CRASH = "crash"
    """Reading it ended the process that read it."""
    JUDGE = "judge"
    """The model failed on it."""


class Skip(StrEnum):
    """Why a record is no page, and nothing is wrong with that."""

    WARCINFO = "warcinfo"
    """It tells of the archive."""
    REQUEST = "request"
    """It is what the crawler asked for."""
    METADATA = "metadata"
    """It tells of another record."""
    REVISIT = "revisit"
    """The page had not changed since an earlier visit, and was not stored again."""
    CONTINUATION = "continuation"
    """It goes on with another record."""
    OTHER = "other"
    """It is of a type of its writer's own."""
    STATUS = "status"
    """The server answered with a redirect or an error."""
    MEDIA = "media"
    """It is a picture, a style sheet or the like."""
    BLANK = "blank"
    """It is a blank line, or a comment without a word."""

    @classmethod
    def of(cls, record_type: str) -> "Skip":
        """Return the reason under which a WARC record without a page is counted, by its type."""
        return cls(record_type) if record_type in _RECORD_TYPES else cls.OTHER


_RECORD_TYPES = frozenset(("warcinfo", "request", "metadata", "revisit", "continuation"))


class Failure(NamedTuple):
    """A page, or a whole input, that was not judged, and why. It never quotes a page."""

    page: str
    reason: FailureReason
    message: str
    position: int | None = None


class PageFile(NamedTuple):
    """A file that holds one page."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Shard:
    """A piece of the input.

    Parameters
    ----------
    number : int
        Its place among the run's shards.
    form : ShardFormat
    source : str
        The input as the outputs name it: a path or a URL; of page files, the first.
    start, end : int
        Its first position and the one behind its last: bytes as they are stored, of a compressed
        table of lines bytes as they are unpacked, of Parquet rows, of page files their number.
    size : int
        How much of the input's stored bytes it stands for.
    records : int
        How many files, records, lines or rows it holds, failures and what was passed over apart.
    files : tuple of PageFile
    data : bytes
    ends : tuple of int
        Of WARC, where the records, or the compressed members, in `data` end.
    failures : tuple of Failure
        What could not be read here at all.
    skipped : tuple of Skip
        What was passed over here, for it is no page and too large to be carried along.
    """

    number: int
    form: ShardFormat
    source: str
    start: int
    end: int
    size: int
    records: int = 0
    files: tuple[PageFile, ...] = ()
    data: bytes = field(default=b"", repr=False)
    ends: tuple[int, ...] = field(default=(), repr=False)
    failures: tuple[Failure, ...] = ()
    skipped: tuple[Skip, ...] = ()

    @property
    def seen(self) -> int:
        """The number of files, records, lines, rows and failures that it stands for."""
        return self.records + len(self.failures) + len(self.skipped)

    def digest(self) -> str:
        """Return the SHA-256 of what the shard holds, names of files included."""
        digest = hashlib.sha256(self.data)
        for file in self.files:
            digest.update(b"%d %d " % (len(file.name.encode()), len(file.data)))
            digest.update(file.name.encode() + file.data)
        for failure in self.failures:
            digest.update("\0".join((failure.page, failure.reason, failure.message)).encode())
        digest.update("\0".join(self.skipped).encode())
        return digest.hexdigest()


class Cut(NamedTuple):
    """Where the input is cut into shards: as soon as one of the two is reached."""

    pages: int
    """Pages in a shard; of bare comments, which are short, twenty times as many."""
    bytes: int
    limit: int
    """Most bytes of a page."""

    @property
    def rows(self) -> int:
        """Lines or rows in a shard."""
        return 20 * self.pages


# FOLDED record: A page or a comment as it was sent.


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


# FOLDED fields: The fields of a line of JSON, or of a row of a table, that are read.

HTML = ("html",)
"""A page's HTML."""
PAGE_TEXT = ("page_text",)
"""A page as plain text."""
COMMENT = ("text", "comment", "comment_text", "body", "content")
"""One passage, taken as a reader's comment whole."""
NAME = ("url", "page", "id")
"""What the outputs call the page, or the page of the comment."""
AUTHOR = ("author", "user", "username")
TIME = ("time", "created_at", "date", "timestamp")
CHARSET = ("charset",)
TITLE = ("title",)
PERMALINK = ("permalink",)

KNOWN_FIELDS = frozenset(
    (*HTML, *PAGE_TEXT, *COMMENT, *NAME, *AUTHOR, *TIME, *CHARSET, *TITLE, *PERMALINK)
)
