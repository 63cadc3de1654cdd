"""Corrections in the database."""

from moderation.desk.store.store import Store
from moderation.service.corrections import Correction


class DeskCorrections:
    """A store of corrections."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, correction: Correction) -> None:
        """Keep a correction; what it speaks against is flagged, where the desk has it."""
        raise NotImplementedError
