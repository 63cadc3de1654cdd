"""What erasing takes away, in one transaction."""

from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.forgotten import forget
from moderation.database.tables import (
    bands,
    bulks,
    comments,
    corrections,
    decisions,
    holds,
    notes,
    texts,
)
from moderation.desk.words import ERASED, Queue

CHUNK = 500
FORGOTTEN = "…"
"""What stands for a name in what was asked for."""

NOT_ERASED = comments.c.key.is_not(None)
_WRITTEN_ON = comments.c.id.in_(
    sa.union_all(
        sa.select(notes.c.comment_id),
        sa.select(decisions.c.comment_id).where(decisions.c.note != ""),
    )
)
REMARKS_LEFT = comments.c.key.is_(None) & _WRITTEN_ON
"""Comments on which somebody wrote about when they were erased."""


class Gone(NamedTuple):
    """How many comments and corrections were erased."""

    comments: int
    corrections: int


def erase_some(
    which: sa.ColumnElement[bool], connection: sa.Connection, *, on_request: bool
) -> Gone | None:
    """Erase some comments and what was written about them; None where there are none left.

    What is erased on request does not come back with a delivery that waits; what is erased for its
    age needs no note of it, as deliveries have theirs.
    """
    numbers = _first(connection, which & NOT_ERASED) or _first(connection, which & REMARKS_LEFT)
    if not numbers:
        return None
    # Locked before all else, and looked at again: somebody may have decided or undone meanwhile.
    rows = connection.execute(
        sa.select(comments.c.id, comments.c.key, comments.c.text_key, comments.c.author)
        .where(comments.c.id.in_(numbers), which)
        .order_by(comments.c.id)
        .with_for_update()
    ).all()
    numbers = [row.id for row in rows]
    for table in (holds, texts, bands, notes):
        column = table.c.id if table is texts else table.c.comment_id
        connection.execute(table.delete().where(column.in_(numbers)))
    connection.execute(
        decisions.update()
        .where(decisions.c.comment_id.in_(numbers), decisions.c.note != "")
        .values(note="")
    )
    undecided = comments.c.queue != Queue.DECIDED.value
    connection.execute(
        comments.update()
        .where(comments.c.id.in_(numbers))
        .values(
            key=None,
            text_key=None,
            author=None,
            title=None,
            external_id=None,
            queue=sa.case((undecided, ERASED), else_=comments.c.queue),
        )
    )
    keys = {row.text_key for row in rows if row.text_key}
    if on_request:
        forget(connection, [*keys, *(row.key for row in rows)])
    erased = sum(row.key is not None for row in rows)
    forget_author(connection, {row.author for row in rows if row.author})
    return Gone(erased, _forget_text(connection, keys))


def erase_corrections(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    """Delete corrections; return how many."""
    made: sa.CursorResult[Any] = connection.execute(corrections.delete().where(which))
    return made.rowcount


def forget_author(connection: sa.Connection, names: Collection[str]) -> int:
    """Blank names in what was asked for when many were decided at once; return how often."""
    if not names:
        return 0
    asked = connection.execute(
        sa.select(bulks.c.id, bulks.c.filters)
        .where(bulks.c.filters["author"].as_string().in_(names))
        .order_by(bulks.c.id)
        .with_for_update()
    ).all()
    for row in asked:
        connection.execute(
            bulks.update()
            .where(bulks.c.id == row.id)
            .values(filters={**row.filters, "author": FORGOTTEN})
        )
    return len(asked)


def _first(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[int]:
    return list(connection.scalars(sa.select(comments.c.id).where(which).limit(CHUNK)))


def _forget_text(connection: sa.Connection, keys: Collection[str]) -> int:
    """Erase texts where they stand besides; return how many corrections were of them."""
    connection.execute(
        texts.update().where(texts.c.parent_key.in_(keys)).values(parent=None, parent_key=None)
    )
    return erase_corrections(connection, corrections.c.text_key.in_(keys))
