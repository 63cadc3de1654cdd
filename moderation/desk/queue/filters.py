"""Filters, searches for words, and sort orders of a queue, as parts of a query."""

from collections.abc import Sequence
from datetime import datetime
from operator import ge, le, lt
from typing import Any

import sqlalchemy as sa

from moderation.database.tables import (
    IS_OPEN,
    UNJUDGED,
    comments,
    corrections,
    decisions,
    targets,
    texts,
    users,
)
from moderation.desk.types import (
    ERASED,
    SUPERSEDED,
    Filters,
    Queue,
    Section,
    SectionField,
    Sort,
)
from moderation.errors import InvalidInput
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.words import Search, fold

MAX_WORDS = 8
MAX_SEARCH = 200
"""The largest number of characters of a search."""
MANY = 5_000
"""The number of texts from which a search's words count as common."""
MAX_COUNTED = 15_000
MAX_READ = 20_000
"""The number of the latest comments whose texts are read by a search without words, for which there
is no index."""
MAX_INTEGER = 2**63 - 1
"""The largest number of a column."""

ELSEWHERE = (Queue.DECIDED.value, ERASED, SUPERSEDED, Queue.APPEALED.value, Queue.LEADS.value)
"""The states of comments that no other queue has, whatever else is known of them."""

Condition = sa.ColumnElement[bool]
_index = sa.table("search", sa.column("rowid"), sa.column("search"))


def conditions(
    filters: Filters,
    *,
    sqlite: bool,
    range_too: bool = True,
    common: bool = False,
    scored: bool = False,
) -> list[Condition]:
    """Return the conditions for a comment to be in a queue and to pass its filters.

    Parameters
    ----------
    filters : Filters
    sqlite : bool
        Whether the database is SQLite.
    range_too : bool
        Whether the bounds `low` and `high` are applied.
    common : bool
        Whether very many texts have the words of the search.
    scored : bool
        Whether comments that were not judged are left out, unless the filters ask for them. They
        are left out of any range of scores that does not reach from 0 to 1.
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
    passing = [
        _in_queue(filters.queue),
        *(comments.c[name] == value for name, value in values.items()),
        *(compare(column, bound) for compare, column, bound in bounds if bound is not None),
    ]
    judged = filters.judged
    if judged is None and (scored or (range_too and (filters.low > 0 or filters.high < 1))):
        judged = True
    if judged is not None:
        passing.append(was_judged() if judged else comments.c.label == UNJUDGED)
    if filters.target:
        passing.append(
            sa.exists().where(
                targets.c.comment_id == comments.c.id, targets.c.name == filters.target
            )
        )
    if filters.corrected:
        passing.append(_has_open_correction())
    if filters.sections:
        passing.append(in_sections(filters.sections))
    if filters.words.strip():
        passing.append(has_words(filters.words, sqlite=sqlite, common=common))
    if filters.queue is Queue.DECIDED:
        passing += _decision_conditions(filters)
    return passing


def score_of(attribute: str | None) -> sa.Column[float]:
    """Return the column of an attribute's score, or that of the worst score if None.

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


def was_judged() -> Condition:
    """Return the condition that a model judged a comment, so that its scores mean something."""
    return comments.c.label != UNJUDGED


def band_of(score: sa.ColumnElement[float], bands: int, *, sqlite: bool) -> Any:
    """Return the column of the number of a score's band; a score of 1 is in the last band."""
    # PostgreSQL's cast rounds, and not every SQLite has a floor.
    whole = (
        sa.cast(score * bands, sa.Integer)
        if sqlite
        else sa.cast(sa.func.floor(score * bands), sa.Integer)
    )
    return sa.case((score >= 1, bands - 1), else_=whole)


def order(
    filters: Filters, sort: Sort, harm: sa.ColumnElement[float]
) -> tuple[sa.ColumnElement[Any], bool]:
    """Return the column by which a queue is sorted, and whether in descending order.

    `harm` is the column of the order by harm.

    Ties are sorted by the comment's number in the same direction, so that one index has the order.
    """
    match sort:
        case Sort.HARM:
            return harm, True
        case Sort.WORST:
            return score_of(filters.attribute), True
        case Sort.UNCERTAIN:
            return comments.c.uncertainty, True
        case _:
            # A cursor holds the time as its number.
            return sa.type_coerce(_time_of(filters), sa.BigInteger), sort is Sort.NEWEST


def sorted_by(
    chosen: sa.Select[Any],
    filters: Filters,
    sort: Sort,
    harm: sa.ColumnElement[float],
    more: str | None = None,
) -> sa.Select[Any]:
    """Return a query sorted as a queue, from the comment after a cursor on.

    Raises
    ------
    InvalidInput
        If the cursor is not valid.
    """
    column, descending = order(filters, sort, harm)
    if filters.page or filters.author:
        # An expression, which no index has, so that these few are selected first and then sorted.
        # A database without statistics would follow the index through the whole queue.
        column = column + 0
    number = comments.c.id
    if more is not None:
        position = sa.tuple_(column, number)
        last = sa.tuple_(*map(sa.literal, _read_cursor(more)))
        chosen = chosen.where(position < last if descending else position > last)
    if descending:
        return chosen.order_by(column.desc(), number.desc())
    return chosen.order_by(column, number)


def cursor(value: float, number: int) -> str:
    """Return the cursor for the comments after one, by its value and its number."""
    return f"{value!r}_{number}"


def has_words(search: str, *, sqlite: bool, common: bool) -> sa.ColumnElement[bool]:
    """Return the condition that a comment has all words of a search, in any letter case.

    They may be in its text, its headline, its author's name and its site's id; words in double
    quotes stand one behind the other. The last word may be the beginning of one, from three letters
    on. If the search has no word, an emoji for example, one of these must contain it as it is; the
    latest 20,000 comments are searched.

    Parameters
    ----------
    search : str
    sqlite : bool
        Whether the database is SQLite.
    common : bool
        Whether to read one text after the other in SQLite. If many texts have the words, that
        finds the first few long before the index has listed all.

    Raises
    ------
    InvalidInput
        If it is too long.
    """
    sought = _read(search)
    if not sought.phrases:
        contains = texts.c.searched.contains(fold(search).strip(), autoescape=True)
        oldest = sa.select(sa.func.max(comments.c.id) - MAX_READ).scalar_subquery()
        own = texts.c.id == comments.c.id
        return sa.and_(comments.c.id > oldest, sa.exists().where(own, contains))
    if sqlite:
        if common:
            has_all = sa.func.has_words(texts.c.searched, sought.to_text())
            return sa.exists().where(texts.c.id == comments.c.id, has_all == 1)
        return comments.c.id.in_(sa.select(_index.c.rowid).where(_matches(sought)))
    phrases = (" <-> ".join(f"'{word}'" for word in phrase) for phrase in sought.phrases)
    query = " & ".join(f"({phrase})" for phrase in phrases)
    if sought.open_end:
        query = query.removesuffix(")") + ":*)"
    vector: sa.ColumnElement[str] = sa.literal_column("texts.words")
    matches = vector.op("@@")(sa.func.to_tsquery("simple", query))
    return sa.exists().where(texts.c.id == comments.c.id, matches)


def is_common(connection: sa.Connection, search: str) -> bool:
    """Tell whether very many texts have the words of a search, by SQLite's index."""
    sought = _read(search)
    if not sought.phrases:
        return False
    some = sa.select(sa.literal(1)).select_from(_index).where(_matches(sought)).limit(MANY)
    return connection.scalar(sa.select(sa.func.count()).select_from(some.subquery())) == MANY


def first_matches(search: str) -> sa.Select[tuple[int]] | None:
    """Return the query of SQLite's first texts with the words of a search; None without words.

    Only these are counted, since the texts with a common word may be too many to list.
    """
    sought = _read(search)
    if not sought.phrases:
        return None
    return sa.select(_index.c.rowid).where(_matches(sought)).limit(MAX_COUNTED)


def in_sections(sections: Sequence[Section]) -> Condition:
    """Return the condition that a comment belongs to one of some sections; none means all."""
    if not sections:
        return sa.true()
    return sa.or_(*map(_in_section, sections))


def _in_section(section: Section) -> Condition:
    column = comments.c[section.field.value]
    if section.field is not SectionField.PAGE:
        return column == section.value
    # Not LIKE, which knows no letter case in SQLite.
    return sa.func.substr(column, 1, len(section.value)) == section.value


def _time_of(filters: Filters) -> sa.Column[datetime]:
    return comments.c.decided if filters.queue is Queue.DECIDED else comments.c.received


def _in_queue(queue: Queue) -> Condition:
    if queue is Queue.CORRECTED:
        return sa.and_(_has_open_correction(), comments.c.queue.not_in(ELSEWHERE))
    if queue is Queue.FLAGGED:
        # Worded as the condition of the partial index of these few.
        return sa.and_(
            comments.c.flags > sa.text("0"),
            *(comments.c.queue != sa.text(f"'{name}'") for name in ELSEWHERE),
        )
    return comments.c.queue == queue.value


def _has_open_correction() -> Condition:
    # A list, not a subquery for each comment: few corrections are open.
    return comments.c.text_key.in_(
        sa.select(corrections.c.text_key).where(IS_OPEN, corrections.c.at_desk)
    )


def _decision_conditions(filters: Filters) -> list[Condition]:
    if not filters.outcome and not filters.by:
        return []
    made = sa.exists().where(decisions.c.id == comments.c.decision_id)
    if filters.outcome:
        made = made.where(decisions.c.outcome == filters.outcome.value)
    if filters.by:
        made = made.where(users.c.id == decisions.c.user_id, users.c.name == filters.by)
    return [made]


def _read_cursor(more: str) -> tuple[float, int]:
    value, _, number = more.partition("_")
    try:
        # The number of a time is too large for an exact float.
        position = (
            int(value) if value.lstrip("-").isdecimal() else float(value),
            int(number),
        )
    except (ValueError, OverflowError):
        raise _invalid_cursor() from None
    # Nothing that no column could hold, such as NaN and infinity.
    if not all(-MAX_INTEGER <= part <= MAX_INTEGER for part in position):
        raise _invalid_cursor()
    return position


def _invalid_cursor() -> InvalidInput:
    return InvalidInput(
        "The link to the next page of this queue is not valid.",
        where="more",
        remedy="Start again from the top of the queue.",
    )


def _read(search: str) -> Search:
    if len(search) > MAX_SEARCH:
        raise InvalidInput(
            "A search has at most %(most)s characters.", where="words", values={"most": MAX_SEARCH}
        )
    return Search.of(search, MAX_WORDS)


def _matches(sought: Search) -> sa.ColumnElement[bool]:
    query = " ".join(f'"{" ".join(phrase)}"' for phrase in sought.phrases)
    return _index.c.search.op("MATCH", is_comparison=True)(query + "*" * sought.open_end)
