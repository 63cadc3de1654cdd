"""Corrections in the database."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from moderation.database.errors import DatabaseError
from moderation.database.store import Store
from moderation.database.tables import comments, corrections
from moderation.desk.intake.deliveries import when_forgotten
from moderation.desk.intake.rows import text_key
from moderation.service.corrections import Correction, NotStored
from moderation.taxonomy import ATTRIBUTES, PRESENT

_HARMS = frozenset(attribute.name for attribute in ATTRIBUTES if attribute.harmful)


class DeskCorrections:
    """A store of corrections, as the service asks for one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, correction: Correction) -> None:
        """Keep a correction; comments of that text are flagged, where it speaks against them.

        One that says the same of the same text, in the same visit, is the same, and is kept once.

        Raises
        ------
        NotStored
        """
        try:
            self.keep(correction)
        except DatabaseError as error:
            raise NotStored(
                "The correction could not be stored.", where="setting desk", remedy=error.remedy
            ) from None

    def keep(self, correction: Correction, *, late: bool = False) -> None:
        """Keep a correction, as `add` does; one that had to wait not where its text was erased.

        Raises
        ------
        DatabaseError
        """

        def act(connection: sa.Connection) -> None:
            if late:
                key = text_key(correction.text)
                erased = when_forgotten(connection, {key}).get(key)
                if erased and erased >= datetime.fromisoformat(correction.time):
                    return
            self._add(connection, correction)

        self._store.write(act, again=True)

    def read(self) -> list[Correction]:
        """Return the corrections in the order in which they came."""
        chosen = sa.select(corrections.c.record).order_by(corrections.c.made, corrections.c.id)
        with self._store.reading() as connection:
            return [Correction.from_dict(record) for record in connection.scalars(chosen)]

    def _add(self, connection: sa.Connection, correction: Correction) -> None:
        key = text_key(correction.text)
        correction = replace(correction, id=_same(correction))
        row: dict[str, Any] = {
            "id": correction.id,
            "made": datetime.fromisoformat(correction.time),
            "text_key": key,
            "record": correction.to_dict(),
        }
        added = connection.execute(
            self._store.insert(corrections)
            .values(row)
            .on_conflict_do_nothing()
            .returning(corrections.c.id)
        ).one_or_none()
        against = any(
            score >= PRESENT for name, score in correction.scores.items() if name in _HARMS
        )
        if added and against:
            connection.execute(
                comments.update()
                .where(comments.c.text_key == key)
                .values(flags=comments.c.flags + 1)
            )


def _same(correction: Correction) -> str:
    """Return the id of a correction: the same when it is sent again after an answer was lost."""
    said = correction.to_dict()
    said = {name: said[name] for name in sorted(said) if name not in {"id", "time"}}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]
