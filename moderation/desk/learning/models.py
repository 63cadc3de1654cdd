"""Which model is live."""

from collections.abc import Mapping
from pathlib import Path

from moderation.desk.accounts.audit import Audit
from moderation.desk.store.store import Store
from moderation.desk.words import LiveModel, User


class LiveModels:
    """The models that were promoted; the live one is the last that nobody went back from."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def live(self) -> LiveModel | None:
        """Return the live model; None where the setting ``model`` holds."""
        raise NotImplementedError

    def promoted(self) -> list[LiveModel]:
        """Return all, latest first."""
        raise NotImplementedError

    def promote(
        self, by: User | None, model: str, folder: Path, figures: Mapping[str, object]
    ) -> LiveModel:
        """Make a model live; leads only, or None from the command line."""
        raise NotImplementedError

    def roll_back(self, by: User | None) -> LiveModel | None:
        """Go back to the model before; return it, None where the setting's holds again."""
        raise NotImplementedError
