"""Files of comments that somebody uploads."""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any, NamedTuple

from moderation.errors import InvalidInput, ModerationError
from moderation.service.intake import read_time
from moderation.text.check import check_text

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
    readers = {".csv": _csv, ".jsonl": _jsonl, ".txt": _txt}
    reader = readers.get(PurePath(name).suffix.lower())
    if reader is None:
        raise InvalidInput("The file’s name must end in .csv, .jsonl or .txt.", where="file name")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "The file is not UTF-8 text (byte %(byte)s).",
            where="file",
            remedy="Convert the file to UTF-8.",
            values={"byte": error.start},
        ) from None
    found: list[Given] = []
    for line, record in reader(text):
        if len(found) == MOST:
            raise InvalidInput(
                "The file has more than %(most)s comments.",
                where="file",
                remedy="Split it into several files.",
                values={"most": MOST},
            )
        found.append(_given(record, f"line {line}"))
    return found


def _csv(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    # The default stops at 128 KiB; a file may be one comment, as long as a request may be.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if "text" not in (reader.fieldnames or ()):
            raise InvalidInput("There is no “text” column.", where="line 1")
        for record in reader:
            yield reader.line_num, record
    except csv.Error as error:
        raise InvalidInput(
            "This is not valid CSV: %(problem)s.",
            where=f"line {reader.line_num}",
            values={"problem": error},
        ) from None


def _jsonl(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    # Not `splitlines`, which also splits at characters that JSON may hold as they are.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise InvalidInput("This is not a JSON object.", where=f"line {number}")
        yield number, record


def _txt(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, {"text": line.rstrip("\r")}


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
