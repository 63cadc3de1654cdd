"""Files of comments that somebody uploads."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import pyarrow as pa

from moderation.batch.output import OutputFolder, iter_rows
from moderation.desk.intake.records import BATCH
from moderation.desk.types import Submission
from moderation.errors import InvalidInput, ModerationError
from moderation.pages import Context, Kind, context_of
from moderation.rows import Row, place, read_csv, read_json_lines, read_text_lines
from moderation.service.intake import read_time, time_of
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.text.validate import check_text
from moderation.verdict import Action, Span, Verdict

# FOLDED batches: What a batch run wrote, as comments that come in.

CHUNK = 500

BatchRow = Mapping[str, Any]
_PAGE = itemgetter("source", "page", "position")


def read_batch(folder: Path) -> Iterator[list[Submission]]:
    """Yield the comments of a batch run that were judged, some at a time.

    Parameters
    ----------
    folder : Path
        What ``moderation batch --out`` named.

    Raises
    ------
    InvalidInput
        If no batch run wrote it, or one of another version.
    """
    written = OutputFolder(folder)
    written.open()
    try:
        found = _comments(iter_rows(written.passages))
        while part := list(islice(found, CHUNK)):
            yield part
    except OSError as error:
        raise InvalidInput(f"Cannot be read: {error}.", where=str(written.passages)) from None
    except (pa.ArrowException, ValueError, KeyError, TypeError):
        raise InvalidInput(
            "These are not the rows that this version of `moderation batch` writes.",
            where=str(written.passages),
            remedy="Run the batch again, with --afresh.",
        ) from None


def _comments(rows: Iterator[BatchRow]) -> Iterator[Submission]:
    for _, group in groupby(rows, _PAGE):
        page = list(group)
        context = context_of((row["kind"], row["text"], row["number"]) for row in page)
        for row in page:
            if row["kind"] == Kind.COMMENT and row["verdict"] is not None:
                yield _sent(row, context)


def _sent(row: BatchRow, context: Context) -> Submission:
    return Submission(
        row["text"],
        _verdict(row["verdict"]),
        BATCH,
        external_id=row["permalink"],
        page=row["page"],
        title=row["title"],
        author=row["author"],
        parent=context.parent(row["parent"]),
        article=context.article,
        time=time_of(row["time"]),
    )


def _verdict(told: BatchRow) -> Verdict:
    scores: Mapping[str, float] = told["scores"]
    if set(scores) != set(ATTRIBUTE_NAMES) or None in scores.values():
        raise ValueError("other attributes")
    spans: Sequence[Mapping[str, Any]] = told["spans"]
    return Verdict(
        label=Label(told["label"]),
        action=Action(told["action"]),
        scores=scores,
        model=told["model"],
        spans=tuple(Span(**span) for span in spans),
        targets=tuple(told["targets"]),
        reasons=tuple(told["reasons"]),
    )


MOST = 50_000
"""Comments in one file; what a request may hold, the setting `max_body_bytes`, may be fewer."""
TIME = "Write it as 2026-03-01T10:00:00+07:00, or leave it out."
NAMES = ("author", "page", "title", "parent", "article")


class Given(NamedTuple):
    """A comment as a file has it."""

    text: str
    external_id: str | None = None
    page: str | None = None
    title: str | None = None
    author: str | None = None
    parent: str | None = None
    article: str | None = None
    flags: int = 0
    time: datetime | None = None


def read_upload(name: str, content: bytes) -> list[Given]:
    """Return the comments of a file.

    Raises
    ------
    InvalidInput
        If it is not what its name says; it names the line.
    """
    reader = _READERS.get(PurePath(name).suffix.lower())
    if reader is None:
        raise InvalidInput("The file’s name must end in .csv, .jsonl or .txt.", where="file name")
    found: list[Given] = []
    for line, record in reader(content):
        if len(found) == MOST:
            raise InvalidInput(
                "The file has more than %(most)s comments.",
                where="file",
                remedy="Split it into several files.",
                values={"most": MOST},
            )
        found.append(_given(record, place("", line)))
    return found


# A file may be one comment, as long as a request may be; a request has its limit already.
_READERS: dict[str, Callable[[bytes], Iterator[Row]]] = {
    ".csv": lambda content: read_csv(BytesIO(content), columns=("text",), max_bytes=len(content)),
    ".jsonl": lambda content: read_json_lines(BytesIO(content), max_bytes=len(content)),
    ".txt": lambda content: (
        Row(line, {"text": text})
        for line, text in read_text_lines(BytesIO(content), max_bytes=len(content))
    ),
}


def _given(record: Mapping[str, Any], where: str) -> Given:
    text = record.get("text")
    if not isinstance(text, str):
        raise InvalidInput("The text is missing.", where=f"{where}, text")
    try:
        check_text(text)
    except ModerationError as error:
        raise InvalidInput(error.template, where=f"{where}, text", values=error.values) from None
    about = {name: _optional(record.get(name), f"{where}, {name}") for name in NAMES}
    known_as = record.get("id")
    return Given(
        text,
        external_id=None if known_as in (None, "") else str(known_as),
        flags=_flags(record.get("flags"), f"{where}, flags"),
        time=_time(record.get("time"), f"{where}, time"),
        **about,
    )


def _optional(value: object, where: str) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise InvalidInput("This must be text.", where=where)


def _flags(value: object, where: str) -> int:
    try:
        number = float(str(value or 0))
    except ValueError:
        number = math.nan
    if not 0 <= number < 2**31:
        raise InvalidInput("The number of flags must be a number, 0 or more.", where=where)
    return int(number)


def _time(value: object, where: str) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        return read_time(str(value))
    except ValueError:
        raise InvalidInput(
            "This is not an ISO 8601 time from 1970 to today.", where=where, remedy=TIME
        ) from None
