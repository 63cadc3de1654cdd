"""Points of time, kept alike in both databases."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
        seconds, rest = divmod(value, _SECOND)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
