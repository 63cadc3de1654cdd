"""Exports of decisions, as CSV for spreadsheets and as JSON Lines."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import comments, decisions, texts
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.queue.filters import conditions
from moderation.desk.queue.rows import label_of, read_decisions, scores_of
from moderation.desk.types import Decision, Filters, Queue, Role, User
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.display import escape_formulas

PAGE = 500
BYTE_ORDER_MARK = "\ufeff"
"""It tells a spreadsheet that a file is UTF-8."""
COLUMNS = (
    *("comment", "external_id", "received", "source", "community", "page", "author", "text"),
    *(
        "model",
        "label",
        "language",
        "action",
        *ATTRIBUTE_NAMES,
        "spans",
        "targets",
        "outcome",
        "reason",
    ),
    *("right_label", "right_attributes", "right_targets", "right_spans", "note", "author_text"),
    *("decided_by", "decided", "at_once"),
)

Record = dict[str, Any]


class Exports:
    """Exports of decisions, in parts; leads only."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def csv(self, user: User, filters: Filters) -> Iterator[str]:
        """Yield a CSV file with a header, which a spreadsheet reads as UTF-8.

        If a cell begins with a character that makes it a formula, a backslash stands before that
        character. So it does in what would be a cell if the file were split at a comma, semicolon,
        bar, tab or line end. `moderation.text.display.unescape_formulas` removes the
        backslashes.

        Raises
        ------
        NotAllowed, InvalidInput
            At the call, before the first part.
        """
        records = self._records(user, filters, "csv")
        return _csv(records)

    def jsonl(self, user: User, filters: Filters) -> Iterator[str]:
        """Yield lines, each of which is a JSON object.

        Raises
        ------
        NotAllowed, InvalidInput
            At the call, before the first line.
        """
        records = self._records(user, filters, "jsonl")
        return (json.dumps(record, ensure_ascii=False) + "\n" for record in records)

    def _records(self, user: User | None, filters: Filters, form: str) -> Iterator[Record]:
        check_role(user, Role.LEAD)
        filters = replace(filters, queue=Queue.DECIDED)
        passing = conditions(filters, sqlite=self._store.sqlite)
        self._store.write(
            lambda connection: self._audit.add(connection, user, "export", "decisions", form=form)
        )
        return self._read(passing)

    def _read(self, passing: list[sa.ColumnElement[bool]]) -> Iterator[Record]:
        """Yield the records; no connection is held between two pages of them."""
        last = 0
        while True:
            chosen = (
                sa.select(comments, texts.c.text, texts.c.spans)
                .outerjoin(texts, texts.c.id == comments.c.id)
                .where(*passing, comments.c.id > last)
                .order_by(comments.c.id)
                .limit(PAGE)
            )
            with self._store.reading() as connection:
                rows = connection.execute(chosen).all()
                numbers = [row.decision_id for row in rows]
                made = read_decisions(connection, decisions.c.id.in_(numbers), numbers)
            if not rows:
                return
            by_id = {decision.id: decision for decision in made}
            for row in rows:
                if row.decision_id in by_id:
                    yield _record(row, by_id[row.decision_id])
            last = rows[-1].id


def _record(row: Any, decision: Decision) -> Record:
    ruling, scores = decision.ruling, scores_of(row, row.label)
    return {
        "comment": row.id,
        "external_id": row.external_id,
        "received": row.received.isoformat(),
        "source": row.source,
        "community": row.community,
        "page": row.page,
        "author": row.author,
        "text": row.text,
        "model": row.model,
        "label": label_of(row.label),
        "language": row.language,
        "action": row.action,
        **{name: round(scores[name], 6) if scores else None for name in ATTRIBUTE_NAMES},
        "spans": row.spans,
        "targets": row.targets,
        "outcome": ruling.outcome.value,
        "reason": ruling.reason and ruling.reason.value,
        "right_label": ruling.label and ruling.label.value,
        "right_attributes": dict(ruling.attributes),
        "right_targets": ruling.targets,
        "right_spans": None if ruling.spans is None else [span.to_dict() for span in ruling.spans],
        "note": ruling.note,
        "author_text": ruling.author_text,
        "decided_by": decision.by,
        "decided": decision.time.isoformat(),
        "at_once": decision.bulk_id,
    }


def _csv(records: Iterator[Record]) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_row(COLUMNS)
    for record in records:
        yield csv_row([record[name] for name in COLUMNS])


def csv_row(cells: Sequence[object]) -> str:
    """Return a line of CSV; no text in it is a formula, and lists and mappings are JSON."""
    line = io.StringIO(newline="")
    csv.writer(line).writerow([_cell(cell) for cell in cells])
    return line.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, (list, tuple, dict)):
        value = json.dumps(value, ensure_ascii=False)
    return escape_formulas(value) if isinstance(value, str) else value
