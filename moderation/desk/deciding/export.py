"""Decisions for other programs."""

from collections.abc import Iterator

from moderation.desk.accounts.audit import Audit
from moderation.desk.store.store import Store
from moderation.desk.words import Filters, User


class Exports:
    """Decisions as text, piece by piece; leads only."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def csv(self, user: User, filters: Filters) -> Iterator[str]:
        """Yield a CSV file with a header; no cell is taken for a formula by a spreadsheet."""
        raise NotImplementedError

    def jsonl(self, user: User, filters: Filters) -> Iterator[str]:
        """Yield a JSON object a line."""
        raise NotImplementedError
