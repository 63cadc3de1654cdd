"""Sources and sections that moderators are assigned, whose comments alone their queues show."""

from collections.abc import Mapping

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import now, users
from moderation.database.work_tables import assignments
from moderation.desk.accounts.accounts import Audit, check_role, find_user
from moderation.desk.accounts.login import show_all_sections
from moderation.desk.errors import NoSuchThing
from moderation.desk.types import Role, Section, SectionField, Session, User
from moderation.errors import InvalidInput
from moderation.text.validate import clean_text

MAX_VALUE = 2_000
MAX_SECTIONS = 50
"""The most sections of one user: the queue compares each comment with all of them."""


class Assignments:
    """The sections of moderators; leads and admins see everything, and so does whoever has none."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def of(self, user: User) -> tuple[Section, ...]:
        """Return the sections that the queues of a user show; empty shows everything."""
        if user.role is not Role.MODERATOR:
            return ()
        chosen = (
            sa.select(assignments.c.field, assignments.c.value)
            .where(assignments.c.user_id == user.id)
            .order_by(assignments.c.field, assignments.c.value)
        )
        with self._store.reading() as connection:
            rows = connection.execute(chosen)
            return tuple(Section(SectionField(row.field), row.value) for row in rows)

    def all(self, user: User) -> Mapping[str, list[Section]]:
        """Return the sections of each moderator who may sign in, by name; leads only.

        Raises
        ------
        NotAllowed
        """
        check_role(user, Role.LEAD)
        chosen = (
            sa.select(users.c.name, assignments.c.field, assignments.c.value)
            .outerjoin(assignments, assignments.c.user_id == users.c.id)
            .where(users.c.role == Role.MODERATOR.value, users.c.disabled.is_(False))
            .order_by(users.c.folded, assignments.c.field, assignments.c.value)
        )
        sections: dict[str, list[Section]] = {}
        with self._store.reading() as connection:
            for row in connection.execute(chosen):
                own = sections.setdefault(row.name, [])
                if row.field is not None:
                    own.append(Section(SectionField(row.field), row.value))
        return sections

    def assign(self, by: User, name: str, section: Section) -> None:
        """Assign a section to a moderator; leads only.

        Raises
        ------
        NotAllowed
        NoSuchThing
            If no moderator has the name.
        InvalidInput
            If the section has no value, or the moderator has very many.
        """
        check_role(by, Role.LEAD)
        value = clean_text(section.value, "").strip()
        if not 0 < len(value) <= MAX_VALUE:
            raise InvalidInput(
                "Name a source, a section or the beginning of an address.", where="value"
            )
        values = {"field": section.field.value, "value": value, "made": now()}

        def act(connection: sa.Connection) -> None:
            user_id, known_as = _moderator(connection, name)
            own = sa.select(sa.func.count()).where(assignments.c.user_id == user_id)
            if (connection.scalar(own) or 0) >= MAX_SECTIONS:
                raise InvalidInput(
                    "A moderator has at most %(most)s sections.",
                    where="value",
                    values={"most": MAX_SECTIONS},
                )
            added = connection.execute(
                self._store.insert(assignments)
                .values(values | {"user_id": user_id})
                .on_conflict_do_nothing()
                .returning(assignments.c.user_id)
            ).one_or_none()
            if added is not None:
                self._log(connection, by, "section.assign", known_as, section._replace(value=value))

        self._store.write(act, idempotent=True)

    def remove(self, by: User, name: str, section: Section) -> None:
        """Take a section from a moderator again; leads only.

        Raises
        ------
        NotAllowed, NoSuchThing
        """
        check_role(by, Role.LEAD)

        def act(connection: sa.Connection) -> None:
            user_id, known_as = _moderator(connection, name)
            removed = connection.execute(
                assignments.delete()
                .where(
                    assignments.c.user_id == user_id,
                    assignments.c.field == section.field.value,
                    assignments.c.value == section.value,
                )
                .returning(assignments.c.user_id)
            ).one_or_none()
            if removed is not None:
                self._log(connection, by, "section.remove", known_as, section)

        self._store.write(act, idempotent=True)

    def show_all(self, session: Session, *, everything: bool) -> None:
        """Let the queues of a session show everything, or the user's own sections alone."""
        self._store.write(
            lambda connection: show_all_sections(connection, session.token, everything=everything),
            idempotent=True,
        )

    def _log(
        self, connection: sa.Connection, by: User, act: str, name: str, section: Section
    ) -> None:
        details = {section.field.value: section.value}
        self._audit.add(connection, by, act, f"user {name}", **details)


def _moderator(connection: sa.Connection, name: str) -> tuple[int, str]:
    """Return the number and the name of a moderator.

    Raises
    ------
    NoSuchThing
    """
    row = find_user(connection, name)
    if row is None or row.role != Role.MODERATOR.value:
        raise NoSuchThing("There is no moderator with this name.", where=name)
    return row.id, row.name
