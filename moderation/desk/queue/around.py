"""What stands around a comment: its author's others, those that read alike, what to filter by."""

import sqlalchemy as sa

from moderation.database.tables import bands, comments, decisions, targets, texts
from moderation.desk.queue.reading import read_lines
from moderation.desk.words import Comment, History, Outcome, Similar
from moderation.errors import InvalidInput
from moderation.text.near_duplicates import (
    LONGEST,
    RELATED,
    bands_of,
    shingles_of,
    similarity,
)

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
        sa.select(texts.c.id, sa.func.substr(texts.c.text, 1, LONGEST).label("text"))
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
