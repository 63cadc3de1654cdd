"""Corrections in the database, and in a spool while the database is away."""

import hashlib
import json
import logging
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock

import sqlalchemy as sa

from moderation.database.engine import parse_url
from moderation.database.erasure import erasure_times, text_key
from moderation.database.location import database_url, spool_path
from moderation.database.spool import Spool, SpoolFull
from moderation.database.store import Store, insert_into
from moderation.database.tables import OPEN, comments, corrections
from moderation.errors import DatabaseError, DatabaseRefused
from moderation.files import PRIVATE
from moderation.service.intake import Correction, CorrectionNotStored
from moderation.settings import Settings

log = logging.getLogger(__name__)

SPOOL_ENDING = ".corrections.jsonl"
"""The end of the names of the spool's files; the desk, which spools comments too, takes in both."""
REFUSED_ENDING = ".refused"
MAX_LINES = 100
"""Corrections that are taken in from the spool at a time."""
TRY_AGAIN_SECONDS = 1.0


class CorrectionStore:
    """The corrections in the database.

    Parameters
    ----------
    store : callable
        Returns the database; called when it is first needed.
    """

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store

    def add(self, correction: Correction) -> None:
        """Keep a correction, and flag comments of that text where it scores them as harmful.

        Corrections that are equal except for id and time are kept once.

        Raises
        ------
        CorrectionNotStored
        """
        try:
            self.keep(correction)
        except DatabaseError as error:
            raise CorrectionNotStored(
                "The correction could not be stored.",
                where="setting database",
                remedy=error.remedy,
            ) from None

    def keep(self, correction: Correction, *, late: bool = False) -> None:
        """Keep a correction, as `add` does.

        With `late`, a correction that had to wait is dropped if its text was erased since.

        Raises
        ------
        DatabaseError
        """

        def act(connection: sa.Connection) -> None:
            for kept in not_erased(connection, [correction]) if late else [correction]:
                self._insert(connection, kept)

        self._store().write(act, idempotent=True)

    def _insert(self, connection: sa.Connection, correction: Correction) -> None:
        insert_corrections(connection, [correction])

    def read(self) -> list[Correction]:
        """Return the corrections in the order in which they came."""
        query = sa.select(corrections.c.record).order_by(corrections.c.made, corrections.c.id)
        with self._store().reading() as connection:
            return [Correction.from_dict(record) for record in connection.scalars(query)]


class SpooledCorrections:
    """The corrections of a service without a desk.

    Those that the database cannot take wait in a spool on the disk, and are taken in when it
    answers again, by this process or the next.

    Parameters
    ----------
    store : CorrectionStore
    spool : Spool
    """

    def __init__(self, store: CorrectionStore, spool: Spool) -> None:
        self._store = store
        self._spool = spool
        self._next = 0.0
        self._away = False
        self._taking = Lock()

    def add(self, correction: Correction) -> None:
        """Keep a correction; when this returns, it outlives the process and the machine.

        Raises
        ------
        CorrectionNotStored
            If neither the database nor the spool takes it.
        """
        if time.monotonic() >= self._next:
            try:
                self._store.keep(correction)
            except DatabaseRefused as error:
                raise CorrectionNotStored(
                    "The correction could not be stored.", where=error.where, remedy=error.remedy
                ) from None
            except DatabaseError as error:
                self._note_away(error)
            else:
                self._note_back()
                return
        try:
            self._spool.append(_line(correction))
        except (OSError, SpoolFull) as error:
            reason = "it is full" if isinstance(error, SpoolFull) else error.strerror
            raise CorrectionNotStored(
                f"Neither the database nor the spool takes the correction: {reason}.",
                where="setting desk_spool",
                remedy="Mend the database, or name a folder for the spool that has more room.",
            ) from None

    def take_in(self) -> None:
        """Take in what waits, also of processes that have ended, if the database answers."""
        if not self._taking.acquire(blocking=False):
            return
        try:
            self._spool.adopt()
            if self._spool.waiting:
                self._spool.take(self._take_lines, MAX_LINES)
        except DatabaseError as error:
            self._note_away(error)
        finally:
            self._taking.release()

    def close(self) -> None:
        """Leave what waits to the next process that serves."""
        with self._taking:
            self._spool.close()

    def _take_lines(self, lines: list[bytes]) -> None:
        for line in lines:
            try:
                correction = Correction.from_dict(json.loads(line)["correction"])
            except (ValueError, KeyError, TypeError):
                # A crash has left it half-written: no caller was told that it is kept.
                log.warning("a line of the spool of corrections is half-written, and left out")
                continue
            try:
                self._store.keep(correction, late=True)
            except DatabaseRefused:
                self._set_apart(line)
        self._note_back()

    def _set_apart(self, line: bytes) -> None:
        """Keep a correction in a file that the database refuses for its content."""
        file = self._spool.folder / f"{secrets.token_hex(8)}{REFUSED_ENDING}"
        file.touch(PRIVATE)
        file.write_bytes(line)
        log.error("the database refuses a correction, which is now in %s", file.name)

    def _note_away(self, error: DatabaseError) -> None:
        self._next = time.monotonic() + TRY_AGAIN_SECONDS
        if not self._away:
            log.warning("corrections wait in the spool until the database takes them: %s", error)
        self._away = True

    def _note_back(self) -> None:
        if self._away:
            log.warning("the database takes corrections again")
        self._away = False


def spooled_corrections(store: Callable[[], Store], settings: Settings) -> SpooledCorrections:
    """Return the corrections of a service without a desk.

    Raises
    ------
    DatabaseError
        If the database's URL is none.
    """
    folder = spool_path(settings, parse_url(database_url(settings)))
    spool = Spool(folder, settings.desk_spool_mb << 20, ending=SPOOL_ENDING)
    return SpooledCorrections(CorrectionStore(store), spool)


def insert_corrections(connection: sa.Connection, new: Sequence[Correction]) -> int:
    """Insert corrections that are not known, and flag the comments that they score as harmful.

    Returns
    -------
    int
        The number of those that were not known.
    """
    if not new:
        return 0
    by_id = {id_of(correction): correction for correction in reversed(new)}
    rows = [
        {
            "id": key,
            "made": datetime.fromisoformat(correction.time),
            "text_key": text_key(correction.text),
            "record": replace(correction, id=key).to_dict(),
            "key_id": correction.key,
            "harmful": correction.is_harmful,
            "state": OPEN,
            "at_desk": False,
            "brought": False,
        }
        for key, correction in by_id.items()
    ]
    statement = insert_into(connection, corrections).on_conflict_do_nothing()
    added = connection.scalars(statement.returning(corrections.c.id), rows).all()
    mark_at_desk(connection, added)
    for key in added:
        if by_id[key].is_harmful:
            connection.execute(
                comments.update()
                .where(comments.c.text_key == text_key(by_id[key].text))
                .values(flags=comments.c.flags + 1)
            )
    return len(added)


def has_comment() -> sa.ColumnElement[bool]:
    """Return the condition that the comment of a correction is at the desk."""
    return sa.exists().where(comments.c.text_key == corrections.c.text_key)


def mark_at_desk(connection: sa.Connection, ids: Collection[str]) -> None:
    """Mark those of some corrections whose comments are at the desk."""
    if ids:
        chosen = corrections.update().where(corrections.c.id.in_(ids), has_comment())
        connection.execute(chosen.values(at_desk=True))


def not_erased(connection: sa.Connection, given: Sequence[Correction]) -> list[Correction]:
    """Return corrections without those whose text was erased on request since they came."""
    keys: Collection[str] = {text_key(correction.text) for correction in given}
    erased = erasure_times(connection, keys)
    return [
        correction
        for correction in given
        if (when := erased.get(text_key(correction.text))) is None
        or when < datetime.fromisoformat(correction.time)
    ]


def id_of(correction: Correction) -> str:
    """Return the id of a correction, the same when it is sent again after a lost answer."""
    record = correction.to_dict()
    if record["key"] is None:
        del record["key"]  # as in earlier versions, which had none
    record = {name: record[name] for name in sorted(record) if name not in {"id", "time"}}
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:32]


def _line(correction: Correction) -> bytes:
    """Return a correction as the desk's spool writes it, so that a desk can take it in as well."""
    record = {
        "v": 1,
        "id": f"{int(time.time() * 1000):012x}{secrets.token_hex(8)}",
        "came": datetime.now(UTC).isoformat(),
        "correction": correction.to_dict(),
    }
    return json.dumps(record, separators=(",", ":")).encode("ascii")
