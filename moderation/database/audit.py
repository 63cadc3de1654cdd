"""Entries of the audit log, which only grows: the database itself sees to that."""

from typing import Any

import sqlalchemy as sa

from moderation.database.moment import now
from moderation.database.tables import audit

COMMAND = "(command line)"
"""The name in the log of whoever runs a command, where nobody signs in."""


def add_entry(
    connection: sa.Connection, by: str, act: str, subject: str, details: dict[str, Any]
) -> None:
    """Write an entry, in the transaction of what it tells of.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    by : str
        The name of the person, or `COMMAND`.
    act : str
        What was done, as ``decide`` or ``user.add``.
    subject : str
        To what, as ``comment 12``.
    details : dict
        Anything for JSON but a comment's text.
    """
    connection.execute(
        audit.insert().values(made=now(), by=by, act=act, subject=subject, details=details)
    )
