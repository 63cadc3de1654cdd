"""The effect of a bulk decision before it is made: numbers by score, and comments to look at."""

from typing import Any

import sqlalchemy as sa

from moderation.database.tables import comments
from moderation.desk.queue.filters import band_of, conditions, score_of
from moderation.desk.queue.holds import not_held
from moderation.desk.queue.rows import label_of, read_comment_rows
from moderation.desk.types import Filters, Preview, User

EXAMPLES = 3
"""The number of examples from each end of the range, and from its middle."""
ALL_SHOWN = 50
"""So many comments are all shown."""


def histogram(
    connection: sa.Connection, filters: Filters, bands: int, *, sqlite: bool
) -> list[int]:
    """Count the comments that pass filters, whatever their score, by band of score."""
    band = band_of(score_of(filters.attribute), bands, sqlite=sqlite).label("band")
    chosen = (
        sa.select(band, sa.func.count().label("number"))
        .where(*conditions(filters, sqlite=sqlite, range_too=False, scored=True))
        .group_by(sa.text("band"))
    )
    numbers = {row.band: row.number for row in connection.execute(chosen)}
    return [numbers.get(band, 0) for band in range(bands)]


def preview(connection: sa.Connection, user: User, filters: Filters, *, sqlite: bool) -> Preview:
    """Return the number of the comments that pass filters and nobody else holds, and some of them.

    These are all of them where they are few, else examples from both ends and the middle.
    """
    passing, free = conditions(filters, sqlite=sqlite, scored=True), not_held(user)
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
    lines = {line.id: line for line in read_comment_rows(connection, examples)}
    return Preview(
        count=count,
        labels={label_of(row.label): row.number for row in rows if row.number},
        examples=tuple(lines[number] for number in examples if number in lines),
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
    if count <= ALL_SHOWN:
        return list(connection.scalars(chosen.order_by(score, comments.c.id).limit(ALL_SHOWN)))
    rising = chosen.order_by(score, comments.c.id).limit(EXAMPLES)
    falling = chosen.order_by(score.desc(), comments.c.id.desc()).limit(EXAMPLES)
    middle = rising.offset(max(count // 2 - EXAMPLES // 2, 0))
    lowest, between, highest = (
        list(connection.scalars(query)) for query in (rising, middle, falling)
    )
    return list(dict.fromkeys((*lowest, *between, *reversed(highest))))
