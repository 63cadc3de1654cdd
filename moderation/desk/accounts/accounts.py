"""Users, their roles, and the audit log of what they do."""

import secrets
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import COMMAND, add_audit_entry, audit, now, users
from moderation.desk.accounts.codes import use_code
from moderation.desk.accounts.login import (
    begin_session,
    end_session,
    end_sessions,
    find_session,
    forget_links,
    hash_password,
    hashing_slot,
    is_password,
    needs_rehash,
    record_use,
    user_of,
)
from moderation.desk.accounts.throttling import (
    FREE_ATTEMPTS,
    Caller,
    accept_attempt,
    begin_attempt,
    device_of,
    forget_attempts,
    forget_devices,
    is_known_device,
    remember_device,
)
from moderation.desk.errors import NoSuchThing, PasswordsOff, RoleNeeded, WrongPassword
from moderation.desk.types import AuditEntry, Role, Session, User
from moderation.errors import InvalidInput

MAX_NAME = 60
NOBODY = "(not signed in)"
"""The name in the audit log of a person who attempts to sign in."""


def check_role(user: User | None, role: Role) -> None:
    """Check that a person has a role, or one that may do more.

    Parameters
    ----------
    user : User or None
        None for the command line, which may do everything: it has the database anyway.
    role : Role

    Raises
    ------
    RoleNeeded
        If the person is disabled, or the role does not go so far.
    """
    if user is not None and (user.disabled or not user.role.may(role)):
        raise RoleNeeded(role)


class Audit:
    """The audit log, which the database itself lets only grow."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, user: User, before: int | None = None, limit: int = 50) -> list[AuditEntry]:
        """Return entries, latest first, of those older than the entry `before`; admins only.

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
        """Add an entry, in the transaction of the act itself.

        Parameters
        ----------
        connection : sqlalchemy.Connection
        by : User, str or None
            The acting user, `NOBODY`, or None for the command line.
        act : str
            The name of the act: ``decide`` or ``user.add``.
        subject : str
            The object of the act: ``comment 12``.
        **details
            Values for JSON, never a comment's text, under any names.
        """
        name = by if isinstance(by, str) else by.name if by else COMMAND
        add_audit_entry(connection, name, act, subject, details)


class Accounts:
    """The users, and their sessions."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def sign_in(  # noqa: PLR0913  # the fields of one form, and the settings for it
        self,
        name: str,
        password: str,
        address: str = "",
        device: str = "",
        code: str = "",
        *,
        lowest: Role = Role.READER,
        provider: str = "",
    ) -> Session:
        """Begin a session.

        From the fifth wrong password on, each doubles the time for which callers from the same
        network address have to wait with this name, whether or not a user has it. The user does
        not wait at another address or with a known browser. Unknown browsers wait too if a name
        is tried from very many addresses, or very many names from their address.

        Parameters
        ----------
        name, password : str
        address : str
            The caller's network address.
        device : str
            The `Session.device` of an earlier session of this browser.
        code : str
            The code that the user's app shows, of a user who has turned that on.
        lowest : Role
            The lowest role that signs in with passwords.
        provider : str
            The name of the provider at which the others sign in.

        Raises
        ------
        WrongPassword
        PasswordsOff
        WrongCode
            If the password is right and the code is not; it counts as a wrong password.
        TooManyTries
            If the name has to wait, or too many sign in at once.
        """
        row, caller = self._authenticate(name, password, address, device)
        user = user_of(row)
        if not user.role.may(lowest):
            raise PasswordsOff(provider)
        renewed = hash_password(password) if needs_rehash(row.password) else None

        def begin(connection: sa.Connection) -> Session:
            use_code(connection, row, code)
            if renewed:
                changed = users.update().where(users.c.id == user.id).values(password=renewed)
                connection.execute(changed)
            accept_attempt(connection, row.folded, caller)
            self._audit.add(connection, user, "sign in", f"user {user.name}")
            token = remember_device(self._store, connection, device, user)
            return replace(begin_session(connection, user), device=token)

        return self._store.write(begin)

    def confirm(
        self, name: str, password: str, address: str = "", device: str = "", code: str = ""
    ) -> User:
        """Return the user of a name and a password, as `sign_in` does, without a session.

        Raises
        ------
        WrongPassword, WrongCode, TooManyTries
        """
        row, caller = self._authenticate(name, password, address, device)

        def act(connection: sa.Connection) -> User:
            use_code(connection, row, code)
            accept_attempt(connection, row.folded, caller)
            return user_of(row)

        return self._store.write(act)

    def knows_device(self, device: str) -> bool:
        """Tell whether any user has signed in with a browser."""
        with self._store.reading() as connection:
            return is_known_device(connection, device)

    def check_password(self, user: User, password: str) -> None:
        """Check the password of a user who is signed in.

        Raises
        ------
        WrongPassword, TooManyTries
        """
        # Counted apart, so that callers who are not signed in cannot make the user wait.
        row, caller = self._authenticate(user.name, password, f"of user {user.id}")
        self._store.write(
            lambda connection: accept_attempt(connection, row.folded, caller), idempotent=True
        )

    def _authenticate(
        self, name: str, password: str, address: str, device: str = ""
    ) -> tuple[Any, Caller]:
        """Return the row of the user of a name and a password, and the caller; count the attempt.

        Raises
        ------
        WrongPassword, TooManyTries
        """
        folded = _folded_name(name)

        def begin(connection: sa.Connection) -> tuple[Any, Caller]:
            row = find_user(connection, name)
            caller = Caller(address, device_of(connection, device, row.id) if row else "")
            attempt = begin_attempt(self._store, connection, folded, caller)
            if attempt.number == FREE_ATTEMPTS:
                # Only this attempt has an entry, however many follow.
                subject = f"user {row.name}" if row else "a name that nobody has"
                self._audit.add(connection, NOBODY, "sign in.wait", subject)
            return row, caller

        with hashing_slot():
            row, caller = self._store.write(begin)
            right = is_password(row.password if row else None, password)
        if not right or row.disabled:
            raise WrongPassword("The name or the password is wrong.", remedy="Try again.")
        return row, caller

    def session(self, token: str, *, in_use: bool = True) -> Session:
        """Return the session of a cookie.

        Parameters
        ----------
        token : str
        in_use : bool
            Whether this is a use of it. A page that asks by itself does not keep a session alive.

        Raises
        ------
        NotSignedIn
            If there is none, it has expired (after two hours without use, or twelve in all), or
            its user has been disabled.
        """
        with self._store.reading() as connection:
            session, must_record = find_session(connection, token)
        if must_record and in_use:
            self._store.write(lambda connection: record_use(connection, token), idempotent=True)
        return session

    def sign_out(self, token: str) -> None:
        """End a session, if there is one."""

        def act(connection: sa.Connection) -> None:
            if name := end_session(connection, token):
                self._audit.add(connection, name, "sign out", f"user {name}")

        self._store.write(act, idempotent=True)

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
            If a user has that name, or the name or the password breaks a rule.
        """
        check_role(by, Role.ADMIN)
        name = " ".join(name.split())
        if not 0 < len(name) <= MAX_NAME or not name.isprintable() or name.startswith("("):
            # In the audit log a bracket begins the names that are not users' names.
            raise InvalidInput(
                "A name has 1 to %(most)s printable characters and does not begin with a bracket.",
                where="name",
                values={"most": MAX_NAME},
            )
        values = {"name": name, "role": role.value, "password": hash_password(password)}

        def act(connection: sa.Connection) -> User:
            added = add_user(self._store, connection, values)
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

        Users may change their own passwords; all other changes need an admin.

        Raises
        ------
        NotAllowed, NoSuchThing
        InvalidInput
            If the password is too short or too long, or no admin would be left.
        """
        own = by is not None and by.name == name and role is None and disabled is None
        check_role(by, Role.READER if own else Role.ADMIN)
        values: dict[str, Any] = {}
        if role is not None:
            values["role"] = role.value
        if disabled is not None:
            values["disabled"] = disabled
        details = values | ({"password": "changed"} if password is not None else {})
        if password is not None:
            values["password"] = hash_password(password)

        def act(connection: sa.Connection) -> User:
            row = find_user(connection, name)
            if row is None:
                raise NoSuchThing("There is no user with this name.", where=name)
            if password is not None:
                forget_attempts(connection, row.folded)
            if values:
                admins = lock_admins(connection)
                connection.execute(users.update().where(users.c.id == row.id).values(values))
                if row.id in admins and not lock_admins(connection):
                    raise InvalidInput(
                        "This is the only admin.",
                        where=name,
                        remedy="Make somebody else one first.",
                    )
                end_sessions(connection, user_of(row))
                if password is not None or disabled:
                    forget_devices(connection, user_of(row))
                    forget_links(connection, user_of(row))
                self._audit.add(connection, by, "user.change", f"user {row.name}", **details)
            return user_of(find_user(connection, name))

        return self._store.write(act)


def _folded_name(name: str) -> str:
    """Return the form of a name that is unique among the users."""
    return " ".join(name.split()).casefold()


def add_user(store: Store, connection: sa.Connection, values: dict[str, str]) -> Any:
    """Add a row with a name, a role and a hash; return it, None if a user has that name.

    A blank hash is that of no password.
    """
    more = {
        "folded": _folded_name(values["name"]),
        "disabled": False,
        "created": now(),
        "pseudonym": secrets.token_hex(6),
    }
    added = store.insert(users).values({**values, **more}).on_conflict_do_nothing()
    return connection.execute(added.returning(users)).one_or_none()


def find_user(connection: sa.Connection, name: str) -> Any:
    """Return the row of the user with a name, None if there is none."""
    this = users.c.folded == _folded_name(name)
    return connection.execute(sa.select(users).where(this)).one_or_none()


def lock_admins(connection: sa.Connection) -> list[int]:
    """Return the numbers of the admins, locked, so that no two demote each other at a time."""
    chosen = sa.select(users.c.id).where(
        users.c.role == Role.ADMIN.value, users.c.disabled.is_(False)
    )
    return list(connection.scalars(chosen.order_by(users.c.id).with_for_update()))
