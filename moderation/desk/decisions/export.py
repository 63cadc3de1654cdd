"""Decisions for other programs."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import comments, decisions, texts
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.queue.filters import conditions
from moderation.desk.queue.rows import read_decisions
from moderation.desk.types import Filters, Queue, Role, User
from moderation.taxonomy import ATTRIBUTE_NAMES

PAGE = 500
FORMULA = "=+@＝＋－＠-"
"""What a spreadsheet takes for the beginning of a formula."""
SEPARATORS = ",;|\t\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""At what a spreadsheet may be told to split a line or a file."""
PASSED_OVER = "\\s\"'`\\\\\\x00-\\x1f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
"""Signs that may stand before a formula: blanks, quotes, invisible ones, and the backslash."""
DISARMED = "\\"
"""Put before a sign that would begin a formula; no spreadsheet takes it away as a quote."""
_BEGINNING = re.compile(
    rf"(\A|[{re.escape(SEPARATORS)}])([{PASSED_OVER}{re.escape(SEPARATORS)}]*+)([{FORMULA}]?)"
)
MARK = "\ufeff"
"""By which a spreadsheet knows that a file is UTF-8."""
COLUMNS = (
    *("comment", "external_id", "received", "source", "community", "page", "author", "text"),
    *("model", "label", "action", *ATTRIBUTE_NAMES, "spans", "targets", "outcome", "reason"),
    *("right_label", "right_attributes", "right_targets", "right_spans", "note"),
    *("decided_by", "decided", "at_once"),
)

Record = dict[str, Any]


class Exports:
    """Decisions as text, piece by piece; leads only."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def csv(self, user: User, filters: Filters) -> Iterator[str]:
        """Yield a CSV file with a header, which a spreadsheet reads as UTF-8.

        Where a cell, or what would be one if the file were split at a comma, semicolon, bar, tab
        or line end, begins with a sign that makes it a formula, a backslash stands before that
        sign; `armed` takes it away.

        Raises
        ------
        NotAllowed, InvalidInput
            Before the first piece.
        """
        records = self._records(user, filters, "csv")
        return _csv(records)

    def jsonl(self, user: User, filters: Filters) -> Iterator[str]:
        """Yield a JSON object a line.

        Raises
        ------
        NotAllowed, InvalidInput
            Before the first piece.
        """
        records = self._records(user, filters, "jsonl")
        return (json.dumps(record, ensure_ascii=False) + "\n" for record in records)

    def _records(self, user: User | None, filters: Filters, form: str) -> Iterator[Record]:
        check_role(user, Role.LEAD)
        filters = replace(filters, queue=Queue.DECIDED)
        where = conditions(filters, sqlite=self._store.sqlite)
        self._store.write(
            lambda connection: self._audit.add(connection, user, "export", "decisions", form=form)
        )
        return self._pages(where)

    def _pages(self, where: list[sa.ColumnElement[bool]]) -> Iterator[Record]:
        """Yield the records page by page, so that no connection is kept between two pieces."""
        last = 0
        while True:
            chosen = (
                sa.select(comments, texts.c.text, texts.c.spans.label("found"))
                .outerjoin(texts, texts.c.id == comments.c.id)
                .where(*where, comments.c.id > last)
                .order_by(comments.c.id)
                .limit(PAGE)
            )
            with self._store.reading() as connection:
                rows = connection.execute(chosen).all()
                numbers = [row.decision_id for row in rows]
                found = read_decisions(connection, decisions.c.id.in_(numbers), numbers)
            if not rows:
                return
            made = {one.id: one for one in found}
            for row in rows:
                if row.decision_id in made:
                    yield _record(row, made[row.decision_id])
            last = rows[-1].id


def _record(row: Any, decision: Any) -> Record:
    ruling = decision.ruling
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
        "label": row.label,
        "action": row.action,
        **{name: round(getattr(row, f"score_{name}"), 6) for name in ATTRIBUTE_NAMES},
        "spans": row.found,
        "targets": row.targets,
        "outcome": ruling.outcome.value,
        "reason": ruling.reason and ruling.reason.value,
        "right_label": ruling.label and ruling.label.value,
        "right_attributes": dict(ruling.attributes),
        "right_targets": ruling.targets,
        "right_spans": None if ruling.spans is None else [one.to_dict() for one in ruling.spans],
        "note": ruling.note,
        "decided_by": decision.by,
        "decided": decision.time.isoformat(),
        "at_once": decision.bulk_id,
    }


def _csv(records: Iterator[Record]) -> Iterator[str]:
    yield MARK + _row(COLUMNS)
    for record in records:
        yield _row([_cell(record[name]) for name in COLUMNS])


def _row(cells: Sequence[object]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, (list, tuple, dict)):
        value = json.dumps(value, ensure_ascii=False)
    return disarmed(value) if isinstance(value, str) else value


def disarmed(text: str) -> str:
    """Return a text of which no part begins a formula, however a spreadsheet splits it."""
    return _BEGINNING.sub(
        lambda found: f"{found[1]}{found[2]}{DISARMED if found[3] else ''}{found[3]}", text
    )


def armed(text: str) -> str:
    """Return the text of which `disarmed` made this."""
    return _BEGINNING.sub(
        lambda found: (
            f"{found[1]}{found[2].removesuffix(DISARMED) if found[3] else found[2]}{found[3]}"
        ),
        text,
    )
