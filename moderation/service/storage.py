"""The database of a service, opened when something in it is first needed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from moderation.service.intake import Correction, CorrectionNotStored
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.database.store import Store
    from moderation.service.correction_store import SpooledCorrections


class Storage:
    """The database of a serving process, opened late: one that needs no keys may never need it.

    Until then SQLAlchemy is not imported either, which takes a third of a second and 20 MB.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store: Store | None = None
        self._is_own = True
        self._opening = threading.Lock()

    @property
    def is_open(self) -> bool:
        """True once it has been opened."""
        return self._store is not None

    def open(self) -> "Store":
        """Return the database; where it is away, each use of it tries again.

        Raises
        ------
        DatabaseError
            If it cannot be opened for a reason that does not pass.
        """
        with self._opening:
            if self._store is None:
                self._store = open_store(self._settings)
            return self._store

    def use(self, store: "Store") -> None:
        """Use a database that the caller has opened, and will close."""
        self._store, self._is_own = store, False

    def close(self) -> None:
        """Close the database, if it was opened here."""
        with self._opening:
            if self._store is not None and self._is_own:
                self._store.close()
                self._store = None


def open_store(settings: Settings) -> "Store":
    """Open the settings' database, now or when it can be reached, and import earlier files.

    Raises
    ------
    DatabaseError
        If it cannot be opened for a reason that does not pass.
    """
    from moderation.database.location import database_url  # noqa: PLC0415  # as `Storage` says
    from moderation.database.store import Store  # noqa: PLC0415  # likewise
    from moderation.service.file_import import import_files_or_log  # noqa: PLC0415  # likewise

    prepare = partial(import_files_or_log, settings)
    return Store.open(database_url(settings), later=True, prepare=prepare)


@contextmanager
def opened_store(settings: Settings) -> Iterator["Store"]:
    """Open the settings' database for a command, import earlier files, and close it afterwards.

    Raises
    ------
    DatabaseError
        If it cannot be opened now.
    NotImported
        If a file of an earlier version is damaged.
    """
    from moderation.database.location import database_url  # noqa: PLC0415  # as `Storage` says
    from moderation.database.store import Store  # noqa: PLC0415  # likewise
    from moderation.service.file_import import import_files  # noqa: PLC0415  # likewise

    store = Store.open(database_url(settings))
    try:
        import_files(settings, store)
        yield store
    finally:
        store.close()


class StoredCorrections:
    """The corrections of a service without a desk, whose database is opened with the first.

    Parameters
    ----------
    storage : Storage
    settings : Settings
    """

    def __init__(self, storage: Storage, settings: Settings) -> None:
        self._storage = storage
        self._settings = settings
        self._opened: SpooledCorrections | None = None
        self._opening = threading.Lock()

    def add(self, correction: Correction) -> None:
        """Keep a correction; when this returns, it outlives the process and the machine.

        Raises
        ------
        CorrectionNotStored
            If neither the database nor the spool takes it.
        """
        self._open().add(correction)

    def take_in(self) -> None:
        """Take in what waits in the spool, once the database has been opened."""
        if self._opened is not None or self._storage.is_open:
            self._open().take_in()

    def close(self) -> None:
        """Leave what waits to the next process that serves."""
        if self._opened is not None:
            self._opened.close()

    def _open(self) -> "SpooledCorrections":
        from moderation.errors import DatabaseError  # noqa: PLC0415  # as `Storage` says
        from moderation.service.correction_store import spooled_corrections  # noqa: PLC0415  # likewise

        with self._opening:
            if self._opened is None:
                try:
                    self._opened = spooled_corrections(self._storage.open, self._settings)
                except DatabaseError as error:
                    raise CorrectionNotStored(
                        error.message, where=error.where, remedy=error.remedy
                    ) from None
            return self._opened
