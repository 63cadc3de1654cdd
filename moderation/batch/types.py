"""Shards of a batch run's input, the page records read from them, and reasons for reading none."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from pathlib import PurePath
from typing import NamedTuple

MAX_SUFFIX = 12
"""Characters of a suffix by which files are counted; ``index.html?page=2`` has a longer one."""


class FailureReason(StrEnum):
    """Reasons why a page, or a whole input, gave no passages."""

    MISSING = "missing"
    """There is no such file, or no page in it."""
    UNREADABLE = "unreadable"
    """The file system, or the parser, refuses it."""
    DAMAGED = "damaged"
    """An archive or a compressed file breaks off or has wrong bytes inside."""
    MALFORMED = "malformed"
    """A line or a row is not in the expected format."""
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
    UNSUPPORTED = "unsupported"
    """It is in a format that is not read."""


class Failure(NamedTuple):
    """A page, or a whole input, that was not judged, and the reason. It never quotes a page."""

    page: str
    reason: FailureReason
    message: str
    position: int | None = None


class SkipReason(StrEnum):
    """Reasons why a sound record holds no page; none of them is a failure."""

    WARCINFO = "warcinfo"
    """It describes the archive."""
    REQUEST = "request"
    """It is the crawler's request."""
    METADATA = "metadata"
    """It describes another record."""
    REVISIT = "revisit"
    """The page had not changed since an earlier visit, and was not stored again."""
    CONTINUATION = "continuation"
    """It continues another record."""
    OTHER = "other"
    """It is of a type that the WARC standard does not define."""
    STATUS = "status"
    """The server answered with a redirect or an error."""
    MEDIA = "media"
    """It is a picture, a style sheet or the like."""
    BLANK = "blank"
    """It is a blank line, or a comment without a word."""
    FILE = "file"
    """It is a file in a folder, and no page, archive or table."""

    @classmethod
    def of(cls, record_type: str) -> "SkipReason":
        """Return the reason under which a WARC record without a page is counted, by its type."""
        return cls(record_type) if record_type in _RECORD_TYPES else cls.OTHER


_RECORD_TYPES = frozenset(("warcinfo", "request", "metadata", "revisit", "continuation"))


class SkippedFile(NamedTuple):
    """A file in a folder that is no page, archive or table, by its name in the outputs."""

    name: str

    @property
    def suffix(self) -> str:
        """The suffix of its name, in lower case; empty where it has none."""
        return PurePath(self.name).suffix.lower()[:MAX_SUFFIX]


class Media(Enum):
    """The kinds of content that a record may have."""

    HTML = auto()
    TEXT = auto()
    UNKNOWN = auto()
    """A page that is HTML or text."""
    COMMENT = auto()
    """A single comment, in `PageRecord.text`."""


class PageRecord(NamedTuple):
    """A page or a comment as the input holds it.

    Parameters
    ----------
    page : str
        The page's name in the outputs: an address, or a path.
    position : int
        Its place in its source.
    media : Media
    data : bytes
    charset : str or None
        The encoding that the input declares.
    url : str or None
    text, author, time, title, permalink : str or None
        The fields of a comment; those of a page are extracted from `data`.
    id, captured : str or None
        The record's own name, and the moment at which the page was fetched, as the input has them.
    kept : tuple of (str or None)
        The values of the columns that are to be kept.
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
    id: str | None = None
    captured: str | None = None
    kept: tuple[str | None, ...] = ()


Records = Iterator[PageRecord | Failure | SkipReason]
"""A shard's content, in order: one item for each of its files, records, lines or rows."""


class ShardFormat(StrEnum):
    """The formats in which a shard holds its pages."""

    PAGES = "pages"
    """Files of one page each."""
    WARC = "warc"
    """Records of a WARC file, compressed or not."""
    LINES = "lines"
    """Lines of JSON."""
    ROWS = "rows"
    """Rows of CSV or elements of a JSON array, each a line of JSON: its position and its values."""
    TABLE = "table"
    """Rows of Parquet, as an Arrow stream."""


class ShardLimits(NamedTuple):
    """The size at which a shard ends: as soon as it has so many pages or so many bytes.

    Parameters
    ----------
    pages : int
        Pages in a shard; of bare comments, which are short, twenty times as many.
    bytes : int
    page_bytes : int
        Most bytes of a page.
    """

    pages: int
    bytes: int
    page_bytes: int

    @property
    def rows(self) -> int:
        """Lines or rows in a shard."""
        return 20 * self.pages


class PageFile(NamedTuple):
    """A file that holds one page."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Shard:
    """A piece of the input that one worker processes at once.

    Parameters
    ----------
    number : int
        Its place among the run's shards.
    format : ShardFormat
    source : str
        The input as the outputs name it: a path or a URL; of page files, the first.
    start, end : int
        Its first position and the one behind its last: bytes as they are stored, of a compressed
        file of lines decompressed bytes, of CSV its lines, of JSON arrays and Parquet rows, of
        page files their number.
    size : int
        Its share of the input's stored bytes.
    records : int
        The number of files, records, lines or rows in it, without `failures` and `skipped`.
    files : tuple of PageFile
    data : bytes
    ends : tuple of int
        Of WARC, the ends of the records, or of the compressed members, in `data`.
    failures : tuple of Failure
        Records that could not even be put into the shard.
    skipped : tuple of SkipReason
        Records without a page that are too large to be put into the shard, and files that are no
        input.
    suffixes : tuple of str
        The suffixes of the files among `skipped`.
    """

    number: int
    format: ShardFormat
    source: str
    start: int
    end: int
    size: int
    records: int = 0
    files: tuple[PageFile, ...] = ()
    data: bytes = field(default=b"", repr=False)
    ends: tuple[int, ...] = field(default=(), repr=False)
    failures: tuple[Failure, ...] = ()
    skipped: tuple[SkipReason, ...] = ()
    suffixes: tuple[str, ...] = ()

    @classmethod
    def of_failure(cls, source: str, position: int, reason: FailureReason, message: str) -> "Shard":
        """Return a shard that stands for a failure of a whole input."""
        failure = Failure(source, reason, message, position)
        return cls(0, ShardFormat.PAGES, source, position, position, 0, failures=(failure,))

    @property
    def seen(self) -> int:
        """The number of files, records, lines, rows and failures that it stands for."""
        return self.records + len(self.failures) + len(self.skipped)

    def source_at(self, position: int) -> str:
        """Return the name of the input that held the page or the comment at a position."""
        return self.files[position - self.start].name if self.files else self.source

    def source_of(self, failure: "Failure") -> str:
        """Return the name of the input that failed, or that held the page that did."""
        if failure.position is not None:
            return self.source_at(failure.position)
        # Files of one page each are inputs themselves.
        return failure.page if self.format is ShardFormat.PAGES else self.source

    def digest(self) -> str:
        """Return the SHA-256 of the shard's content, names of files included."""
        digest = hashlib.sha256(self.data)
        for file in self.files:
            digest.update(b"%d %d " % (len(file.name.encode()), len(file.data)))
            digest.update(file.name.encode() + file.data)
        for failure in self.failures:
            digest.update("\0".join((failure.page, failure.reason, failure.message)).encode())
        digest.update("\0".join((*self.skipped, *self.suffixes)).encode())
        return digest.hexdigest()
