"""Wrong passwords: counted by name and by who tries, whether or not there is a user of that name.

A stranger who guesses must wait, and must not make the owner of the name wait: tries are counted
for each network address, or for each browser from which the owner has signed in before. Guesses
from very many addresses are slowed together, for whoever has no such browser.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import devices, now, tries
from moderation.desk.errors import TooManyTries
from moderation.desk.types import User

# FOLDED devices: Browsers from which somebody has signed in before, known by the hashes of their
# tokens.

KEPT = timedelta(days=180)
"""After so long without signing in a browser is forgotten."""


def known(connection: sa.Connection, token: str, user_id: int) -> str:
    """Return the hash of a browser from which a user has signed in; nothing if it is none."""
    if not token:
        return ""
    this = (devices.c.hash == _token_hash(token)) & (devices.c.user_id == user_id)
    chosen = sa.select(devices.c.hash).where(this, devices.c.made >= now() - KEPT)
    return connection.scalar(chosen) or ""


def is_known(connection: sa.Connection, token: str) -> bool:
    """Tell whether anybody has signed in with a browser."""
    chosen = sa.select(devices.c.hash).where(
        devices.c.hash == _token_hash(token), devices.c.made >= now() - KEPT
    )
    return connection.scalar(chosen.limit(1)) is not None


def remember(store: Store, connection: sa.Connection, token: str, user: User) -> str:
    """Know a browser from now on; return its token, a new one where nobody has made it here."""
    time = now()
    connection.execute(devices.delete().where(devices.c.made < time - KEPT))
    if not token or not is_known(connection, token):
        token = secrets.token_urlsafe(32)
    values: dict[str, Any] = {"hash": _token_hash(token), "user_id": user.id, "made": time}
    connection.execute(
        store.insert(devices)
        .values(values)
        .on_conflict_do_update(index_elements=["hash", "user_id"], set_={"made": time})
    )
    return token


def forget_devices(connection: sa.Connection, user: User) -> None:
    """Know none of a user's browsers any more."""
    connection.execute(devices.delete().where(devices.c.user_id == user.id))


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


FREE_TRIES = 5
MAX_WAIT_SECONDS = 300
FORGOTTEN = timedelta(hours=1)
"""After so long without a try a name begins anew with an address."""
MAX_TOGETHER = 60
"""Wrong tries of one name, from all addresses together, before it has to wait."""
EACH = timedelta(minutes=1)
"""After so long one of them is forgotten, and another may be made: 1,440 a day."""
HOUSEHOLD = 64
"""Bits of an address of IPv6 that one household or machine has to itself."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who tries to sign in.

    Parameters
    ----------
    address : str
        Of the network; empty where it is not known.
    device : str
        The hash of a browser from which this user has signed in before; empty if it is none.
    """

    address: str = ""
    device: str = ""

    @property
    def known(self) -> str:
        """The key under which their tries are counted."""
        return f"device {self.device}" if self.device else f"address {network_of(self.address)}"


class Try(NamedTuple):
    """A try to sign in: which of its name and caller it is, and whether they wait from it on."""

    number: int
    locks: bool


def begin_try(
    store: Store, connection: sa.Connection, folded: str, caller: Caller | None = None
) -> Try:
    """Count a try before its password is looked at, so that many at once are not all looked at.

    Raises
    ------
    TooManyTries
        If the caller, or everybody who is not known, still has to wait with this name.
    """
    caller = caller or Caller()
    time = now()
    connection.execute(tries.delete().where(tries.c.latest < time - FORGOTTEN))
    own = _name_hash(folded, caller.known)
    row = _locked(store, connection, own, time, of_name=_name_hash(folded))
    if row.wait_until and row.wait_until > time:
        raise TooManyTries(int((row.wait_until - time).total_seconds()) + 1)
    if not caller.device:
        _count_together(store, connection, folded, time)
    number: int = row.number + 1
    until = _wait_until(number, time)
    _set(connection, own, number=number, wait_until=until, latest=time)
    return Try(number, locks=until is not None)


def welcome(connection: sa.Connection, folded: str, caller: Caller) -> None:
    """Begin anew with a caller who knew the password, and do not count that try at all."""
    connection.execute(tries.delete().where(tries.c.name == _name_hash(folded, caller.known)))
    if not caller.device:
        together = tries.c.name == _name_hash(folded)
        row = connection.execute(sa.select(tries).where(together).with_for_update()).one_or_none()
        if row and row.wait_until:
            _set(connection, row.name, wait_until=row.wait_until - EACH)


def forget_tries(connection: sa.Connection, folded: str) -> None:
    """Begin anew with a name, whoever tried it."""
    name = _name_hash(folded)
    connection.execute(tries.delete().where((tries.c.name == name) | (tries.c.of_name == name)))


def network_of(address: str) -> str:
    """Return the part of an address that one household or machine has to itself."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> HOUSEHOLD << HOUSEHOLD))
    return str(parsed)


def _count_together(store: Store, connection: sa.Connection, folded: str, time: datetime) -> None:
    """Count a try among those from everywhere: a bucket that loses one in each `EACH`."""
    name = _name_hash(folded)
    row = _locked(store, connection, name, time)
    # `wait_until` is when the bucket is empty.
    full = max(row.wait_until or time, time) + EACH
    wait = full - time - MAX_TOGETHER * EACH
    if wait > timedelta():
        raise TooManyTries(int(wait.total_seconds()) + 1)
    _set(connection, name, number=row.number + 1, wait_until=full, latest=full)


def _locked(
    store: Store, connection: sa.Connection, name: str, time: datetime, **about: str
) -> sa.Row[Any]:
    """Return the row of a name, locked: whoever else tries it waits for this count."""
    return connection.execute(
        store.insert(tries)
        .values(name=name, number=0, latest=time, **about)
        .on_conflict_do_update(index_elements=["name"], set_={"name": name})
        .returning(tries.c.number, tries.c.wait_until)
    ).one()


def _set(connection: sa.Connection, name: str, **values: object) -> None:
    connection.execute(tries.update().where(tries.c.name == name).values(values))


def _wait_until(number: int, time: datetime) -> datetime | None:
    if number < FREE_TRIES:
        return None
    seconds = min(2 ** min(number - FREE_TRIES, 16), MAX_WAIT_SECONDS)
    return time + timedelta(seconds=seconds)


def _name_hash(folded: str, known: str = "") -> str:
    """Return a digest of a name and of who tries it: people type their passwords there too."""
    whole = f"{folded}\0{known}" if known else folded
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()
