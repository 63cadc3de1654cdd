"""A queue, its filters and its order, as they stand in an address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import urlencode

from moderation.desk.types import Filters, Outcome, Queue, Sort
from moderation.errors import InvalidInput
from moderation.taxonomy import ATTRIBUTE_NAMES, Label

TEXTS = ("page", "author", "source", "community", "target", "by")
MAX_DIGITS = 18
MAX_SKIPPED = 50
"""Comments that are passed over; those put aside longest ago come again."""
NO_TIME, ONE_DAY = timedelta(), timedelta(days=1)

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Asking:
    """What somebody works through.

    Parameters
    ----------
    filters : Filters
    sort : Sort
    skip : tuple of int
        Comments put aside, the latest last.
    fields : mapping of str to str
        The same as it stands in the address, filled fields alone, `skip` apart.
    """

    filters: Filters
    sort: Sort
    skip: tuple[int, ...]
    fields: Mapping[str, str]

    def query(self, **changes: str | float | None) -> dict[str, str]:
        """Return the fields for an address, with changes; None leaves one out."""
        fields = {**self.fields, "skip": ",".join(map(str, self.skip)), **changes}
        return {name: str(value) for name, value in fields.items() if value not in {None, ""}}

    def link(self, path: str, **changes: str | float | None) -> str:
        """Return the address of a page of the desk with the fields."""
        fields = self.query(**changes)
        return f"/desk{path}?{urlencode(fields)}" if fields else f"/desk{path}"

    def putting_aside(self, comment_id: int) -> "Asking":
        """Return the same with one comment more passed over."""
        kept = tuple(each for each in self.skip if each != comment_id)
        return Asking(self.filters, self.sort, (*kept, comment_id)[-MAX_SKIPPED:], self.fields)

    @property
    def narrowed(self) -> bool:
        """Whether anything but the queue and its order is asked for."""
        return bool(set(self.fields) - {"queue", "sort"})


def read_asking(query: Mapping[str, str], queue: Queue | None = None) -> Asking:
    """Return what an address asks for.

    Raises
    ------
    InvalidInput
        Naming the field that cannot be.
    """
    chosen = queue or _one_of(Queue, query, "queue") or Queue.REVIEW
    newest = chosen is Queue.DECIDED
    sort = _one_of(Sort, query, "sort") or (Sort.NEWEST if newest else Sort.WORST)
    attribute = query.get("attribute") or None
    if attribute and attribute not in ATTRIBUTE_NAMES:
        raise InvalidInput("There is no such attribute.", where="attribute")
    filters = Filters(
        queue=chosen,
        attribute=attribute,
        low=_share(query, "low", 0.0),
        high=_share(query, "high", 1.0),
        label=_one_of(Label, query, "label"),
        since=_day(query, "since"),
        until=_day(query, "until", ONE_DAY),
        words=query.get("words", "").strip(),
        outcome=_one_of(Outcome, query, "outcome"),
        **{name: query.get(name) or None for name in TEXTS},
    )
    known = (*TEXTS, "attribute", "low", "high", "label", "since", "until", "words", "outcome")
    fields = {name: query[name] for name in known if query.get(name, "").strip()}
    return Asking(filters, sort, _skipped(query), {**fields, "queue": chosen, "sort": sort})


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
        # One day more must still be one that there is.
        return datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC) + days
    except (ValueError, OverflowError):
        raise InvalidInput("Write a date like 2026-11-30.", where=name) from None


def _skipped(query: Mapping[str, str]) -> tuple[int, ...]:
    parts = query.get("skip", "").split(",")
    numbers = [number for part in parts if (number := number_of(part)) is not None]
    return tuple(numbers[-MAX_SKIPPED:])


def number_of(text: str) -> int | None:
    """Return the number that a text is, None where it is none that the database could have."""
    if len(text) > MAX_DIGITS or not (text.isascii() and text.isdecimal()):
        return None
    return int(text)


# FOLDED paging: Long lists, a page at a time.

ROWS = 50

T = TypeVar("T")


class ListPage(NamedTuple, Generic[T]):
    """Some of a list; `more`, where there is more, is where the next page begins."""

    rows: Sequence[T]
    more: int | None


def page_of(whole: Sequence[T], query: Mapping[str, str], most: int = ROWS) -> ListPage[T]:
    """Return the rows of a list from the one on that an address asks for with ``from``."""
    begin = number_of(query.get("from", "")) or 0
    end = begin + most
    return ListPage(whole[begin:end], end if end < len(whole) else None)
