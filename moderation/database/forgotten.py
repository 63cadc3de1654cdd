"""Hashes of what was erased on request, so that nothing that waits brings it back."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa

from moderation.database.moment import now
from moderation.database.store import insert_into
from moderation.database.tables import forgotten
from moderation.text.check import clean_text


def text_key(text: str) -> str:
    """Return the hash that the same text has wherever it stands."""
    return hashlib.sha256(clean_text(text).encode()).hexdigest()


def forget(connection: sa.Connection, what: Iterable[str | None]) -> None:
    """Note what was erased on request, by hash."""
    values = [{"what": name, "made": now()} for name in sorted({name for name in what if name})]
    if not values:
        return
    statement = insert_into(connection, forgotten)
    statement = statement.on_conflict_do_update(
        index_elements=["what"], set_={"made": statement.excluded.made}
    )
    connection.execute(statement, values)


def when_forgotten(connection: sa.Connection, what: Collection[str]) -> dict[str, datetime]:
    """Return, by hash, the times at which things were erased."""
    chosen = sa.select(forgotten.c.what, forgotten.c.made).where(forgotten.c.what.in_(what))
    return {row.what: row.made for row in connection.execute(chosen)} if what else {}
