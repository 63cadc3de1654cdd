"""Decisions as records of the labelled set."""

from collections.abc import Iterator

from moderation.desk.accounts.audit import Audit
from moderation.desk.store.store import Store
from moderation.desk.words import User


class Labels:
    """What the labelled set can learn from the desk; leads only."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def export(self, user: User | None) -> Iterator[str]:
        """Yield a record a line: personal data masked, near-duplicates left out."""
        raise NotImplementedError
