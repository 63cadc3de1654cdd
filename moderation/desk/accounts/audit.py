"""The log of who did what: it only grows."""

from moderation.desk.store.store import Store
from moderation.desk.words import Entry, User


class Audit:
    """The audit log."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, user: User, before: int | None = None, limit: int = 50) -> list[Entry]:
        """Return entries, latest first, older than the entry `before`; admins only."""
        raise NotImplementedError
