"""The fields of a row: those that are read, by their names or as chosen, and those to be kept."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from moderation.batch.types import Failure, FailureReason, Media, PageRecord, SkipReason
from moderation.errors import InvalidInput
from moderation.text.validate import clean_text

FIELDS: dict[str, tuple[str, ...]] = {
    "html": ("html",),
    "page_text": ("page_text",),
    "text": ("text", "comment", "comment_text", "body", "content"),
    "url": ("url",),
    "page": ("page",),
    "id": ("id", "comment_id"),
    "author": ("author", "user", "username"),
    "time": ("time", "created_at", "date", "timestamp", "created_date"),
    "title": ("title",),
    "permalink": ("permalink",),
    "charset": ("charset",),
    "captured": ("captured", "fetched_at"),
}
"""The fields that are read, each with the names of columns that are taken for it."""
TEXT_FIELDS = ("html", "page_text", "text")
"""The fields of which a row needs one: a page, a page as plain text, a comment taken as it is."""
KNOWN_NAMES = frozenset(name for names in FIELDS.values() for name in names)
TEXT_NAMES = frozenset(name for field in TEXT_FIELDS for name in FIELDS[field])
_NESTED = "If its rows are in a list inside it, write them out, for example with jq -c '.NAME[]'."
_SEPARATORS = re.compile(r"[\s-]+")


class Columns(NamedTuple):
    """The columns that a person chose.

    Parameters
    ----------
    chosen : tuple of (str, str)
        Fields of `FIELDS`, each with the one column that is taken for it.
    keep : tuple of (str, str)
        Names in the outputs, each with the column whose values are kept under it.
    """

    chosen: tuple[tuple[str, str], ...] = ()
    keep: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, chosen: Sequence[str] = (), keep: Sequence[str] = ()) -> "Columns":
        """Read the options ``FIELD=COLUMN`` and ``COLUMN`` or ``NAME=COLUMN``.

        Raises
        ------
        InvalidInput
            If a field is unknown, or a field or name comes twice.
        """
        pairs = []
        for option in chosen:
            field, sign, column = option.partition("=")
            if field not in FIELDS or not sign or not column:
                raise InvalidInput(
                    f"{option!r} names no field and its column.",
                    where="--column",
                    remedy=f"Write FIELD=COLUMN; the fields are {', '.join(FIELDS)}.",
                )
            pairs.append((field, column))
        kept = []
        for option in keep:
            name, _, column = option.partition("=")
            kept.append((name, column or name))
        for option, names in (("--column", pairs), ("--keep", kept)):
            fields = [name for name, _ in names]
            for name in fields:
                if not name or fields.count(name) > 1:
                    raise InvalidInput(
                        f"`{name}` is given more than once." if name else "A name is missing.",
                        where=option,
                        remedy="Give each once; --keep NAME=COLUMN keeps a column as NAME.",
                    )
        return cls(tuple(pairs), tuple(kept))

    @property
    def required(self) -> list[str]:
        """The columns that every table must have."""
        return list(dict.fromkeys(column for _, column in (*self.chosen, *self.keep)))

    def names(self, field: str) -> tuple[str, ...]:
        """Return the names of the columns that are taken for a field, the first that has a value.

        If a person chose the column of a text, no other is taken for any kind of text.
        """
        chosen = dict(self.chosen)
        if field in chosen:
            return (chosen[field],)
        if field in TEXT_FIELDS and not chosen.keys().isdisjoint(TEXT_FIELDS):
            return ()
        return FIELDS[field]

    @property
    def text_names(self) -> list[str]:
        """The names of columns that hold a page or a comment."""
        return [name for field in TEXT_FIELDS for name in self.names(field)]

    def rename(self, header: Sequence[str]) -> list[str]:
        """Return a table's columns under the names by which they are read.

        Of names that are not known as they stand, blanks and hyphens are read as underscores, and
        capital letters as small ones, so that ``Created At`` is ``created_at``.
        """
        taken = {*header, *self.required}
        renamed = []
        for column in header:
            plain = _SEPARATORS.sub("_", column.strip()).lower()
            if column not in self.required and plain in KNOWN_NAMES and plain not in taken:
                taken.add(plain)
                renamed.append(plain)
            else:
                renamed.append(column)
        return renamed

    def wanted(self, renamed: Sequence[str]) -> list[int]:
        """Return the numbers of the columns that are read, of those that `rename` returned."""
        names = {name for field in FIELDS for name in self.names(field)} | set(self.required)
        return [number for number, name in enumerate(renamed) if name in names]

    def complaint(self, renamed: Sequence[str]) -> str | None:
        """Return a sentence about a column that a table lacks, if it lacks one.

        Of columns that nobody chose only the text is missed.
        """
        for column in self.required:
            if column not in renamed:
                return f"There is no column `{column}`."
        if not any(name in renamed for name in self.text_names):
            return (
                f"It has no column with a text ({', '.join(self.text_names)}). "
                "Name it with --column text=COLUMN."
            )
        return None


NO_COLUMNS = Columns()


class RowReader(NamedTuple):
    """Reads rows into pages and comments.

    Parameters
    ----------
    columns : Columns
    page_bytes : int
        Most bytes of a page.
    """

    columns: Columns
    page_bytes: int

    def read(
        self, row: Mapping[str, Any], source: str, position: int
    ) -> PageRecord | Failure | SkipReason:
        """Return the page or the comment of a row."""
        url = self._text(row, "url")
        identifier = self._text(row, "id")
        name = url or self._text(row, "page") or identifier or source
        record = self._page(row, name, position) or self._comment(row, name, position)
        if not isinstance(record, PageRecord):
            return record
        return record._replace(
            url=url,
            id=identifier,
            captured=self._text(row, "captured"),
            kept=tuple(_kept(row.get(column)) for _, column in self.columns.keep),
        )

    def name(self, row: Mapping[str, Any], source: str) -> str:
        """Return the name, in the outputs, of the page or of the comment's page."""
        texts = (self._text(row, field) for field in ("url", "page", "id"))
        return next((text for text in texts if text), source)

    def _page(
        self, row: Mapping[str, Any], name: str, position: int
    ) -> PageRecord | Failure | None:
        for field, media in (("html", Media.HTML), ("page_text", Media.TEXT)):
            for column in self.columns.names(field):
                value = row.get(column)
                if isinstance(value, str):
                    data = clean_text(value).encode()
                elif isinstance(value, bytes):
                    data = value
                else:
                    continue
                if len(data) > self.page_bytes:
                    return self.too_large(name, position)
                # A string was decoded by the program that wrote it, and is UTF-8 whatever the page
                # declares.
                charset = "utf-8" if isinstance(value, str) else self._text(row, "charset")
                return PageRecord(name, position, media, data, charset)
        return None

    def _comment(
        self, row: Mapping[str, Any], name: str, position: int
    ) -> PageRecord | Failure | SkipReason:
        names = self.columns.names("text")
        text = next((row[key] for key in names if isinstance(row.get(key), str)), None)
        if text is None:
            wanted = self.columns.text_names
            if any(key in row and row[key] is None for key in wanted):
                return SkipReason.BLANK
            message = f"It has none of the fields {', '.join(wanted)} with a text."
            if any(isinstance(value, list) for value in row.values()):
                message += f" {_NESTED}"
            return malformed(name, position, message)
        if len(text) > self.page_bytes:
            return self.too_large(name, position)
        if not text.strip():
            return SkipReason.BLANK
        return PageRecord(
            name,
            position,
            Media.COMMENT,
            text=clean_text(text),
            author=self._text(row, "author"),
            time=self._text(row, "time"),
            title=self._text(row, "title"),
            permalink=self._text(row, "permalink"),
        )

    def _text(self, row: Mapping[str, Any], field: str) -> str | None:
        """Return the field as text, if it has a value; numbers and moments are written out."""
        for key in self.columns.names(field):
            value = row.get(key)
            if isinstance(value, str) and value.strip():
                return clean_text(value)
            if value is not None and not isinstance(value, (str, bytes, dict, list, bool)):
                return value.isoformat() if hasattr(value, "isoformat") else str(value)
        return None

    def too_large(self, name: str, position: int) -> Failure:
        """Return the failure of a row that is over the limit."""
        message = f"It is over {self.page_bytes} bytes."
        return Failure(name, FailureReason.TOO_LARGE, message, position)


def malformed(page: str, position: int, message: str) -> Failure:
    """Return the failure of a row that is not in the expected format."""
    return Failure(page, FailureReason.MALFORMED, message, position)


def _kept(value: Any) -> str | None:
    """Return a kept value as text: strings as they are, moments in ISO 8601, all else as JSON."""
    if value is None:
        return None
    if isinstance(value, str):
        return clean_text(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    try:
        return clean_text(json.dumps(value, ensure_ascii=False, default=str))
    except (ValueError, TypeError):
        return str(value)
