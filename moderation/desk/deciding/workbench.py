"""Thresholds against one's own decisions."""

from datetime import datetime
from pathlib import Path

from moderation.desk.accounts.audit import Audit
from moderation.desk.store.store import Store
from moderation.desk.words import Curve, User
from moderation.verdict import Action


class Workbench:
    """What a threshold would have done, and a policy with it."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def curve(self, attribute: str, since: datetime | None = None, steps: int = 50) -> Curve:
        """Return precision, recall and cost at thresholds from 0 to 1."""
        raise NotImplementedError

    def write_policy(
        self, user: User, path: Path, action: Action, attribute: str, threshold: float
    ) -> str:
        """Set one threshold in a policy file, in one step; return the file's new text.

        Comments and other keys stay. Where there is no file, the shipped policy is copied first.
        """
        raise NotImplementedError
