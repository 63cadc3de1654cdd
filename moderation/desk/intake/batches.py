"""What a batch run wrote, as comments that come in."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from moderation.desk.words import Sent
from moderation.errors import InvalidInput
from moderation.pages import Kind
from moderation.taxonomy import Label
from moderation.verdict import Action, Span, Verdict

ROWS = "passages.jsonl"
CHUNK = 500


def read_batch(folder: Path) -> Iterator[list[Sent]]:
    """Yield the comments of a batch run, some at a time.

    Parameters
    ----------
    folder : Path
        What ``moderation batch --out`` named.

    Raises
    ------
    InvalidInput
        If there is no such file, or a line of it is not one of a batch run.
    """
    path = folder / ROWS
    try:
        with path.open(encoding="utf-8") as file:
            found = _comments(path, file)
            while part := list(islice(found, CHUNK)):
                yield part
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"Cannot be read: {error}.", where=str(path)) from None


def _comments(path: Path, lines: Iterator[str]) -> Iterator[Sent]:
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            if row["kind"] == Kind.COMMENT:
                yield _sent(row)
        except (ValueError, KeyError, TypeError):
            raise InvalidInput(
                "This is not a line that `moderation batch` writes.", where=f"{path}:{number}"
            ) from None


def _sent(row: Mapping[str, Any]) -> Sent:
    told = row["verdict"]
    verdict = Verdict(
        label=Label(told["label"]),
        action=Action(told["action"]),
        scores=told["scores"],
        model=told["model"],
        spans=tuple(Span(**span) for span in told["spans"]),
        targets=tuple(told["targets"]),
        reasons=tuple(told["reasons"]),
    )
    return Sent(row["text"], verdict, "batch", page=row["page"], author=row["author"])
