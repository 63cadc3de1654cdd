"""Rows of the tables, as lines and comments."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from moderation.database.moment import now
from moderation.database.tables import comments, decisions, holds, notes, texts, users
from moderation.desk.errors import NoSuchThing
from moderation.desk.words import (
    EXCERPT,
    Comment,
    CommentRow,
    Decision,
    Note,
    Outcome,
    RejectionReason,
    Ruling,
)
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.verdict import Action, Span, Verdict

_holder = users.alias("holder")

DECISIONS = (
    sa.select(decisions, users.c.name.label("by"))
    .select_from(decisions.join(users, users.c.id == decisions.c.user_id))
    .order_by(decisions.c.id)
)


def read_lines(connection: sa.Connection, numbers: Sequence[int]) -> list[CommentRow]:
    """Return the lines of some comments, in the order of `numbers`."""
    excerpt = sa.func.substr(texts.c.text, 1, EXCERPT).label("excerpt")
    held = sa.and_(holds.c.comment_id == comments.c.id, holds.c.until > now())
    chosen = (
        sa.select(comments, excerpt, _holder.c.name.label("held_by"))
        .select_from(
            comments.outerjoin(texts, texts.c.id == comments.c.id)
            .outerjoin(holds, held)
            .outerjoin(_holder, _holder.c.id == holds.c.user_id)
        )
        .where(comments.c.id.in_(numbers))
    )
    rows = connection.execute(chosen).all()
    made = [row.decision_id for row in rows if row.decision_id is not None]
    holding = {one.id: one for one in read_decisions(connection, decisions.c.id.in_(made), made)}
    lines = {row.id: _line(row, holding.get(row.decision_id)) for row in rows}
    return [lines[number] for number in numbers if number in lines]


def read_comment(connection: sa.Connection, number: int) -> Comment:
    """Return a comment with its notes and decisions.

    Raises
    ------
    NoSuchThing
    """
    lines = read_lines(connection, [number])
    if not lines:
        raise NoSuchThing("There is no such comment.", where=f"comment {number}")
    row = connection.execute(sa.select(comments).where(comments.c.id == number)).one()
    long = connection.execute(sa.select(texts).where(texts.c.id == number)).one_or_none()
    written = connection.execute(
        sa.select(notes.c.text, notes.c.made, users.c.name)
        .join(users, users.c.id == notes.c.user_id)
        .where(notes.c.comment_id == number)
        .order_by(notes.c.id)
    )
    verdict = Verdict(
        label=Label(row.label),
        action=Action(row.action),
        scores={name: getattr(row, f"score_{name}") for name in ATTRIBUTE_NAMES},
        model=row.model,
        spans=spans_of(long.spans) if long else (),
        targets=tuple(row.targets),
        reasons=tuple(row.reasons),
    )
    return Comment(
        line=lines[0],
        text=long.text if long else None,
        verdict=verdict,
        external_id=row.external_id,
        community=row.community,
        parent=long.parent if long else None,
        article=long.article if long else None,
        notes=tuple(Note(one.name, one.text, one.made) for one in written),
        decisions=tuple(read_decisions(connection, decisions.c.comment_id == number, [number])),
    )


def read_decisions(
    connection: sa.Connection, where: sa.ColumnElement[bool], sought: Sequence[object]
) -> list[Decision]:
    """Return the decisions that fulfil a condition, oldest first; none where none are sought."""
    if not sought:
        return []
    return [decision_of(row) for row in connection.execute(DECISIONS.where(where))]


def decision_of(row: Any) -> Decision:
    """Return a row of `DECISIONS`."""
    return Decision(
        id=row.id,
        comment_id=row.comment_id,
        by=row.by,
        ruling=Ruling(
            outcome=Outcome(row.outcome),
            reason=row.reason and RejectionReason(row.reason),
            label=row.label and Label(row.label),
            attributes=row.attributes,
            targets=None if row.targets is None else tuple(row.targets),
            spans=None if row.spans is None else spans_of(row.spans),
            note=row.note,
            token=row.token,
        ),
        time=row.made,
        bulk_id=row.bulk_id,
        undone=row.undone,
    )


def spans_of(records: Sequence[dict[str, Any]]) -> tuple[Span, ...]:
    """Return the spans that `Span.to_dict` wrote."""
    return tuple(Span(**record) for record in records)


def _line(row: Any, decision: Decision | None) -> CommentRow:
    return CommentRow(
        id=row.id,
        excerpt=row.excerpt or "",
        length=row.length,
        label=Label(row.label),
        action=Action(row.action),
        attribute=row.attribute,
        worst=row.worst,
        uncertainty=row.uncertainty,
        received=row.received,
        source=row.source,
        page=row.page,
        title=row.title,
        author=row.author,
        flags=row.flags,
        times=row.times,
        targets=tuple(row.targets),
        erased=row.key is None,
        held_by=row.held_by,
        decision=decision,
    )
