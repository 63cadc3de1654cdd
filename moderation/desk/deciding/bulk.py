"""Many decisions at once, by score range."""

from moderation.desk.accounts.audit import Audit
from moderation.desk.queue.queue import Queues
from moderation.desk.store.store import Store
from moderation.desk.words import Bulk, Filters, Outcome, Preview, Reason, User


class Bulks:
    """Decides on all comments that pass some filters; leads only."""

    def __init__(self, store: Store, audit: Audit, queue: Queues) -> None:
        self._store = store
        self._audit = audit
        self._queue = queue

    def histogram(self, filters: Filters, bands: int = 20) -> list[int]:
        """Count comments by score of `filters.attribute` (the worst one where None).

        Element ``i`` counts scores from ``i / bands``; bounds in `filters` are not looked at.
        """
        raise NotImplementedError

    def preview(self, user: User, filters: Filters) -> Preview:
        """Tell what deciding on all that pass would do, without doing it."""
        raise NotImplementedError

    def apply(
        self,
        user: User,
        filters: Filters,
        newest: int,
        outcome: Outcome,
        reason: Reason | None = None,
    ) -> Bulk:
        """Decide on all that pass and are not newer than the preview's `newest`.

        Comments that somebody holds are left alone.
        """
        raise NotImplementedError

    def undo(self, user: User, bulk_id: int) -> int:
        """Take those decisions back that still hold; return how many."""
        raise NotImplementedError

    def latest(self, limit: int = 10) -> list[Bulk]:
        """Return what was decided at once, latest first."""
        raise NotImplementedError
