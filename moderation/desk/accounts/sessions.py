"""Sessions: kept in the database, so that they can be ended there."""

import hashlib
import secrets
from datetime import timedelta

import sqlalchemy as sa

from moderation.database.moment import now
from moderation.database.tables import sessions, users
from moderation.desk.errors import NotSignedIn
from moderation.desk.words import Role, Session, User

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
SEEN_AGAIN = timedelta(minutes=1)
"""A session's last use is noted at most so often, so that looking at a page writes nothing."""


def begin(connection: sa.Connection, user: User) -> Session:
    """Begin a session, and forget those that have ended."""
    time = now()
    connection.execute(
        sessions.delete().where(
            (sessions.c.seen < time - IDLE) | (sessions.c.created < time - LONGEST)
        )
    )
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    connection.execute(
        sessions.insert().values(
            hash=_digest(token), user_id=user.id, csrf=csrf, created=time, seen=time
        )
    )
    return Session(token, csrf, user)


def find(connection: sa.Connection, token: str) -> tuple[Session, bool]:
    """Return the session of a token, and whether its use is to be noted.

    Raises
    ------
    NotSignedIn
    """
    time = now()
    row = connection.execute(
        sa.select(sessions.c.csrf, sessions.c.seen, users)
        .join(users, users.c.id == sessions.c.user_id)
        .where(
            sessions.c.hash == _digest(token),
            sessions.c.seen >= time - IDLE,
            sessions.c.created >= time - LONGEST,
            users.c.disabled.is_(False),
        )
    ).one_or_none()
    if row is None:
        raise NotSignedIn("You are not signed in.", remedy="Sign in.")
    user = User(row.id, row.name, Role(row.role), row.disabled)
    return Session(token, row.csrf, user), row.seen < time - SEEN_AGAIN


def note_use(connection: sa.Connection, token: str) -> None:
    """Note that a session is in use now."""
    connection.execute(
        sessions.update().where(sessions.c.hash == _digest(token)).values(seen=now())
    )


def end(connection: sa.Connection, token: str) -> str | None:
    """End a session; return the name of its user, None where there is no such session."""
    ended = connection.scalar(
        sessions.delete().where(sessions.c.hash == _digest(token)).returning(sessions.c.user_id)
    )
    name: str | None = connection.scalar(sa.select(users.c.name).where(users.c.id == ended))
    return name


def end_all(connection: sa.Connection, user: User) -> None:
    """End all sessions of a user."""
    connection.execute(sessions.delete().where(sessions.c.user_id == user.id))


def _digest(token: str) -> str:
    """Return the hash by which a token is known: it is random, so a fast one will do."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
