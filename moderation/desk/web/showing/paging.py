"""Long lists, a page at a time."""

from collections.abc import Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from moderation.desk.web.asking import number_of

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
