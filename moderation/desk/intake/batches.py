"""What a batch run wrote, as comments that come in."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa

from moderation.batch.output.finish import rows_of
from moderation.batch.output.folder import Folder
from moderation.desk.intake.rows import BATCH
from moderation.desk.words import Submission
from moderation.errors import InvalidInput
from moderation.pages import Context, Kind, context_of
from moderation.service.intake import time_of
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.verdict import Action, Span, Verdict

CHUNK = 500

Row = Mapping[str, Any]
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
    written = Folder(folder)
    written.open()
    try:
        found = _comments(rows_of(written.passages))
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


def _comments(rows: Iterator[Row]) -> Iterator[Submission]:
    for _, group in groupby(rows, _PAGE):
        page = list(group)
        context = context_of((row["kind"], row["text"], row["number"]) for row in page)
        for row in page:
            if row["kind"] == Kind.COMMENT and row["verdict"] is not None:
                yield _sent(row, context)


def _sent(row: Row, context: Context) -> Submission:
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


def _verdict(told: Row) -> Verdict:
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
