"""The service's API keys in the database."""

from moderation.desk.accounts.audit import Audit
from moderation.desk.store.store import Store
from moderation.service.access.keys import Key


class DeskKeys:
    """Finds a key as `moderation.service.access.guard.KeyRing` does."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def find(self, key: str) -> Key | None:
        """Return what is known of a key, None if it is unknown or revoked."""
        raise NotImplementedError
