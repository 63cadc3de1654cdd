"""A connection to look with, which outlives a server's restart."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError


class Reading(sa.Connection):
    """A connection on which a statement is asked once more where the connection broke under it.

    PostgreSQL lets each statement of a transaction see what was committed when it began, so that
    the second try sees no less than the first would have. What is written must not go this way.
    """

    _is_second = False

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Ask the database for rows."""
        return self._ask(super().execute, args, kwargs)

    def scalar(self, *args: Any, **kwargs: Any) -> Any:
        """Ask the database for one value."""
        return self._ask(super().scalar, args, kwargs)

    def exec_driver_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Ask the database in its own words."""
        return self._ask(super().exec_driver_sql, args, kwargs)

    def _ask(self, how: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        try:
            return how(*args, **kwargs)
        except DBAPIError as error:
            if self._is_second or not error.connection_invalidated:
                raise
        self._is_second = True
        # The broken connection is let go of; the next statement gets another one.
        self.rollback()
        return how(*args, **kwargs)
