"""The service's API keys in the database."""

import hashlib
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from math import inf
from time import monotonic

import sqlalchemy as sa

from moderation.database.errors import DatabaseError, Unavailable
from moderation.database.store import Store
from moderation.database.tables import keys
from moderation.desk.accounts.audit import Audit
from moderation.desk.accounts.roles import need
from moderation.desk.errors import NoSuchThing, OutOfDate
from moderation.desk.words import Role, User
from moderation.service.access.keys import ID_CHARACTERS, Key, Scope, digest, make_key

LOOK_AGAIN_SECONDS = 1.0
OLD_SECONDS = 5.0
WAIT_SECONDS = 1.0
"""How long a request waits for another's look."""


class DeskKeys:
    """Keys, kept in memory as they were when somebody last looked.

    Whoever finds asks `is_stale` first, and lets a thread look: that waits for the database.
    """

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit
        self._good: dict[str, Key] = {}
        self._known = self._failed = self._began = -inf
        self._looking = threading.Lock()

    def is_stale(self) -> bool:
        """Whether to look: not more than once a second, whether or not the database answers."""
        return monotonic() - max(self._known, self._failed) >= LOOK_AGAIN_SECONDS

    def look(self) -> None:
        """Read the keys anew, unless somebody else does; those known stay where that fails."""
        # Not for one whom the database lets wait.
        slow = monotonic() - self._began >= WAIT_SECONDS
        if not self._looking.acquire(timeout=0 if slow else WAIT_SECONDS):
            return
        try:
            if not self.is_stale():
                return
            began = self._began = monotonic()
            self._good = {one.sha256: one for one in self.all() if one.revoked is None}
            self._known = began
        except DatabaseError:
            self._failed = monotonic()
        finally:
            self._looking.release()

    def find(self, key: str) -> Key | None:
        """Return what is known of a key, None if it is unknown or revoked.

        While the database does not answer, the keys that were known stay good, however long that
        takes: nobody can revoke one in it meanwhile.

        Raises
        ------
        DatabaseError
            If the key is not known, and what is known is old: it may have been made since.
        """
        known = self._good.get(digest(key))
        if known is None and (self._failed > self._known or self._is_old()):
            raise Unavailable(
                "The keys in the desk’s database cannot be looked up.",
                where="setting desk",
                remedy="Try again; if it stays so, tell whoever runs the service.",
            )
        return known

    def _is_old(self) -> bool:
        """Tell whether a look was due for some time: the database lets it wait."""
        return monotonic() - self._known > OLD_SECONDS

    def _look_anew(self) -> None:
        self._known = self._failed = -inf
        self.look()

    def all(self) -> list[Key]:
        """Return all keys, revoked ones included, oldest first."""
        with self._store.reading() as connection:
            records = connection.scalars(sa.select(keys.c.record))
            found = [Key.model_validate(record) for record in records]
        return sorted(found, key=lambda key: (key.created, key.id))

    def create(
        self,
        by: User | None,
        name: str,
        scopes: Sequence[Scope],
        rate: int | None = None,
        *,
        token: str = "",
    ) -> tuple[str, Key]:
        """Make a key, and keep its hash; admins only.

        Parameters
        ----------
        by : User or None
        name : str
        scopes : sequence of Scope
        rate : int, optional
            Requests a minute; as the settings say if None, unlimited if 0.
        token : str
            Of the form by which it was asked for, if it was: that one makes one key.

        Returns
        -------
        str
            The key itself, which cannot be shown again.
        Key
            What is kept of it.

        Raises
        ------
        NotAllowed
        OutOfDate
            If the form has made one before.
        """
        need(by, Role.ADMIN)
        number = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest() if token else ""
        secret, key = make_key(name, scopes, rate, number[:ID_CHARACTERS])

        def act(connection: sa.Connection) -> None:
            made = connection.execute(
                self._store.insert(keys)
                .values(id=key.id, sha256=key.sha256, record=_record(key))
                .on_conflict_do_nothing(index_elements=["id"])
                .returning(keys.c.id)
            ).one_or_none()
            if made is None:
                raise OutOfDate("This form has made a key before.", remedy="Load the page anew.")
            self._audit.add(connection, by, "key.create", f"key {key.id}", name=name)

        self._store.write(act)
        self._look_anew()
        return secret, key

    def revoke(self, by: User | None, key_id: str) -> Key:
        """Make a key good for nothing, and keep the record of it; admins only.

        Raises
        ------
        NotAllowed, NoSuchThing
        """
        need(by, Role.ADMIN)

        def act(connection: sa.Connection) -> Key:
            record = connection.scalar(
                sa.select(keys.c.record).where(keys.c.id == key_id).with_for_update()
            )
            if record is None:
                raise NoSuchThing("There is no such key.", where=key_id)
            key = Key.model_validate(record)
            time = datetime.now(UTC).replace(microsecond=0)
            key = key.model_copy(update={"revoked": key.revoked or time})
            connection.execute(keys.update().where(keys.c.id == key_id).values(record=_record(key)))
            self._audit.add(connection, by, "key.revoke", f"key {key_id}")
            return key

        revoked = self._store.write(act)
        self._look_anew()
        return revoked


def _record(key: Key) -> dict[str, object]:
    record = key.model_dump(mode="json")
    record["scopes"].sort()
    return record
