"""The kinds of file of the input: those that are read, and those that are refused by name."""

import codecs
import json
import re
from collections.abc import Collection
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple

from moderation.batch.arc import ARC_MAGIC
from moderation.csv_rows import delimiter_of, is_table, split_header
from moderation.pages.encoding import is_html
from moderation.pages.mhtml import is_mhtml


class FileKind(Enum):
    """The kinds of file that are read."""

    PAGE = auto()
    WARC = auto()
    ARC = auto()
    WACZ = auto()
    LINES = auto()
    JSON = auto()
    CSV = auto()
    TABLE = auto()
    """Parquet."""
    OTHER = auto()
    """The name does not tell."""


class FormatRefusal(NamedTuple):
    """A kind of file that is not read.

    Parameters
    ----------
    message : str
        A sentence that names the kind.
    remedy : str
        A sentence on what to do instead.
    """

    message: str
    remedy: str


_SUFFIXES = {
    **dict.fromkeys((".txt", ".html", ".htm", ".xhtml", ".mht", ".mhtml"), FileKind.PAGE),
    **dict.fromkeys((".warc", ".wet"), FileKind.WARC),
    ".arc": FileKind.ARC,
    ".wacz": FileKind.WACZ,
    **dict.fromkeys((".jsonl", ".ndjson"), FileKind.LINES),
    ".json": FileKind.JSON,
    **dict.fromkeys((".csv", ".tsv"), FileKind.CSV),
    **dict.fromkeys((".parquet", ".pq"), FileKind.TABLE),
}
COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd", ".zstd": "zstd"}
MAGICS = {b"\x1f\x8b": ".gz", b"BZh": ".bz2", b"\xfd7zXZ": ".xz", b"\x28\xb5\x2f\xfd": ".zst"}
"""The first bytes of compressed files, with their suffixes."""
IGNORED_NAMES = frozenset(("readme.txt", "robots.txt", "humans.txt", "security.txt"))
"""The names, in lower case, of files in a folder that are no pages."""
STREAM_SUFFIXES = {
    FileKind.WARC: ".warc",
    FileKind.ARC: ".arc",
    FileKind.WACZ: ".wacz",
    FileKind.LINES: ".jsonl",
    FileKind.JSON: ".json",
    FileKind.CSV: ".csv",
    FileKind.TABLE: ".parquet",
}
"""The suffixes of files that are kept under a name that tells their kind; pages have none."""
MAYBE_DATA = frozenset((FileKind.CSV, FileKind.JSON))
"""Kinds of file that often hold other things; in a folder only those with a text are read."""
BEGINNING = 1 << 15
"""Bytes by which a file is looked at."""

_PDF = FormatRefusal("It is a PDF.", "Extract its text, for example with pdftotext, and give that.")
_PACKED = FormatRefusal("It is an archive of files.", "Unpack it, and give the folder.")
_OFFICE = FormatRefusal(
    "It is an office document or a workbook.",
    "Save a table as CSV in UTF-8, and a document as HTML or text.",
)
_COLUMNAR = FormatRefusal(
    "It is a table in a format that is not read.", "Convert it to Parquet or CSV."
)
_DATABASE = FormatRefusal("It is a database.", "Export the table of comments as CSV.")
_XML = FormatRefusal(
    "It is XML, such as a feed or an export of comments.",
    "Convert it to CSV or JSON Lines with a row for each comment.",
)
_MAIL = FormatRefusal("It is electronic mail.", "Save the messages as text or HTML.")
_COMPRESSED_TABLE = FormatRefusal("It is a compressed Parquet file.", "Decompress it.")

_REFUSED = {
    ".pdf": _PDF,
    **dict.fromkeys((".zip", ".tar", ".tgz", ".7z", ".rar"), _PACKED),
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".docx", ".doc", ".odt", ".rtf"), _OFFICE),
    **dict.fromkeys((".feather", ".arrow", ".orc", ".avro"), _COLUMNAR),
    **dict.fromkeys((".sqlite", ".sqlite3", ".db", ".duckdb"), _DATABASE),
    **dict.fromkeys((".xml", ".rss", ".atom"), _XML),
    **dict.fromkeys((".eml", ".mbox"), _MAIL),
}
_KNOWN_MAGICS: dict[bytes, FileKind | FormatRefusal] = {
    b"WARC/": FileKind.WARC,
    ARC_MAGIC: FileKind.ARC,
    b"PAR1": FileKind.TABLE,
    b"%PDF-": _PDF,
    b"PK\x03\x04": _PACKED,
    b"7z\xbc\xaf\x27\x1c": _PACKED,
    b"Rar!": _PACKED,
    b"\xd0\xcf\x11\xe0": _OFFICE,
    b"{\\rtf": _OFFICE,
    b"ARROW1": _COLUMNAR,
    b"FEA1": _COLUMNAR,
    b"ORC": _COLUMNAR,
    b"Obj\x01": _COLUMNAR,
    b"SQLite format 3": _DATABASE,
}
_JSON_START = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,999}(?:\[\s{0,999}[{\]]|\{\s{0,999}[\"}])")
_XML_START = re.compile(rb"\s{0,99}<(?:\?xml|rss|feed)\b")
_OFFICE_PARTS = (b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis")
_WACZ_PARTS = (b"datapackage.json", b"archive/", b"indexes/", b"pages/")


def bare_name(name: str) -> Path:
    """Return a file's name in lower case, without the suffix of a compression."""
    path = Path(name.lower())
    return path.with_suffix("") if path.suffix in COMPRESSIONS else path


def kind_of(name: str) -> FileKind:
    """Return the kind of a file by its name."""
    path = bare_name(name)
    kind = _SUFFIXES.get(path.suffix, FileKind.OTHER)
    # Parquet, and the archives in WACZ, are compressed inside.
    is_packed = path.name != Path(name.lower()).name
    return FileKind.OTHER if is_packed and kind in {FileKind.TABLE, FileKind.WACZ} else kind


def refusal_of(name: str) -> FormatRefusal | None:
    """Return the refusal of a file by its name."""
    path = bare_name(name)
    if _SUFFIXES.get(path.suffix) is FileKind.TABLE and path.name != Path(name.lower()).name:
        return _COMPRESSED_TABLE
    return _REFUSED.get(path.suffix)


def recognise(beginning: bytes, text_names: Collection[str]) -> FileKind | FormatRefusal:
    """Return the kind of a file by its first bytes; `FileKind.OTHER` for plain text and the rest.

    JSON Lines are told from other JSON by their first line, which is a whole object.

    Parameters
    ----------
    beginning : bytes
    text_names : collection of str
        The names of columns that hold a page or a comment: plain text is CSV if it begins with a
        line of names among which there is one of them, or looks like a table.
    """
    for magic, kind in _KNOWN_MAGICS.items():
        if beginning.startswith(magic):
            return _zip_kind(beginning) if kind is _PACKED else kind
    if is_html(beginning) or is_mhtml(beginning):
        return FileKind.PAGE
    if _JSON_START.match(beginning):
        return FileKind.LINES if _is_line(beginning) else FileKind.JSON
    if holds_text(FileKind.CSV, beginning, text_names) or is_table(decoded_start(beginning)):
        return FileKind.CSV
    return _XML if _XML_START.match(beginning) else FileKind.OTHER


def holds_text(kind: FileKind, beginning: bytes, text_names: Collection[str]) -> bool:
    """Tell whether a file of CSV or JSON begins with rows that have a column with a text."""
    if kind is not FileKind.CSV:
        start = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
        names = (bytes(json.dumps(name), "utf-8") for name in text_names)
        return start.startswith((b"[", b"{")) and any(
            re.search(re.escape(name) + rb"\s{0,9}:", start) for name in names
        )
    text = decoded_start(beginning)
    header = split_header(text, delimiter_of(text, text_names))
    return any(name.strip().lower().replace(" ", "_") in text_names for name in header) or any(
        name in text_names for name in header
    )


def decoded_start(beginning: bytes) -> str:
    """Return the first bytes of a file as text, without a byte order mark."""
    if is_utf16(beginning):
        return beginning.decode("utf-16", "replace")
    return beginning.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")


def is_utf16(beginning: bytes) -> bool:
    """Tell whether a file begins with a byte order mark of UTF-16."""
    return beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def _is_line(beginning: bytes) -> bool:
    line, _, _ = beginning.removeprefix(codecs.BOM_UTF8).lstrip().partition(b"\n")
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _zip_kind(beginning: bytes) -> FileKind | FormatRefusal:
    if any(part in beginning for part in _OFFICE_PARTS):
        return _OFFICE
    if sum(part in beginning for part in _WACZ_PARTS) > 1:
        return FileKind.WACZ
    return _PACKED
