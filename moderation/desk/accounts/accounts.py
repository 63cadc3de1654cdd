"""Users, their passwords, and their sessions."""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import COMMAND, add_entry, audit, now, users
from moderation.desk.accounts import login as visits
from moderation.desk.accounts import throttling as devices
from moderation.desk.accounts.login import hash_password, is_dated, is_password, place
from moderation.desk.accounts.throttling import FREE_TRIES, Caller, begin_try, forget_tries, welcome
from moderation.desk.errors import NoSuchThing, RoleNeeded, WrongPassword
from moderation.desk.types import AuditEntry, Role, Session, User
from moderation.errors import InvalidInput

# FOLDED rows: Rows of users.


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


# FOLDED roles: Who may do what.


def check_role(user: User | None, role: Role) -> None:
    """Refuse a person whose role does not go so far.

    Parameters
    ----------
    user : User or None
        None for the command line, which may do everything: who runs it has the database anyway.
    role : Role

    Raises
    ------
    RoleNeeded
    """
    if user is not None and (user.disabled or not user.role.may(role)):
        raise RoleNeeded(role)


# FOLDED audit: The log of who did what: it only grows, and the database itself sees to that.

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


MAX_NAME = 60


class Accounts:
    """Who may sign in."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def sign_in(self, name: str, password: str, address: str = "", device: str = "") -> Session:
        """Begin a session.

        From the fifth wrong password on, each makes the name wait twice as long for whoever tries
        from the same network address, whether or not somebody has the name; the owner, elsewhere
        or with a browser that is known, does not wait for that. A browser that is not known waits
        too where a name is tried from very many addresses.

        Parameters
        ----------
        name, password : str
        address : str
            Of the network from which somebody tries.
        device : str
            What an earlier session of this browser had for `Session.device`.

        Raises
        ------
        WrongPassword
        TooManyTries
            If the name has to wait, or too many sign in at once.
        """
        row, caller = self._checked(name, password, address, device)
        renewed = hash_password(password) if is_dated(row.password) else None
        user = user_of(row)

        def begin(connection: sa.Connection) -> Session:
            if renewed:
                changed = users.update().where(users.c.id == user.id).values(password=renewed)
                connection.execute(changed)
            welcome(connection, row.folded, caller)
            self._audit.add(connection, user, "sign in", f"user {user.name}")
            kept = devices.remember(self._store, connection, device, user)
            return replace(visits.begin(connection, user), device=kept)

        return self._store.write(begin)

    def knows(self, device: str) -> bool:
        """Tell whether somebody has signed in with a browser."""
        with self._store.reading() as connection:
            return devices.is_known(connection, device)

    def check(self, user: User, password: str) -> None:
        """Make sure that somebody who is signed in has the password, as signing in does.

        Raises
        ------
        WrongPassword, TooManyTries
        """
        # Nobody who is not signed in makes them wait.
        row, caller = self._checked(user.name, password, f"of user {user.id}")
        self._store.write(lambda connection: welcome(connection, row.folded, caller), again=True)

    def _checked(
        self, name: str, password: str, address: str, device: str = ""
    ) -> tuple[Any, Caller]:
        """Return the user of a name and a password, and who gave them; each try is counted."""
        folded = folded_name(name)

        def begin(connection: sa.Connection) -> tuple[Any, Caller]:
            row = find_user(connection, name)
            known = devices.known(connection, device, row.id) if row else ""
            caller = Caller(address, known)
            tried = begin_try(self._store, connection, folded, caller)
            if tried.number == FREE_TRIES:
                # One entry, however often it is tried from here on.
                subject = f"user {row.name}" if row else "a name that nobody has"
                self._audit.add(connection, NOBODY, "sign in.wait", subject)
            return row, caller

        with place():
            row, caller = self._store.write(begin)
            right = is_password(row.password if row else None, password)
        if not right or row.disabled:
            raise WrongPassword("The name or the password is wrong.", remedy="Try again.")
        return row, caller

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
            self._store.write(lambda connection: visits.note_use(connection, token), again=True)
        return session

    def sign_out(self, token: str) -> None:
        """End a session, if there is one."""

        def act(connection: sa.Connection) -> None:
            if name := visits.end(connection, token):
                self._audit.add(connection, name, "sign out", f"user {name}")

        self._store.write(act, again=True)

    def users(self) -> list[User]:
        """Return all users, by name."""
        with self._store.reading() as connection:
            rows = connection.execute(sa.select(users).order_by(users.c.folded))
            return [user_of(row) for row in rows]

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
        check_role(by, Role.ADMIN)
        name = " ".join(name.split())
        if not 0 < len(name) <= MAX_NAME or not name.isprintable() or name.startswith("("):
            # In the log a bracket begins what is nobody's name.
            raise InvalidInput(
                "A name has 1 to %(most)s printable characters and does not begin with a bracket.",
                where="name",
                values={"most": MAX_NAME},
            )
        values = {
            "name": name,
            "folded": folded_name(name),
            "role": role.value,
            "password": hash_password(password),
            "disabled": False,
            "created": now(),
        }

        def act(connection: sa.Connection) -> User:
            added = connection.execute(
                self._store.insert(users).values(values).on_conflict_do_nothing().returning(users)
            ).one_or_none()
            if added is None:
                raise InvalidInput("There is already a user with this name.", where=name)
            self._audit.add(connection, by, "user.add", f"user {name}", role=role.value)
            return user_of(added)

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
        NotAllowed, NoSuchThing
        InvalidInput
            If the password cannot be one, or nobody would be left who is an admin.
        """
        own = by is not None and by.name == name and role is None and disabled is None
        check_role(by, Role.READER if own else Role.ADMIN)
        values: dict[str, Any] = {}
        if role is not None:
            values["role"] = role.value
        if disabled is not None:
            values["disabled"] = disabled
        said = values | ({"password": "changed"} if password is not None else {})
        if password is not None:
            values["password"] = hash_password(password)

        def act(connection: sa.Connection) -> User:
            row = find_user(connection, name)
            if row is None:
                raise NoSuchThing("There is no user with this name.", where=name)
            if password is not None:
                forget_tries(connection, row.folded)
            if values:
                before = admins(connection)
                connection.execute(users.update().where(users.c.id == row.id).values(values))
                if row.id in before and not admins(connection):
                    raise InvalidInput(
                        "This is the only admin.",
                        where=name,
                        remedy="Make somebody else one first.",
                    )
                visits.end_all(connection, user_of(row))
                if password is not None or disabled:
                    devices.forget_devices(connection, user_of(row))
                self._audit.add(connection, by, "user.change", f"user {row.name}", **said)
            return user_of(find_user(connection, name))

        return self._store.write(act)
