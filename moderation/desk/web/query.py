"""Query strings: a queue with its filters, order and skipped comments, and pages of long lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlencode

from moderation.database.tables import UNJUDGED
from moderation.desk.types import Filters, Outcome, Queue, Section, Sort
from moderation.errors import InvalidInput
from moderation.taxonomy import ATTRIBUTE_NAMES, Label

TEXTS = ("page", "author", "source", "community", "target", "by")
MAX_DIGITS = 18
"""Digits of the longest number that the database can hold."""
MAX_SKIPPED = 50
"""Comments that are passed over; those skipped longest ago come again."""
NO_TIME, ONE_DAY = timedelta(), timedelta(days=1)

ROWS = 50
"""Rows on a page of a long list."""

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class QueueView:
    """A queue as somebody works through it.

    Parameters
    ----------
    filters : Filters
    sort : Sort
    skip : tuple of int
        The ids of skipped comments, the latest last.
    fields : mapping of str to str
        The filled fields of the query string, `skip` excepted.
    """

    filters: Filters
    sort: Sort
    skip: tuple[int, ...]
    fields: Mapping[str, str]

    def query(self, **changes: str | float | None) -> dict[str, str]:
        """Return the fields of a query string, with changes; None leaves one out."""
        fields = {**self.fields, "skip": ",".join(map(str, self.skip)), **changes}
        return {name: str(value) for name, value in fields.items() if value not in {None, ""}}

    def link(self, path: str, **changes: str | float | None) -> str:
        """Return the address of a page of the desk with the fields."""
        fields = self.query(**changes)
        return f"/desk{path}?{urlencode(fields)}" if fields else f"/desk{path}"

    def within(self, sections: tuple[Section, ...]) -> "QueueView":
        """Return the same view of the comments of some sections; none means all."""
        return replace(self, filters=replace(self.filters, sections=sections))

    def skipping(self, comment_id: int) -> "QueueView":
        """Return the same view with one more skipped comment."""
        kept = tuple(skipped for skipped in self.skip if skipped != comment_id)
        return QueueView(self.filters, self.sort, (*kept, comment_id)[-MAX_SKIPPED:], self.fields)

    @property
    def is_filtered(self) -> bool:
        """True if there is a filter besides the queue itself."""
        return bool(set(self.fields) - {"queue", "sort"})


class ListPage(NamedTuple, Generic[T]):
    """Some rows of a list, and the number of the next row, None after the last."""

    rows: Sequence[T]
    more: int | None


def read_view(query: Mapping[str, str], queue: Queue | None = None) -> QueueView:
    """Return the view that the fields of a query string or a form describe.

    Parameters
    ----------
    query : mapping of str to str
    queue : Queue, optional
        The queue, whatever the fields name.

    Raises
    ------
    InvalidInput
        If a field has an impossible value; it names the field.
    """
    chosen = queue or _one_of(Queue, query, "queue") or Queue.REVIEW
    newest = chosen is Queue.DECIDED
    sort = _one_of(Sort, query, "sort") or (Sort.NEWEST if newest else Sort.HARM)
    attribute = query.get("attribute") or None
    if attribute and attribute not in ATTRIBUTE_NAMES:
        raise InvalidInput("There is no such attribute.", where="attribute")
    unjudged = query.get("label") == UNJUDGED
    texts: dict[str, Any] = {name: query.get(name) or None for name in TEXTS}
    filters = Filters(
        queue=chosen,
        attribute=attribute,
        low=_share(query, "low", 0.0),
        high=_share(query, "high", 1.0),
        label=None if unjudged else _one_of(Label, query, "label"),
        judged=False if unjudged else None,
        since=_day(query, "since"),
        until=_day(query, "until", ONE_DAY),
        words=query.get("words", "").strip(),
        outcome=_one_of(Outcome, query, "outcome"),
        corrected=bool(query.get("corrected")),
        **texts,
    )
    known = (
        *TEXTS, "attribute", "low", "high", "label", "since", "until", "words", "outcome",
        "corrected",
    )  # fmt: skip
    fields = {name: query[name] for name in known if query.get(name, "").strip()}
    return QueueView(filters, sort, _skipped(query), {**fields, "queue": chosen, "sort": sort})


def read_days(query: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """Return the beginning of the first day chosen, and of the day after the last.

    Raises
    ------
    InvalidInput
        If one of them is no date; it names the field.
    """
    return _day(query, "since"), _day(query, "until", ONE_DAY)


def read_range(query: Mapping[str, str], days: int) -> tuple[datetime, datetime]:
    """Return the beginning and the end of the days chosen, by default of the latest ones.

    Raises
    ------
    InvalidInput
    """
    since, until = read_days(query)
    if until is None:
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        until = today + ONE_DAY
    return since or until - timedelta(days=days), until


def number_of(text: str) -> int | None:
    """Return the number in a text, None where it is not one that the database could hold."""
    if len(text) > MAX_DIGITS or not (text.isascii() and text.isdecimal()):
        return None
    return int(text)


def page_of(whole: Sequence[T], query: Mapping[str, str], rows: int = ROWS) -> ListPage[T]:
    """Return one page of a list, from the row on that the field ``from`` names."""
    begin = number_of(query.get("from", "")) or 0
    end = begin + rows
    return ListPage(whole[begin:end], end if end < len(whole) else None)


def _one_of(kind: type[E], query: Mapping[str, str], name: str) -> E | None:
    given = query.get(name)
    if not given:
        return None
    try:
        return kind(given)
    except ValueError:
        raise InvalidInput("This is not one of the choices.", where=name) from None


def _share(query: Mapping[str, str], name: str, default: float) -> float:
    given = query.get(name)
    if not given:
        return default
    try:
        share = float(given)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise InvalidInput("A score is a number from 0 to 1.", where=name)
    return share


def _day(query: Mapping[str, str], name: str, days: timedelta = NO_TIME) -> datetime | None:
    given = query.get(name)
    if not given:
        return None
    try:
        # The last day of the calendar has no next one.
        return datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC) + days
    except (ValueError, OverflowError):
        raise InvalidInput("Write a date like 2026-11-30.", where=name) from None


def _skipped(query: Mapping[str, str]) -> tuple[int, ...]:
    parts = query.get("skip", "").split(",")
    numbers = [number for part in parts if (number := number_of(part)) is not None]
    return tuple(numbers[-MAX_SKIPPED:])
