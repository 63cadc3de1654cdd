"""Passwords and sessions.

Of a password only argon2's hash is kept. Sessions are rows of the database, so that they can be
ended there.
"""

import asyncio
import os
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from moderation.database.tables import now, resets, sessions, users
from moderation.desk.accounts.throttling import network_of, token_hash
from moderation.desk.errors import Crowded, NotSignedIn
from moderation.desk.types import Blur, Preferences, Role, Session, User
from moderation.errors import InvalidInput

MIN_PASSWORD, MAX_PASSWORD = 10, 1024
HASHING_THREADS = max(1, min(3, (os.cpu_count() or 1) // 2))
"""The number of passwords that a process checks at a time. Each takes 64 MiB and a core, and the
desk must stay quick for those who are signed in."""
MAX_QUEUED, MAX_QUEUED_OF_ADDRESS = 30, 10
"""The limits of the queue for that, in all and for one address; some ten passwords are checked in a
second."""
MAX_WAIT_SECONDS = 2.0

MAX_IDLE = timedelta(hours=2)
MAX_SESSION = timedelta(hours=12)
USE_RESOLUTION = timedelta(minutes=1)
"""The time after which a session's use is recorded again; between, a page writes nothing."""

T = TypeVar("T")

_hasher = PasswordHasher()
_slots = threading.BoundedSemaphore(HASHING_THREADS + 1)


def hash_password(password: str) -> str:
    """Return the hash of a new password.

    Raises
    ------
    InvalidInput
        If it is too short or too long.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise InvalidInput(
            "A password has %(least)s to %(most)s characters.",
            where="password",
            values={"least": MIN_PASSWORD, "most": MAX_PASSWORD},
        )
    return _hasher.hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """Tell whether a password is the one of a stored hash.

    If there is no stored hash, the password is compared with another one, so that the time taken
    does not tell which names exist. Hashes made with earlier parameters take a little more or less
    time until their owners sign in.
    """
    try:
        right = _hasher.verify(stored or _dummy_hash(), password[:MAX_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    # A blank hash is that of a user without a password.
    return right and bool(stored)


def needs_rehash(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than those of today."""
    return _hasher.check_needs_rehash(stored)


@cache
def _dummy_hash() -> str:
    return _hasher.hash("nobody has this password")


@contextmanager
def hashing_slot() -> Iterator[None]:
    """Wait for one of the few slots in which passwords are checked.

    Raises
    ------
    Crowded
        If none is free in time.
    """
    if not _slots.acquire(timeout=MAX_WAIT_SECONDS):
        raise Crowded(1, "Too many people are signing in at once.")
    try:
        yield
    finally:
        _slots.release()


class Hashing:
    """Threads that check passwords, with short queues.

    A caller who waits here takes no thread from those who are signed in. Known callers have a
    thread and a queue of their own, and no address can fill the queue of the others.

    Parameters
    ----------
    max_queued : int
        The limit of each queue.
    max_queued_of_address : int
        The limit for one address in the queue of the others.
    threads : tuple of int
        The numbers of threads for unknown and for known callers.
    """

    def __init__(
        self,
        max_queued: int = MAX_QUEUED,
        max_queued_of_address: int = MAX_QUEUED_OF_ADDRESS,
        threads: tuple[int, int] = (HASHING_THREADS, 1),
    ) -> None:
        self._pools = {
            known: ThreadPoolExecutor(number, thread_name_prefix="passwords")
            for known, number in zip((False, True), threads, strict=True)
        }
        self._limits = (max_queued, max_queued_of_address)
        self._queued: Counter[str] = Counter()
        self._count_lock = threading.Lock()

    async def run(self, act: Callable[[], T], address: str = "", *, known: bool = False) -> T:
        """Call a function in one of the threads, and return its result.

        Parameters
        ----------
        act : callable
        address : str
            The caller's network address.
        known : bool
            Whether the caller is signed in, or has a known device.

        Raises
        ------
        Crowded
            At once, if the queue is full.
        """
        queue = "known" if known else "others"
        names = (queue, *(() if known else (f"from {network_of(address)}",)))
        with self._count_lock:
            limits = zip(names, self._limits, strict=False)
            if any(self._queued[name] >= limit for name, limit in limits):
                raise Crowded(2, "Too many people are signing in at once.")
            self._queued.update(names)
        try:
            future = self._pools[known].submit(act)
        except BaseException:
            self._leave(names)
            raise
        # A caller who has gone keeps the place in the queue until the work is done.
        future.add_done_callback(lambda _: self._leave(names))
        return await asyncio.wrap_future(future)

    def _leave(self, names: Iterable[str]) -> None:
        with self._count_lock:
            self._queued.subtract(names)
            self._queued = +self._queued


def begin_session(connection: sa.Connection, user: User) -> Session:
    """Begin a session, and delete those that have expired."""
    time = now()
    connection.execute(
        sessions.delete().where(
            (sessions.c.seen < time - MAX_IDLE) | (sessions.c.created < time - MAX_SESSION)
        )
    )
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    connection.execute(
        sessions.insert().values(
            hash=token_hash(token), user_id=user.id, csrf=csrf, created=time, seen=time
        )
    )
    return Session(token, csrf, user)


def find_session(connection: sa.Connection, token: str) -> tuple[Session, bool]:
    """Return the session of a token, and whether its use must be recorded.

    Raises
    ------
    NotSignedIn
    """
    time = now()
    row = connection.execute(
        sa.select(sessions.c.csrf, sessions.c.seen, sessions.c.all_sections, users)
        .join(users, users.c.id == sessions.c.user_id)
        .where(
            sessions.c.hash == token_hash(token),
            sessions.c.seen >= time - MAX_IDLE,
            sessions.c.created >= time - MAX_SESSION,
            users.c.disabled.is_(False),
        )
    ).one_or_none()
    if row is None:
        raise NotSignedIn("You are not signed in.", remedy="Sign in.")
    session = Session(token, row.csrf, user_of(row), all_sections=row.all_sections)
    return session, row.seen < time - USE_RESOLUTION


def user_of(row: Any) -> User:
    """Return the user of a row of the table."""
    return User(
        row.id,
        row.name,
        Role(row.role),
        row.disabled,
        row.code_secret is not None,
        Preferences(Blur(row.blur), row.pause_minutes),
    )


def record_use(connection: sa.Connection, token: str) -> None:
    """Record that a session is in use now."""
    connection.execute(
        sessions.update().where(sessions.c.hash == token_hash(token)).values(seen=now())
    )


def show_all_sections(connection: sa.Connection, token: str, *, everything: bool) -> None:
    """Let the queues of a session show comments of all sections, or of the user's own alone."""
    connection.execute(
        sessions.update()
        .where(sessions.c.hash == token_hash(token))
        .values(all_sections=everything)
    )


def end_session(connection: sa.Connection, token: str) -> str | None:
    """End a session; return the name of its user, None if there is no such session."""
    user_id = connection.scalar(
        sessions.delete().where(sessions.c.hash == token_hash(token)).returning(sessions.c.user_id)
    )
    name: str | None = connection.scalar(sa.select(users.c.name).where(users.c.id == user_id))
    return name


def end_sessions(connection: sa.Connection, user: User) -> None:
    """End all sessions of a user."""
    connection.execute(sessions.delete().where(sessions.c.user_id == user.id))


def forget_links(connection: sa.Connection, user: User) -> None:
    """Make the links invalid by which a user could set a new password."""
    connection.execute(resets.delete().where(resets.c.user_id == user.id))
