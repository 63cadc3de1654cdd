"""Filters and sorts, as conditions of a query."""

from datetime import datetime
from operator import ge, le, lt
from typing import Any

import sqlalchemy as sa

from moderation.database.tables import comments, decisions, targets, texts, users
from moderation.desk.types import ERASED, Filters, Queue, Sort
from moderation.errors import InvalidInput
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.words import WORD, is_prefix

# FOLDED search: Words that are looked for in texts.

MAX_WORDS = 8
LONGEST = 200
"""Most characters of what is sought."""
MANY = 5_000
"""From so many texts on, words are common."""
MAX_COUNTED = 15_000
MAX_READ = 20_000
"""The latest comments, whose texts are read where no word is sought, and no index helps."""

_index = sa.table("search", sa.column("rowid"), sa.column("search"))


def has_words(sought: str, *, sqlite: bool, common: bool) -> sa.ColumnElement[bool]:
    """Return the condition that all of some words stand in a comment's text.

    The last may be unfinished, from three letters on. Where there is no word (an emoji, say), the
    text must hold what is sought as it is; the latest 20,000 comments are looked at.

    Parameters
    ----------
    sought : str
    sqlite : bool
        Which database is asked.
    common : bool
        SQLite only: whether to read one text after the other. Where the words are in many, that
        finds the first few long before all are listed.

    Raises
    ------
    InvalidInput
        If it is too long.
    """
    words = _words(sought)
    if not words:
        held = texts.c.text.contains(sought.strip(), autoescape=True)
        latest = sa.select(sa.func.max(comments.c.id) - MAX_READ).scalar_subquery()
        return sa.and_(comments.c.id > latest, sa.exists().where(texts.c.id == comments.c.id, held))
    if sqlite:
        found = sa.select(_index.c.rowid).where(_matches(words))
        if common:
            holds = sa.func.has_words(texts.c.text, " ".join(words))
            return sa.exists().where(texts.c.id == comments.c.id, holds == 1)
        return comments.c.id.in_(found)
    asked = " & ".join(f"'{word}'" for word in words) + (":*" if is_prefix(words[-1]) else "")
    vector: sa.ColumnElement[str] = sa.literal_column("texts.words")
    matches = vector.op("@@")(sa.func.to_tsquery("simple", asked))
    return sa.exists().where(texts.c.id == comments.c.id, matches)


def is_common(connection: sa.Connection, sought: str) -> bool:
    """Whether some words stand in very many texts, by SQLite's index."""
    words = _words(sought)
    if not words:
        return False
    some = sa.select(sa.literal(1)).select_from(_index).where(_matches(words)).limit(MANY)
    return connection.scalar(sa.select(sa.func.count()).select_from(some.subquery())) == MANY


def first_found(sought: str) -> sa.Select[tuple[int]] | None:
    """Return a query of the first texts with some words in SQLite; None where there is no word.

    Counting looks at no more than these: all texts with a common word are too many to list.
    """
    words = _words(sought)
    return sa.select(_index.c.rowid).where(_matches(words)).limit(MAX_COUNTED) if words else None


def _words(sought: str) -> list[str]:
    if len(sought) > LONGEST:
        raise InvalidInput(
            "A search has at most %(most)s characters.", where="words", values={"most": LONGEST}
        )
    return WORD.findall(sought)[:MAX_WORDS]


def _matches(words: list[str]) -> sa.ColumnElement[bool]:
    asked = " ".join(f'"{word}"' for word in words) + ("*" if is_prefix(words[-1]) else "")
    return _index.c.search.op("MATCH", is_comparison=True)(asked)


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
