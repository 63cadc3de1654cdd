"""What deciding on many at once would do."""

from typing import Any

import sqlalchemy as sa

from moderation.database.tables import comments
from moderation.desk.queue.holding import not_held
from moderation.desk.queue.reading import read_lines
from moderation.desk.queue.where import conditions, score_of
from moderation.desk.words import Filters, Preview, User
from moderation.taxonomy import Label

SHOWN = 3
"""Examples from each end of the range, and from its middle."""


def band_of(score: sa.ColumnElement[float], bands: int, *, sqlite: bool) -> Any:
    """Return the number of the band in which a score falls; a score of 1 falls in the last."""
    # PostgreSQL's cast rounds, and SQLite has no floor everywhere.
    whole = (
        sa.cast(score * bands, sa.Integer)
        if sqlite
        else sa.cast(sa.func.floor(score * bands), sa.Integer)
    )
    return sa.case((score >= 1, bands - 1), else_=whole)


def histogram(
    connection: sa.Connection, filters: Filters, bands: int, *, sqlite: bool
) -> list[int]:
    """Count comments that pass filters, their range apart, by band of score."""
    score = score_of(filters.attribute)
    # Grouped by the score itself first, which an index has in order.
    band = band_of(score, bands, sqlite=sqlite).label("band")
    chosen = (
        sa.select(band, sa.func.count().label("number"))
        .where(*conditions(filters, sqlite=sqlite, range_too=False))
        .group_by(sa.text("band"))
    )
    found = {row.band: row.number for row in connection.execute(chosen)}
    return [found.get(place, 0) for place in range(bands)]


def preview(connection: sa.Connection, user: User, filters: Filters, *, sqlite: bool) -> Preview:
    """Count and show what passes filters and nobody else holds."""
    passing, free = conditions(filters, sqlite=sqlite), not_held(user)
    rows = connection.execute(
        sa.select(
            comments.c.label,
            sa.func.count().filter(free).label("number"),
            sa.func.max(comments.c.id).label("newest"),
            # With what others hold: they take and leave comments all the time.
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
        examples=tuple(read_lines(connection, examples)),
        newest=max((row.newest for row in rows), default=0),
        seen=seen(sum(row.passing for row in rows), sum(int(row.sum) for row in rows)),
    )


def seen(count: int, total: int) -> str:
    """Return what stands for some comments: how many there are, and the sum of their numbers."""
    return f"{count}-{total}"


def _examples(
    connection: sa.Connection, filters: Filters, passing: list[Any], count: int
) -> list[int]:
    score = score_of(filters.attribute)
    chosen = sa.select(comments.c.id).where(*passing)
    rising = chosen.order_by(score, comments.c.id).limit(SHOWN)
    falling = chosen.order_by(score.desc(), comments.c.id.desc()).limit(SHOWN)
    middle = rising.offset(max(count // 2 - SHOWN // 2, 0))
    lowest, between, highest = (list(connection.scalars(one)) for one in (rising, middle, falling))
    return list(dict.fromkeys((*lowest, *between, *reversed(highest))))
