"""Turning codes on and off, with which users sign in besides their passwords."""

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import users
from moderation.desk.accounts.accounts import Audit, check_role, find_user
from moderation.desk.accounts.codes import check_secret, matching_step, use_code
from moderation.desk.accounts.login import end_sessions, user_of
from moderation.desk.accounts.throttling import begin_attempt, forget_attempts
from moderation.desk.errors import NoSuchThing, OutOfDate, WrongCode
from moderation.desk.types import Role, User


class SecondFactor:
    """The codes of the users who have turned them on."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def in_use(self) -> bool:
        """Tell whether any user signs in with a code."""
        with self._store.reading() as connection:
            chosen = sa.select(users.c.id).where(users.c.code_secret.is_not(None)).limit(1)
            return connection.scalar(chosen) is not None

    def turn_on(self, user: User, secret: str, code: str) -> None:
        """Have a user sign in with the codes of an app from now on.

        Parameters
        ----------
        user : User
        secret : str
            Of `moderation.desk.accounts.codes.new_secret`, as the app has it.
        code : str
            The one that the app shows.

        Raises
        ------
        WrongCode
        OutOfDate
            If the user has codes already.
        InvalidInput
            If the secret is none.
        """
        step = matching_step(check_secret(secret), code, 0)
        if step is None:
            raise WrongCode

        def act(connection: sa.Connection) -> None:
            # With a password alone, nobody puts another app in the place of the first.
            this = (users.c.id == user.id) & users.c.code_secret.is_(None)
            values = {"code_secret": secret, "code_step": step}
            if connection.execute(users.update().where(this).values(values)).rowcount != 1:
                raise OutOfDate("Codes are on already.", remedy="Load the page anew.")
            self._audit.add(connection, user, "user.code_on", f"user {user.name}")

        self._store.write(act)

    def turn_off(self, by: User | None, name: str, code: str = "") -> User:
        """Have a user sign in without codes.

        Users give a code to turn off their own; an admin turns off the one of somebody who has
        lost the app, which ends their sessions.

        Raises
        ------
        NotAllowed, NoSuchThing, WrongCode, TooManyTries
        """
        own = by is not None and by.name == name
        check_role(by, Role.READER if own else Role.ADMIN)
        guessed = f"the code of user {by.id}" if own and by else ""
        if guessed:
            self._store.write(lambda connection: begin_attempt(self._store, connection, guessed))

        def act(connection: sa.Connection) -> User:
            row = find_user(connection, name)
            if row is None:
                raise NoSuchThing("There is no user with this name.", where=name)
            if own:
                use_code(connection, row, code)
                forget_attempts(connection, guessed)
            else:
                end_sessions(connection, user_of(row))
            connection.execute(users.update().where(users.c.id == row.id).values(code_secret=None))
            self._audit.add(connection, by, "user.code_off", f"user {row.name}")
            return user_of(find_user(connection, name))

        return self._store.write(act)
