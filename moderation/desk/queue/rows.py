"""Rows of the tables, as lines and comments."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from moderation.database.tables import (
    bands,
    comments,
    decisions,
    holds,
    notes,
    now,
    targets,
    texts,
    users,
)
from moderation.desk.errors import NoSuchThing
from moderation.desk.types import (
    EXCERPT,
    Comment,
    CommentRow,
    Decision,
    History,
    Note,
    Outcome,
    RejectionReason,
    Ruling,
    Similar,
)
from moderation.errors import InvalidInput
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.text.near_duplicates import (
    MAX_CHARACTERS,
    RELATED,
    bands_of,
    shingles_of,
    similarity,
)
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


# FOLDED around: What stands around a comment: its author's others, those that read alike, what to
# filter by.

LOOKED_AT = 1_000
"""Most comments of an author that are counted."""
CANDIDATES = 200
COMPARED = 30


def history(connection: sa.Connection, comment: Comment, limit: int) -> History:
    """Tell what became of other comments by a comment's author."""
    if comment.line.author is None:
        return History(0, 0, 0, ())
    others = (
        sa.select(comments.c.id, comments.c.decision_id)
        .where(comments.c.author == comment.line.author, comments.c.id != comment.id)
        .order_by(comments.c.received.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    rows = connection.execute(
        sa.select(others.c.id, decisions.c.outcome).outerjoin_from(
            others, decisions, decisions.c.id == others.c.decision_id
        )
    ).all()
    outcomes = [row.outcome for row in rows]
    approved, rejected = outcomes.count(Outcome.APPROVE), outcomes.count(Outcome.REJECT)
    return History(
        approved=approved,
        rejected=rejected,
        waiting=len(rows) - approved - rejected,
        latest=tuple(read_lines(connection, [row.id for row in rows[:limit]])),
    )


def similar(connection: sa.Connection, comment: Comment, limit: int) -> list[Similar]:
    """Find decided comments that read much like one."""
    if comment.text is None:
        return []
    shingles = shingles_of(comment.text)
    # Of what was copied thousands of times a few will do.
    near = (
        sa.select(bands.c.comment_id)
        .join(comments, comments.c.id == bands.c.comment_id)
        .where(
            bands.c.hash.in_(bands_of(shingles)),
            bands.c.comment_id != comment.id,
            # Not asked by the queue: SQLite would begin with all that was ever decided.
            comments.c.decision_id.is_not(None),
        )
        .limit(CANDIDATES)
        .subquery()
    )
    candidates = connection.execute(
        sa.select(texts.c.id, sa.func.substr(texts.c.text, 1, MAX_CHARACTERS).label("text"))
        .join(near, near.c.comment_id == texts.c.id)
        .group_by(texts.c.id, texts.c.text)
        .order_by(sa.func.count().desc(), texts.c.id.desc())
        .limit(COMPARED)
    )
    shares = {row.id: similarity(shingles, shingles_of(row.text)) for row in candidates}
    related = [number for number, share in shares.items() if share >= RELATED]
    best = sorted(related, key=lambda number: -shares[number])
    return [Similar(line, shares[line.id]) for line in read_lines(connection, best[:limit])]


def commonest(connection: sa.Connection, field: str, limit: int) -> list[str]:
    """Return the commonest values of what comments can be filtered by."""
    columns = {name: comments.c[name] for name in ("page", "source", "community")}
    column = (columns | {"target": targets.c.name}).get(field)
    if column is None:
        raise InvalidInput("Comments cannot be filtered by this.", where=field)
    chosen = (
        sa.select(column)
        .where(column.is_not(None))
        .group_by(column)
        .order_by(sa.func.count().desc(), column)
        .limit(limit)
    )
    return list(connection.scalars(chosen))
