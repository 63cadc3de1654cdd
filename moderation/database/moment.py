"""Points of time, kept alike in both databases."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, tzinfo=UTC)
_SECOND = 1_000_000


class Moment(sa.TypeDecorator[datetime]):
    """A time in UTC, as whole microseconds since 1970: SQLite has no type of its own for it."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy passes it
        """Return the number that stands for a time, which must know its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs a zone")
        since = value - EPOCH
        return (since.days * 86_400 + since.seconds) * _SECOND + since.microseconds

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # likewise
        """Return the time that a number stands for."""
        if value is None:
            return None
        try:
            return EPOCH + timedelta(microseconds=value)
        except OverflowError:
            # No calendar has it; a page that lists it must be readable all the same.
            return LAST if value > 0 else FIRST


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
