"""Erasing texts."""

from datetime import datetime

from moderation.desk.accounts.audit import Audit
from moderation.desk.store.store import Store
from moderation.desk.words import User


class Retention:
    """Erases texts and names; scores, decisions and counts stay."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def purge(self, by: User | None, before: datetime) -> int:
        """Erase the decided comments that came before a time; return how many."""
        raise NotImplementedError

    def erase(self, by: User | None, comment_id: int) -> None:
        """Erase one comment, on request; admins only."""
        raise NotImplementedError

    def erase_author(self, by: User | None, author: str) -> int:
        """Erase all comments by an author, on request; return how many."""
        raise NotImplementedError
