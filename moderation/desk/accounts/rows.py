"""Rows of users."""

from typing import Any

import sqlalchemy as sa

from moderation.database.tables import users
from moderation.desk.words import Role, User


def folded_name(name: str) -> str:
    """Return the form in which no two users have the same name."""
    return " ".join(name.split()).casefold()


def find_user(connection: sa.Connection, name: str) -> Any:
    """Return the row of a name, None where nobody has it."""
    this = users.c.folded == folded_name(name)
    return connection.execute(sa.select(users).where(this)).one_or_none()


def admins(connection: sa.Connection) -> list[int]:
    """Return who is an admin, locked, so that no two make each other something else."""
    chosen = sa.select(users.c.id).where(
        users.c.role == Role.ADMIN.value, users.c.disabled.is_(False)
    )
    return list(connection.scalars(chosen.order_by(users.c.id).with_for_update()))


def user_of(row: Any) -> User:
    """Return the user of a row."""
    return User(row.id, row.name, Role(row.role), row.disabled)
