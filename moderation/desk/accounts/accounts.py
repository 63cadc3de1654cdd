"""Users, their passwords, and their sessions."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from moderation.desk.accounts import sessions as visits
from moderation.desk.accounts.audit import Audit
from moderation.desk.accounts.passwords import hash_password, is_dated, is_password
from moderation.desk.accounts.roles import need
from moderation.desk.errors import NoSuchThing, TooManyTries, WrongPassword
from moderation.desk.store.moment import now
from moderation.desk.store.store import Store
from moderation.desk.store.tables import users
from moderation.desk.words import Role, Session, User
from moderation.errors import InvalidInput

FREE_TRIES = 5
LONGEST_WAIT_SECONDS = 300
LONGEST_NAME = 60


class Accounts:
    """Who may sign in."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def sign_in(self, name: str, password: str) -> Session:
        """Begin a session.

        From the fifth wrong password on, each makes the name wait twice as long.

        Raises
        ------
        WrongPassword
        TooManyTries
        """
        with self._store.reading() as connection:
            row = _find(connection, name)
        if row and row.locked_until and row.locked_until > now():
            raise TooManyTries(int((row.locked_until - now()).total_seconds()) + 1)
        if not is_password(row.password if row else None, password) or row.disabled:
            if row:
                self._store.write(lambda connection: self._failed(connection, row.id))
            raise WrongPassword("Name and password do not go together.", remedy="Try again.")
        renewed = {"password": hash_password(password)} if is_dated(row.password) else {}
        user = _user(row)

        def welcome(connection: sa.Connection) -> Session:
            connection.execute(
                users.update()
                .where(users.c.id == user.id)
                .values(failures=0, locked_until=None, **renewed)
            )
            self._audit.add(connection, user, "sign in", f"user {user.name}")
            return visits.begin(connection, user)

        return self._store.write(welcome)

    def _failed(self, connection: sa.Connection, user_id: int) -> None:
        failures = connection.execute(
            users.update()
            .where(users.c.id == user_id)
            .values(failures=users.c.failures + 1)
            .returning(users.c.failures)
        ).scalar_one()
        if failures >= FREE_TRIES:
            seconds = min(2 ** min(failures - FREE_TRIES, 16), LONGEST_WAIT_SECONDS)
            until = now() + timedelta(seconds=seconds)
            connection.execute(
                users.update().where(users.c.id == user_id).values(locked_until=until)
            )

    def session(self, token: str) -> Session:
        """Return the session of a cookie.

        Raises
        ------
        NotSignedIn
            If there is none, it has ended (two hours unused, or twelve in all), or its user has
            been disabled.
        """
        with self._store.reading() as connection:
            session, note = visits.find(connection, token)
        if note:
            self._store.write(lambda connection: visits.note_use(connection, token))
        return session

    def sign_out(self, token: str) -> None:
        """End a session, if there is one."""
        self._store.write(lambda connection: visits.end(connection, token))

    def users(self) -> list[User]:
        """Return all users, by name."""
        with self._store.reading() as connection:
            rows = connection.execute(sa.select(users).order_by(users.c.folded))
            return [_user(row) for row in rows]

    def add(self, by: User | None, name: str, password: str, role: Role) -> User:
        """Add a user.

        Parameters
        ----------
        by : User or None
            An admin, or None from the command line.

        Raises
        ------
        NotAllowed
        InvalidInput
            If there is such a user, or the name or the password cannot be one.
        """
        need(by, Role.ADMIN)
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise InvalidInput(f"A name has 1 to {LONGEST_NAME} plain characters.", where="name")
        values = {
            "name": name,
            "folded": name.casefold(),
            "role": role.value,
            "password": hash_password(password),
            "disabled": False,
            "failures": 0,
            "created": now(),
        }

        def act(connection: sa.Connection) -> User:
            added = connection.execute(
                self._store.insert(users).values(values).on_conflict_do_nothing().returning(users)
            ).one_or_none()
            if added is None:
                raise InvalidInput("There is a user of this name.", where=name)
            self._audit.add(connection, by, "user.add", f"user {name}", role=role.value)
            return _user(added)

        return self._store.write(act)

    def change(
        self,
        by: User | None,
        name: str,
        *,
        role: Role | None = None,
        password: str | None = None,
        disabled: bool | None = None,
    ) -> User:
        """Change a user, and end that user's sessions.

        Everybody may change their own password; all else needs an admin.

        Raises
        ------
        NotAllowed, NoSuchThing, InvalidInput
        """
        own = by is not None and by.name == name and role is None and disabled is None
        need(by, Role.READER if own else Role.ADMIN)
        values: dict[str, Any] = {}
        if role is not None:
            values["role"] = role.value
        if disabled is not None:
            values["disabled"] = disabled
        said = values | ({"password": "changed"} if password is not None else {})
        if password is not None:
            values |= {"password": hash_password(password), "failures": 0, "locked_until": None}

        def act(connection: sa.Connection) -> User:
            row = _find(connection, name)
            if row is None:
                raise NoSuchThing("There is no user of this name.", where=name)
            if values:
                connection.execute(users.update().where(users.c.id == row.id).values(values))
                visits.end_all(connection, _user(row))
                self._audit.add(connection, by, "user.change", f"user {row.name}", **said)
            return _user(_find(connection, name))

        return self._store.write(act)


def _find(connection: sa.Connection, name: str) -> Any:
    folded = " ".join(name.split()).casefold()
    return connection.execute(sa.select(users).where(users.c.folded == folded)).one_or_none()


def _user(row: Any) -> User:
    return User(row.id, row.name, Role(row.role), row.disabled)
