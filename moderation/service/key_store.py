"""API keys in the database, with a copy in the memory of each serving process."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import inf
from time import monotonic

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import COMMAND, add_audit_entry, keys
from moderation.errors import DatabaseError, InvalidInput, Unavailable
from moderation.service.api_keys import ApiKey, Scope, digest, make_key

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 1.0
"""Time between two readings of all keys."""
OLD_SECONDS = 5.0
"""Age from which the copy may lack a new key."""
WAIT_SECONDS = 1.0
"""Longest time that a request waits for another's reading."""


class KeyIdTaken(InvalidInput):
    """A new key was to have the id of another."""

    code = "key_id_taken"


class KeyStore:
    """The API keys of the database, with a copy in memory for `find`.

    A caller of `find` asks `is_stale` first, and calls `look`, which waits for the database, in a
    thread.

    Parameters
    ----------
    store : callable
        Returns the database; called when it is first needed.
    """

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store
        self._good: dict[str, ApiKey] = {}
        self._known = self._failed = self._began = -inf
        self._problem = ""
        self._looking = threading.Lock()

    def is_stale(self) -> bool:
        """Tell whether to read anew: at most once a second, whether or not the database answers."""
        return monotonic() - max(self._known, self._failed) >= LOOK_AGAIN_SECONDS

    def look(self) -> None:
        """Read the keys anew, unless another thread does; those known stay where that fails."""
        # No wait for a thread that has been waiting for the database for long.
        slow = monotonic() - self._began >= WAIT_SECONDS
        if not self._looking.acquire(timeout=0 if slow else WAIT_SECONDS):
            return
        try:
            if not self.is_stale():
                return
            began = self._began = monotonic()
            self._good = {key.sha256: key for key in self.all() if key.revoked is None}
            self._known, self._problem = began, ""
        except DatabaseError as error:
            if str(error) != self._problem:
                log.error("the API keys cannot be read: %s", error)  # noqa: TRY400  # it says all
            self._failed, self._problem = monotonic(), str(error)
        finally:
            self._looking.release()

    def look_anew(self) -> None:
        """Read the keys anew at once, after a change in this process."""
        self._known = self._failed = -inf
        self.look()

    def find(self, key: str) -> ApiKey | None:
        """Return the record of a key, None if it is unknown or revoked.

        While the database does not answer, the known keys stay valid, however long that takes:
        nobody can revoke one in it meanwhile.

        Raises
        ------
        DatabaseError
            If the key is not known, and the copy is old: the key may have been made since.
        """
        known = self._good.get(digest(key))
        if known is None and (self._failed > self._known or self._is_old()):
            raise Unavailable(
                "The keys in the database cannot be looked up.",
                where="setting database",
                remedy="Try again; if it stays so, tell whoever runs the service.",
            )
        return known

    def _is_old(self) -> bool:
        """Tell whether a reading has been due for some time, because the database is slow."""
        return monotonic() - self._known > OLD_SECONDS

    def all(self) -> list[ApiKey]:
        """Return all keys, revoked ones included, oldest first."""
        with self._store().reading() as connection:
            records = connection.scalars(sa.select(keys.c.record))
            known = [ApiKey.model_validate(record) for record in records]
        return sorted(known, key=lambda key: (key.created, key.id))

    def create(
        self,
        name: str,
        scopes: Sequence[Scope],
        rate: int | None = None,
        *,
        by: str = COMMAND,
        key_id: str = "",
    ) -> tuple[str, ApiKey]:
        """Make a key, keep its hash, and log that in the same transaction.

        Parameters
        ----------
        name : str
        scopes : sequence of Scope
        rate : int, optional
            Requests a minute; as the settings say if None, unlimited if 0.
        by : str
            The person or command that makes it, for the audit log.
        key_id : str
            Its id; a random one if none is given.

        Returns
        -------
        str
            The key itself, which cannot be shown again.
        ApiKey
            Its record.

        Raises
        ------
        KeyIdTaken
        DatabaseError
        """
        store = self._store()
        secret, key = make_key(name, scopes, rate, key_id)

        def act(connection: sa.Connection) -> None:
            made = connection.execute(
                store.insert(keys)
                .values(id=key.id, sha256=key.sha256, record=key.to_record())
                .on_conflict_do_nothing(index_elements=["id"])
                .returning(keys.c.id)
            ).one_or_none()
            if made is None:
                raise KeyIdTaken("There is a key of this id.", where=key.id, remedy="Try again.")
            add_audit_entry(connection, by, "key.create", f"key {key.id}", {"name": name})

        store.write(act)
        self.look_anew()
        return secret, key

    def revoke(self, key_id: str, *, by: str = COMMAND) -> ApiKey:
        """Revoke a key, keep its record, and log that in the same transaction.

        Raises
        ------
        InvalidInput
            If there is no such key.
        DatabaseError
        """

        def act(connection: sa.Connection) -> ApiKey:
            record = connection.scalar(
                sa.select(keys.c.record).where(keys.c.id == key_id).with_for_update()
            )
            if record is None:
                raise InvalidInput(
                    "There is no such key.",
                    where=key_id,
                    remedy="`moderation keys list` shows the ids.",
                )
            key = ApiKey.model_validate(record)
            time = datetime.now(UTC).replace(microsecond=0)
            key = key.model_copy(update={"revoked": key.revoked or time})
            connection.execute(
                keys.update().where(keys.c.id == key_id).values(record=key.to_record())
            )
            add_audit_entry(connection, by, "key.revoke", f"key {key_id}", {})
            return key

        revoked = self._store().write(act)
        self.look_anew()
        return revoked
