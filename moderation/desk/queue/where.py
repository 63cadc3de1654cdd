"""Filters and sorts, as conditions of a query."""

from datetime import datetime
from operator import ge, le, lt
from typing import Any

import sqlalchemy as sa

from moderation.database.tables import comments, decisions, targets, users
from moderation.desk.queue.search import has_words
from moderation.desk.words import ERASED, Filters, Queue, Sort
from moderation.errors import InvalidInput
from moderation.taxonomy import ATTRIBUTE_NAMES

Condition = sa.ColumnElement[bool]
MOST = 2**63 - 1
"""The largest number of a column."""


def score_of(attribute: str | None) -> sa.Column[float]:
    """Return the column of an attribute's score; the worst one's where None.

    Raises
    ------
    InvalidInput
        If there is no such attribute.
    """
    if attribute is None:
        return comments.c.worst
    if attribute not in ATTRIBUTE_NAMES:
        raise InvalidInput("There is no such attribute.", where="attribute")
    return comments.c[f"score_{attribute}"]


def conditions(
    filters: Filters, *, sqlite: bool, range_too: bool = True, common: bool = False
) -> list[Condition]:
    """Return what a comment must fulfil to be in a queue and to pass its filters.

    Parameters
    ----------
    filters : Filters
    sqlite : bool
        Which database is asked.
    range_too : bool
        Whether `low` and `high` count.
    common : bool
        Whether the words sought stand in very many texts.
    """
    named = ("page", "author", "source", "community", "label")
    values = {name: value for name in named if (value := getattr(filters, name))}
    score, time = score_of(filters.attribute), _time_of(filters)
    bounds = (
        (ge, score, filters.low if range_too and filters.low > 0 else None),
        (le, score, filters.high if range_too and filters.high < 1 else None),
        (ge, time, filters.since),
        (lt, time, filters.until),
    )
    found = [
        _in_queue(filters.queue),
        *(comments.c[name] == value for name, value in values.items()),
        *(holds(column, bound) for holds, column, bound in bounds if bound is not None),
    ]
    if filters.target:
        found.append(
            sa.exists().where(
                targets.c.comment_id == comments.c.id, targets.c.name == filters.target
            )
        )
    if filters.words.strip():
        found.append(has_words(filters.words, sqlite=sqlite, common=common))
    if filters.queue is Queue.DECIDED:
        found += _decision(filters)
    return found


def _time_of(filters: Filters) -> sa.Column[datetime]:
    return comments.c.decided if filters.queue is Queue.DECIDED else comments.c.received


def _in_queue(queue: Queue) -> Condition:
    if queue is Queue.FLAGGED:
        # In the words of the index of these few.
        elsewhere = (Queue.DECIDED.value, ERASED)
        return sa.and_(
            comments.c.flags > sa.text("0"),
            *(comments.c.queue != sa.text(f"'{name}'") for name in elsewhere),
        )
    return comments.c.queue == queue.value


def _decision(filters: Filters) -> list[Condition]:
    if not filters.outcome and not filters.by:
        return []
    made = sa.exists().where(decisions.c.id == comments.c.decision_id)
    if filters.outcome:
        made = made.where(decisions.c.outcome == filters.outcome.value)
    if filters.by:
        made = made.where(users.c.id == decisions.c.user_id, users.c.name == filters.by)
    return [made]


def order(filters: Filters, sort: Sort) -> tuple[sa.ColumnElement[Any], bool]:
    """Return the column that a queue is sorted by, and whether the highest come first.

    The comment's number settles ties, in the same direction, so that one index has the order.
    """
    match sort:
        case Sort.WORST:
            return score_of(filters.attribute), True
        case Sort.UNCERTAIN:
            return comments.c.uncertainty, True
        case _:
            # Cursors hold the number that stands for the time.
            return sa.type_coerce(_time_of(filters), sa.BigInteger), sort is Sort.NEWEST


def sorted_by(
    chosen: sa.Select[Any], filters: Filters, sort: Sort, more: str | None = None
) -> sa.Select[Any]:
    """Sort a query as a queue, from where a cursor points on.

    Raises
    ------
    InvalidInput
        If the cursor is none.
    """
    column, highest_first = order(filters, sort)
    if filters.page or filters.author:
        # These few are found first and then sorted: following the order of the whole queue, as a
        # database without statistics would, passes over all others.
        column = column + 0
    number = comments.c.id
    if more is not None:
        place = sa.tuple_(column, number)
        last = sa.tuple_(*map(sa.literal, _read_cursor(more)))
        chosen = chosen.where(place < last if highest_first else place > last)
    if highest_first:
        return chosen.order_by(column.desc(), number.desc())
    return chosen.order_by(column, number)


def cursor(value: float, number: int) -> str:
    """Return the cursor that points behind a comment."""
    return f"{value!r}_{number}"


def _read_cursor(more: str) -> tuple[float, int]:
    value, _, number = more.partition("_")
    try:
        # A time's number is too large to be exact as a float.
        place = int(value) if value.lstrip("-").isdecimal() else float(value)
        found = place, int(number)
    except (ValueError, OverflowError):
        raise _no_place() from None
    # What no column could hold, NaN and infinity among it.
    if not all(-MOST <= one <= MOST for one in found):
        raise _no_place()
    return found


def _no_place() -> InvalidInput:
    return InvalidInput(
        "The link to the next page of this queue is not valid.",
        where="more",
        remedy="Start again from the top of the queue.",
    )
