"""Links by which users set new passwords: made by admins, valid once, for a day."""

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import now, resets, users
from moderation.desk.accounts.accounts import Audit, check_role, find_user
from moderation.desk.accounts.login import end_sessions, forget_links, hash_password, user_of
from moderation.desk.accounts.throttling import (
    forget_attempts,
    forget_devices,
    remember_device,
    token_hash,
)
from moderation.desk.errors import NoSuchThing
from moderation.desk.types import Role, User
from moderation.errors import InvalidInput

LIFETIME = timedelta(hours=24)
PATH = "/desk/reset"
"""The path of the page to which a link leads."""


class Link(NamedTuple):
    """The token of a new link, the user for whom it is, and the time until which it is valid."""

    token: str
    user: User
    until: datetime

    @property
    def path(self) -> str:
        """The link without the desk's own address."""
        return f"{PATH}?token={self.token}"


class Resets:
    """The links by which users who have forgotten their passwords set new ones."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def make(self, by: User | None, name: str) -> Link:
        """Make a link for a user, which makes earlier ones invalid; admins only.

        Parameters
        ----------
        by : User or None
            An admin, or None from the command line.
        name : str

        Raises
        ------
        NotAllowed, NoSuchThing
        InvalidInput
            If the user is disabled.
        """
        check_role(by, Role.ADMIN)
        token = secrets.token_urlsafe(32)

        def act(connection: sa.Connection) -> Link:
            row = find_user(connection, name)
            if row is None:
                raise NoSuchThing("There is no user with this name.", where=name)
            user, time = user_of(row), now()
            if user.disabled:
                raise InvalidInput(
                    "This user is disabled.", where=user.name, remedy="Enable the user first."
                )
            connection.execute(resets.delete().where(resets.c.made < time - LIFETIME))
            forget_links(connection, user)
            values = {"hash": token_hash(token), "user_id": user.id, "made": time}
            connection.execute(resets.insert().values(values))
            self._audit.add(connection, by, "user.reset_link", f"user {user.name}")
            return Link(token, user, time + LIFETIME)

        return self._store.write(act)

    def user(self, token: str) -> User:
        """Return the user who may set a password by a link.

        Raises
        ------
        NoSuchThing
            If the link has been used or replaced, or is more than a day old, or its user has been
            disabled or given a password since.
        """
        with self._store.reading() as connection:
            return user_of(_find(connection, token))

    def use(self, token: str, password: str, device: str = "") -> str:
        """Set a user's password by a link, and end the link and all sessions of the user.

        Parameters
        ----------
        token, password : str
        device : str
            The `Session.device` of an earlier session of this browser.

        Returns
        -------
        str
            The token by which this browser is known from now on, so that nobody's guesses make its
            user wait.

        Raises
        ------
        NoSuchThing
            As `user` does.
        InvalidInput
            If the password is too short or too long.
        """
        self.user(token)
        hashed = hash_password(password)

        def act(connection: sa.Connection) -> str:
            row = _find(connection, token)
            user = user_of(row)
            taken = resets.delete().where(resets.c.hash == token_hash(token))
            if connection.execute(taken).rowcount != 1:
                raise _invalid()
            this = users.update().where(users.c.id == user.id)
            connection.execute(this.values(password=hashed))
            forget_attempts(connection, row.folded)
            end_sessions(connection, user)
            forget_devices(connection, user)
            forget_links(connection, user)
            self._audit.add(connection, user, "user.reset", f"user {user.name}")
            return remember_device(self._store, connection, device, user)

        return self._store.write(act)


def _find(connection: sa.Connection, token: str) -> Any:
    """Return the row of the user of a valid link.

    Raises
    ------
    NoSuchThing
    """
    row = connection.execute(
        sa.select(users)
        .join(resets, resets.c.user_id == users.c.id)
        .where(
            resets.c.hash == token_hash(token),
            resets.c.made >= now() - LIFETIME,
            users.c.disabled.is_(False),
        )
    ).one_or_none()
    if row is None:
        raise _invalid()
    return row


def _invalid() -> NoSuchThing:
    return NoSuchThing(
        "This link is not valid any more.", remedy="Ask an administrator for a new one."
    )
