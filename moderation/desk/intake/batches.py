"""Output of batch runs, read as comments that come in."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa

from moderation.batch.output import OutputFolder, iter_rows
from moderation.desk.intake.records import BATCH
from moderation.desk.types import Submission
from moderation.errors import InvalidInput
from moderation.pages import Context, Kind, context_of
from moderation.service.intake import time_of
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.verdict import Action, Span, Verdict

CHUNK = 500

Row = Mapping[str, Any]
_PAGE = itemgetter("source", "page", "position")


def read_batch(folder: Path) -> Iterator[list[Submission]]:
    """Yield the comments of a batch run that have a verdict, in lists of up to `CHUNK`.

    Parameters
    ----------
    folder : Path
        The folder of ``moderation batch --out``.

    Raises
    ------
    InvalidInput
        If no batch run of this version wrote it.
    """
    output = OutputFolder(folder)
    output.open()
    try:
        comments = _comments(iter_rows(output.passages))
        while chunk := list(islice(comments, CHUNK)):
            yield chunk
    except OSError as error:
        raise InvalidInput(f"Cannot be read: {error}.", where=str(output.passages)) from None
    except (pa.ArrowException, ValueError, KeyError, TypeError):
        raise InvalidInput(
            "These are not the rows that this version of `moderation batch` writes.",
            where=str(output.passages),
            remedy="Run the batch again, with --afresh.",
        ) from None


def _comments(rows: Iterator[Row]) -> Iterator[Submission]:
    for _, group in groupby(rows, _PAGE):
        page = list(group)
        context = context_of((row["kind"], row["text"], row["number"]) for row in page)
        for row in page:
            if row["kind"] == Kind.COMMENT and row["verdict"] is not None:
                yield _submission(row, context)


def _submission(row: Row, context: Context) -> Submission:
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


def _verdict(record: Row) -> Verdict:
    scores: Mapping[str, float] = record["scores"] or {}
    label = record["label"] and Label(record["label"])
    if label and (set(scores) != set(ATTRIBUTE_NAMES) or None in scores.values()):
        raise ValueError("other attributes")
    spans: Sequence[Mapping[str, Any]] = record["spans"]
    return Verdict(
        label=label,
        action=Action(record["action"]),
        scores=scores,
        model=record["model"],
        spans=tuple(Span(**span) for span in spans),
        targets=tuple(record["targets"]),
        reasons=tuple(record["reasons"]),
        language=record["language"],
    )
