"""Decisions, one at a time."""

from moderation.desk.accounts.audit import Audit
from moderation.desk.queue.queue import Queues
from moderation.desk.store.store import Store
from moderation.desk.words import Comment, Decision, Note, Ruling, User


class Decisions:
    """What people decide."""

    def __init__(self, store: Store, audit: Audit, queue: Queues) -> None:
        self._store = store
        self._audit = audit
        self._queue = queue

    def decide(self, user: User, comment_id: int, ruling: Ruling) -> Decision:
        """Decide on a comment.

        Raises AlreadyDecided, Held (by another), InvalidRuling or NotAllowed.
        """
        raise NotImplementedError

    def undo(self, user: User, decision_id: int) -> Comment:
        """Take a decision back, and hold its comment for `user`.

        Raises AlreadyUndone, or NotAllowed if it is another's and `user` is no lead.
        """
        raise NotImplementedError

    def latest(self, user: User) -> Decision | None:
        """Return the last decision of `user`'s that holds: what `undo` without a number means."""
        raise NotImplementedError

    def note(self, user: User, comment_id: int, text: str) -> Note:
        """Leave a note."""
        raise NotImplementedError
