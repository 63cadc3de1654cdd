"""The log of who did what: it only grows, and the database itself sees to that."""

import sqlalchemy as sa

from moderation.database.audit import COMMAND, add_entry
from moderation.database.store import Store
from moderation.database.tables import audit
from moderation.desk.accounts.roles import check_role
from moderation.desk.words import AuditEntry, Role, User

NOBODY = "(not signed in)"
"""Who acts where somebody tries to."""


class Audit:
    """The audit log."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, user: User, before: int | None = None, limit: int = 50) -> list[AuditEntry]:
        """Return entries, latest first, older than the entry `before`; admins only.

        Raises
        ------
        NotAllowed
        """
        check_role(user, Role.ADMIN)
        chosen = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            chosen = chosen.where(audit.c.id < before)
        with self._store.reading() as connection:
            return [
                AuditEntry(row.id, row.made, row.by, row.act, row.subject, row.details)
                for row in connection.execute(chosen)
            ]

    def add(
        self,
        connection: sa.Connection,
        by: User | str | None,
        act: str,
        subject: str,
        /,
        **details: object,
    ) -> None:
        """Write an entry, in the transaction of what it tells of.

        Parameters
        ----------
        connection : sqlalchemy.Connection
        by : User, str or None
            None for the command line; `NOBODY` where that is who acts.
        act : str
            What was done, as ``decide`` or ``user.add``.
        subject : str
            To what, as ``comment 12``.
        **details
            Anything for JSON but a comment's text, under any names.
        """
        name = by if isinstance(by, str) else by.name if by else COMMAND
        add_entry(connection, name, act, subject, details)
