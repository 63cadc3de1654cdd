"""Browsers from which somebody has signed in before, known by the hashes of their tokens."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from moderation.database.moment import now
from moderation.database.store import Store
from moderation.database.tables import devices
from moderation.desk.words import User

KEPT = timedelta(days=180)
"""After so long without signing in a browser is forgotten."""


def known(connection: sa.Connection, token: str, user_id: int) -> str:
    """Return the hash of a browser from which a user has signed in; nothing if it is none."""
    if not token:
        return ""
    this = (devices.c.hash == _digest(token)) & (devices.c.user_id == user_id)
    chosen = sa.select(devices.c.hash).where(this, devices.c.made >= now() - KEPT)
    return connection.scalar(chosen) or ""


def is_known(connection: sa.Connection, token: str) -> bool:
    """Tell whether anybody has signed in with a browser."""
    chosen = sa.select(devices.c.hash).where(
        devices.c.hash == _digest(token), devices.c.made >= now() - KEPT
    )
    return connection.scalar(chosen.limit(1)) is not None


def remember(store: Store, connection: sa.Connection, token: str, user: User) -> str:
    """Know a browser from now on; return its token, a new one where nobody has made it here."""
    time = now()
    connection.execute(devices.delete().where(devices.c.made < time - KEPT))
    if not token or not is_known(connection, token):
        token = secrets.token_urlsafe(32)
    values: dict[str, Any] = {"hash": _digest(token), "user_id": user.id, "made": time}
    connection.execute(
        store.insert(devices)
        .values(values)
        .on_conflict_do_update(index_elements=["hash", "user_id"], set_={"made": time})
    )
    return token


def forget_devices(connection: sa.Connection, user: User) -> None:
    """Know none of a user's browsers any more."""
    connection.execute(devices.delete().where(devices.c.user_id == user.id))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
