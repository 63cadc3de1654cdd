"""Wrong passwords: counted by name, whether or not there is a user of that name."""

import hashlib
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from moderation.desk.errors import TooManyTries
from moderation.desk.store.moment import now
from moderation.desk.store.store import Store
from moderation.desk.store.tables import tries

FREE_TRIES = 5
LONGEST_WAIT_SECONDS = 300
FORGOTTEN = timedelta(hours=1)
"""After so long without a try a name begins anew."""


class Try(NamedTuple):
    """A try to sign in: which of its name it is, and whether the name has to wait from it on."""

    number: int
    locks: bool


def begin_try(store: Store, connection: sa.Connection, folded: str) -> Try:
    """Count a try before its password is looked at, so that many at once are not all looked at.

    Raises
    ------
    TooManyTries
        If the name still has to wait.
    """
    time = now()
    connection.execute(tries.delete().where(tries.c.latest < time - FORGOTTEN))
    # Locked from here on: whoever else tries this name waits for this count.
    row = connection.execute(
        store.insert(tries)
        .values(name=_digest(folded), number=0, latest=time)
        .on_conflict_do_update(index_elements=["name"], set_={"latest": time})
        .returning(tries.c.number, tries.c.wait_until)
    ).one()
    if row.wait_until and row.wait_until > time:
        raise TooManyTries(int((row.wait_until - time).total_seconds()) + 1)
    number: int = row.number + 1
    until = _wait_until(number, time)
    connection.execute(
        tries.update()
        .where(tries.c.name == _digest(folded))
        .values(number=number, wait_until=until)
    )
    return Try(number, locks=until is not None)


def forget_tries(connection: sa.Connection, folded: str) -> None:
    """Begin anew with a name."""
    connection.execute(tries.delete().where(tries.c.name == _digest(folded)))


def _wait_until(number: int, time: datetime) -> datetime | None:
    if number < FREE_TRIES:
        return None
    seconds = min(2 ** min(number - FREE_TRIES, 16), LONGEST_WAIT_SECONDS)
    return time + timedelta(seconds=seconds)


def _digest(folded: str) -> str:
    """Return what stands for a name: people type their passwords there too."""
    return hashlib.sha256(folded.encode("utf-8", "replace")).hexdigest()
