"""Passwords: only argon2's hashes of them are kept."""

import asyncio
import hashlib
import os
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import TypeVar

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from moderation.database.tables import now, sessions, users
from moderation.desk.accounts.throttling import network_of
from moderation.desk.errors import Crowded, NotSignedIn
from moderation.desk.types import Role, Session, User
from moderation.errors import InvalidInput

# FOLDED sessions: Sessions: kept in the database, so that they can be ended there.

MAX_IDLE = timedelta(hours=2)
MAX_SESSION = timedelta(hours=12)
SEEN_AGAIN = timedelta(minutes=1)
"""A session's last use is noted at most so often, so that looking at a page writes nothing."""


def begin(connection: sa.Connection, user: User) -> Session:
    """Begin a session, and forget those that have ended."""
    time = now()
    connection.execute(
        sessions.delete().where(
            (sessions.c.seen < time - MAX_IDLE) | (sessions.c.created < time - MAX_SESSION)
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
            sessions.c.seen >= time - MAX_IDLE,
            sessions.c.created >= time - MAX_SESSION,
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


MIN_PASSWORD, MAX_PASSWORD = 10, 1024
AT_ONCE = max(1, min(3, (os.cpu_count() or 1) // 2))
"""Passwords that a process looks at, at the same time: each takes 64 MiB and a core, and the desk
is to stay quick for those who are signed in."""
MAX_WAITING, MAX_OF_ONE = 30, 10
"""People who wait for that, in all and from one address; some ten passwords are looked at in a
second."""
MAX_WAIT_SECONDS = 2.0

T = TypeVar("T")

_hasher = PasswordHasher()
_places = threading.BoundedSemaphore(AT_ONCE + 1)


@contextmanager
def place() -> Iterator[None]:
    """Wait for a place among the few passwords that are looked at.

    Raises
    ------
    Crowded
        If none comes free soon.
    """
    if not _places.acquire(timeout=MAX_WAIT_SECONDS):
        raise Crowded(1, "Too many people are signing in at once.")
    try:
        yield
    finally:
        _places.release()


class Hashing:
    """Threads for what looks at passwords, and short queues before them.

    Whoever waits there keeps no thread from those who are signed in. Those who are known have a
    thread and a queue to themselves, and no address fills the queue of the others.

    Parameters
    ----------
    waiting : int
        How many may be in each queue.
    of_one : int
        How many from one address may be in that of the others.
    """

    def __init__(self, waiting: int = MAX_WAITING, of_one: int = MAX_OF_ONE) -> None:
        self._pools = {
            known: ThreadPoolExecutor(threads, thread_name_prefix="passwords")
            for known, threads in ((False, AT_ONCE), (True, 1))
        }
        self._waiting, self._of_one = waiting, of_one
        self._inside: Counter[str] = Counter()
        self._counting = threading.Lock()

    async def run(self, act: Callable[[], T], address: str = "", *, known: bool = False) -> T:
        """Do something in one of the threads, and return what it returned.

        Parameters
        ----------
        act : callable
        address : str
            From where it is asked for.
        known : bool
            Whether somebody asks who is signed in, or whose browser is known.

        Raises
        ------
        Crowded
            At once, if too many wait already.
        """
        lane = "known" if known else "others"
        names = (lane, *(() if known else (f"from {network_of(address)}",)))
        with self._counting:
            mosts = zip(names, (self._waiting, self._of_one), strict=False)
            if any(self._inside[name] >= most for name, most in mosts):
                raise Crowded(2, "Too many people are signing in at once.")
            self._inside.update(names)
        try:
            future = self._pools[known].submit(act)
        except BaseException:
            self._leave(names)
            raise
        # Where nobody waits for it any more it keeps its place until it is done.
        future.add_done_callback(lambda _: self._leave(names))
        return await asyncio.wrap_future(future)

    def _leave(self, names: Iterable[str]) -> None:
        with self._counting:
            self._inside.subtract(names)
            self._inside = +self._inside


def hash_password(password: str) -> str:
    """Return the hash of a new password.

    Raises
    ------
    InvalidInput
        If it is too short, or too long to be meant.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise InvalidInput(
            "A password has %(least)s to %(most)s characters.",
            where="password",
            values={"least": MIN_PASSWORD, "most": MAX_PASSWORD},
        )
    return _hasher.hash(password)


def is_password(kept: str | None, password: str) -> bool:
    """Whether a password is the one of a hash.

    It looks at one where there is no hash to compare with too, so that time tells nobody which
    names there are; hashes made with other parameters than today's, until their owners sign in,
    take a little more or less.
    """
    try:
        right = _hasher.verify(kept or _nobodys(), password[:MAX_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return right and kept is not None


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")


def is_dated(kept: str) -> bool:
    """Whether a hash was made with weaker parameters than those of today."""
    return _hasher.check_needs_rehash(kept)
