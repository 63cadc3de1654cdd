"""Previews of bulk decisions: counts by score, and examples of what would be decided."""

from typing import Any

import sqlalchemy as sa

from moderation.database.tables import comments
from moderation.desk.queue.filters import conditions, score_of
from moderation.desk.queue.holds import not_held
from moderation.desk.queue.rows import read_comment_rows
from moderation.desk.types import Filters, Preview, User
from moderation.taxonomy import Label

EXAMPLES = 3
"""The number of examples from each end of the range, and from its middle."""


def histogram(
    connection: sa.Connection, filters: Filters, bands: int, *, sqlite: bool
) -> list[int]:
    """Count the comments that pass filters, whatever their score, by band of score."""
    band = band_of(score_of(filters.attribute), bands, sqlite=sqlite).label("band")
    chosen = (
        sa.select(band, sa.func.count().label("number"))
        .where(*conditions(filters, sqlite=sqlite, range_too=False))
        .group_by(sa.text("band"))
    )
    numbers = {row.band: row.number for row in connection.execute(chosen)}
    return [numbers.get(band, 0) for band in range(bands)]


def band_of(score: sa.ColumnElement[float], bands: int, *, sqlite: bool) -> Any:
    """Return the column of the number of a score's band; a score of 1 is in the last band."""
    # PostgreSQL's cast rounds, and not every SQLite has a floor.
    whole = (
        sa.cast(score * bands, sa.Integer)
        if sqlite
        else sa.cast(sa.func.floor(score * bands), sa.Integer)
    )
    return sa.case((score >= 1, bands - 1), else_=whole)


def preview(connection: sa.Connection, user: User, filters: Filters, *, sqlite: bool) -> Preview:
    """Return the number and examples of the comments that pass filters and nobody else holds."""
    passing, free = conditions(filters, sqlite=sqlite), not_held(user)
    rows = connection.execute(
        sa.select(
            comments.c.label,
            sa.func.count().filter(free).label("number"),
            sa.func.max(comments.c.id).label("newest"),
            # These two include what others hold, since holds change all the time.
            sa.func.count().label("passing"),
            sa.func.sum(comments.c.id).label("sum"),
        )
        .where(*passing)
        .group_by(comments.c.label)
    ).all()
    count = sum(row.number for row in rows)
    examples = _examples(connection, filters, [*passing, free], count)
    return Preview(
        count=count,
        labels={Label(row.label): row.number for row in rows if row.number},
        examples=tuple(read_comment_rows(connection, examples)),
        newest=max((row.newest for row in rows), default=0),
        seen=fingerprint(sum(row.passing for row in rows), sum(int(row.sum) for row in rows)),
    )


def fingerprint(count: int, total: int) -> str:
    """Return the fingerprint of a set of comments: their number, and the sum of their ids."""
    return f"{count}-{total}"


def _examples(
    connection: sa.Connection, filters: Filters, passing: list[Any], count: int
) -> list[int]:
    score = score_of(filters.attribute)
    chosen = sa.select(comments.c.id).where(*passing)
    rising = chosen.order_by(score, comments.c.id).limit(EXAMPLES)
    falling = chosen.order_by(score.desc(), comments.c.id.desc()).limit(EXAMPLES)
    middle = rising.offset(max(count // 2 - EXAMPLES // 2, 0))
    lowest, between, highest = (
        list(connection.scalars(query)) for query in (rising, middle, falling)
    )
    return list(dict.fromkeys((*lowest, *between, *reversed(highest))))
