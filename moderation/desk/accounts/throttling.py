"""Throttling of sign-ins: wrong passwords are counted by name and caller, and callers must wait.

A name is counted whether or not a user has it. A stranger who guesses must wait without making the
name's owner wait: attempts are counted for each network address, or for each browser from which
the owner has signed in before (a known device). Guesses from very many addresses at a name, and
guesses from one address at very many names, are slowed together, for all callers without a known
device.
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

FREE_ATTEMPTS = 5
MAX_WAIT_SECONDS = 300
MEMORY = timedelta(hours=1)
"""The time without an attempt after which a caller's attempts at a name are forgotten."""
MAX_TOGETHER = 60
"""The number of wrong attempts at a name, from all addresses together, before it has to wait; and
from an address, at all names together, which a whole newsroom may share."""
INTERVAL = timedelta(minutes=1)
"""The time after which one of these is forgotten, which permits one more: 1,440 a day."""
HOUSEHOLD_BITS = 64
"""The bits of an IPv6 address that identify one household or machine."""
DEVICE_LIFETIME = timedelta(days=180)
"""The time without signing in after which a device is forgotten."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A person who attempts to sign in.

    Parameters
    ----------
    address : str
        The network address; empty if unknown.
    device : str
        The hash of the known device; empty if the device is not known.
    """

    address: str = ""
    device: str = ""

    @property
    def key(self) -> str:
        """The key under which their attempts are counted."""
        return f"device {self.device}" if self.device else f"address {network_of(self.address)}"


class Attempt(NamedTuple):
    """An attempt to sign in: its number for its name and caller, and whether they wait after it."""

    number: int
    locks: bool


def begin_attempt(
    store: Store, connection: sa.Connection, folded: str, caller: Caller | None = None
) -> Attempt:
    """Count an attempt before its password is checked, so that parallel ones count too.

    Raises
    ------
    TooManyTries
        If the caller, or every caller without a known device, has to wait with this name, or every
        such caller at this address with any name.
    """
    caller = caller or Caller()
    time = now()
    connection.execute(tries.delete().where(tries.c.latest < time - MEMORY))
    own = _name_hash(folded, caller.key)
    row = _lock_row(store, connection, own, time, of_name=_name_hash(folded))
    if row.wait_until and row.wait_until > time:
        raise TooManyTries(int((row.wait_until - time).total_seconds()) + 1)
    if not caller.device:
        for bucket in _buckets(folded, caller):
            _count_together(store, connection, bucket, time)
    number: int = row.number + 1
    until = _wait_until(number, time)
    _update(connection, own, number=number, wait_until=until, latest=time)
    return Attempt(number, locks=until is not None)


def accept_attempt(connection: sa.Connection, folded: str, caller: Caller) -> None:
    """Forget the attempts of a caller who knew the password, and do not count the last one."""
    connection.execute(tries.delete().where(tries.c.name == _name_hash(folded, caller.key)))
    if not caller.device:
        for bucket in _buckets(folded, caller):
            this = sa.select(tries).where(tries.c.name == bucket)
            row = connection.execute(this.with_for_update()).one_or_none()
            if row and row.wait_until:
                _update(connection, row.name, wait_until=row.wait_until - INTERVAL)


def forget_attempts(connection: sa.Connection, folded: str) -> None:
    """Forget the attempts of all callers at a name."""
    name = _name_hash(folded)
    connection.execute(tries.delete().where((tries.c.name == name) | (tries.c.of_name == name)))


def network_of(address: str) -> str:
    """Return the part of an address that identifies one household or machine."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> HOUSEHOLD_BITS << HOUSEHOLD_BITS))
    return str(parsed)


def token_hash(token: str) -> str:
    """Return the hash under which a token is kept; tokens are random, so a fast hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def device_of(connection: sa.Connection, token: str, user_id: int) -> str:
    """Return the hash of a device if the user has signed in with it, else an empty string."""
    if not token:
        return ""
    this = (devices.c.hash == token_hash(token)) & (devices.c.user_id == user_id)
    chosen = sa.select(devices.c.hash).where(this, devices.c.made >= now() - DEVICE_LIFETIME)
    return connection.scalar(chosen) or ""


def is_known_device(connection: sa.Connection, token: str) -> bool:
    """Tell whether any user has signed in with a device."""
    chosen = sa.select(devices.c.hash).where(
        devices.c.hash == token_hash(token), devices.c.made >= now() - DEVICE_LIFETIME
    )
    return connection.scalar(chosen.limit(1)) is not None


def remember_device(store: Store, connection: sa.Connection, token: str, user: User) -> str:
    """Make a device known for a user; return its token, a new one if it was known for nobody."""
    time = now()
    connection.execute(devices.delete().where(devices.c.made < time - DEVICE_LIFETIME))
    if not token or not is_known_device(connection, token):
        token = secrets.token_urlsafe(32)
    values: dict[str, Any] = {"hash": token_hash(token), "user_id": user.id, "made": time}
    connection.execute(
        store.insert(devices)
        .values(values)
        .on_conflict_do_update(index_elements=["hash", "user_id"], set_={"made": time})
    )
    return token


def forget_devices(connection: sa.Connection, user: User) -> None:
    """Forget all known devices of a user."""
    connection.execute(devices.delete().where(devices.c.user_id == user.id))


def _buckets(folded: str, caller: Caller) -> list[str]:
    """Return the keys of the attempts counted together: at a name, and from a known address."""
    # In this order for everybody, so that no two lock each other's rows.
    network = network_of(caller.address)
    return [_name_hash(folded), *([_name_hash("", f"all from {network}")] if network else [])]


def _count_together(store: Store, connection: sa.Connection, name: str, time: datetime) -> None:
    """Count an attempt among those of all callers: a bucket that leaks one in each `INTERVAL`."""
    row = _lock_row(store, connection, name, time)
    # `wait_until` is the time at which the bucket is empty.
    empty = max(row.wait_until or time, time) + INTERVAL
    wait = empty - time - MAX_TOGETHER * INTERVAL
    if wait > timedelta():
        raise TooManyTries(int(wait.total_seconds()) + 1)
    _update(connection, name, number=row.number + 1, wait_until=empty, latest=empty)


def _lock_row(
    store: Store, connection: sa.Connection, name: str, time: datetime, **values: str
) -> sa.Row[Any]:
    """Return the row of a name, made if missing, and locked until the transaction ends."""
    return connection.execute(
        store.insert(tries)
        .values(name=name, number=0, latest=time, **values)
        .on_conflict_do_update(index_elements=["name"], set_={"name": name})
        .returning(tries.c.number, tries.c.wait_until)
    ).one()


def _update(connection: sa.Connection, name: str, **values: object) -> None:
    connection.execute(tries.update().where(tries.c.name == name).values(values))


def _wait_until(number: int, time: datetime) -> datetime | None:
    if number < FREE_ATTEMPTS:
        return None
    seconds = min(2 ** min(number - FREE_ATTEMPTS, 16), MAX_WAIT_SECONDS)
    return time + timedelta(seconds=seconds)


def _name_hash(folded: str, caller: str = "") -> str:
    """Return the hash of a name and its caller; people type passwords into that field too."""
    whole = f"{folded}\0{caller}" if caller else folded
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()
