"""A request's comments as one delivery: counted once however often it is taken in."""

import hashlib
import json
import secrets
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

import sqlalchemy as sa

from moderation.database.forgotten import when_forgotten
from moderation.database.moment import now
from moderation.database.store import insert_into
from moderation.database.tables import deliveries, forgotten
from moderation.desk.intake.rows import MAX_CONTEXT, author_of, key_of
from moderation.desk.words import Submission
from moderation.service.corrections import Correction
from moderation.taxonomy import Label
from moderation.verdict import Action, Span, Verdict

VERSION = 1
MARK = {
    "sqlite": "INSERT INTO deliveries (id) VALUES (?) ON CONFLICT DO NOTHING",
    "postgresql": "INSERT INTO deliveries (id) VALUES (%s) ON CONFLICT DO NOTHING",
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """Comments, or a correction, that came in together.

    Parameters
    ----------
    id : str
        Begins with the time, in milliseconds and hexadecimal, so that those that come later are
        greater.
    came : datetime
        When it came, in UTC.
    sent : tuple of Submission
    correction : Correction, optional
    """

    id: str
    came: datetime
    sent: tuple[Submission, ...] = ()
    correction: Correction | None = None

    @classmethod
    def of(cls, sent: Sequence[Submission] = (), correction: Correction | None = None) -> Self:
        """Return a delivery that comes in now."""
        return cls(f"{_stamp(time.time())}{secrets.token_hex(8)}", now(), tuple(sent), correction)

    def to_line(self) -> bytes:
        """Return it as one line of JSON, without its end."""
        record: dict[str, Any] = {"v": VERSION, "id": self.id, "came": self.came.isoformat()}
        if self.correction is not None:
            record["correction"] = self.correction.to_dict()
        else:
            record["comments"] = [_told(one) for one in self.sent]
        # Half of a surrogate pair, which no UTF-8 holds, is written as an escape.
        return json.dumps(record, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Return the delivery that `to_line` wrote.

        Raises
        ------
        ValueError
            If it is something else, or only a part of it.
        """
        try:
            record = json.loads(line)
            if record["v"] != VERSION:
                raise ValueError("another version")
            told = record.get("correction")
            return cls(
                record["id"],
                datetime.fromisoformat(record["came"]),
                tuple(_sent(one) for one in record.get("comments", ())),
                Correction.from_dict(told) if told else None,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(type(error).__name__) from None


def mark(connection: sa.Connection, names: Collection[str]) -> set[str]:
    """Note deliveries, or parts of them, as taken in; return those that were not before."""
    if not names:
        return set()
    if len(names) == 1:
        # So comes nearly all; in the database's own words that takes half as long.
        (name,) = names
        done = connection.exec_driver_sql(MARK[connection.dialect.name], (name,))
        return {name} if done.rowcount else set()
    statement = insert_into(connection, deliveries).on_conflict_do_nothing(index_elements=["id"])
    rows = connection.execute(
        statement.returning(deliveries.c.id), [{"id": name} for name in sorted(names)]
    )
    return set(rows.scalars())


def still_wanted(
    connection: sa.Connection, sent: Sequence[tuple[Submission, datetime]]
) -> list[tuple[Submission, datetime]]:
    """Return comments, and when each came, without those that were erased since."""
    what = {name for one, _ in sent for name in (key_of(one), author_hash(one.author)) if name}
    erased = when_forgotten(connection, what)

    def is_wanted(one: Submission, came: datetime) -> bool:
        names = (key_of(one), author_hash(one.author))
        return not any(name in erased and erased[name] >= came for name in names if name)

    return [pair for pair in sent if is_wanted(*pair)] if erased else list(sent)


def author_hash(name: str | None) -> str | None:
    """Return the digest of an author who was erased."""
    kept = author_of(name) if name else None
    return hashlib.sha256(f"author\0{kept}".encode()).hexdigest() if kept else None


def drop_old(connection: sa.Connection, before: datetime) -> None:
    """Forget deliveries and what was erased that are older."""
    connection.execute(deliveries.delete().where(deliveries.c.id < _stamp(before.timestamp())))
    connection.execute(forgotten.delete().where(forgotten.c.made < before))


def _stamp(seconds: float) -> str:
    return f"{int(seconds * 1000):012x}"


def _told(one: Submission) -> dict[str, Any]:
    verdict = one.verdict
    about = {name: getattr(one, name) for name in Submission.__slots__ if name != "verdict"}
    about["time"] = one.time and one.time.isoformat()
    about["article"] = one.article and one.article[:MAX_CONTEXT]
    about["verdict"] = {
        **{name: getattr(verdict, name) for name in Verdict.__slots__},
        "scores": dict(verdict.scores),
        "spans": [[span.start, span.end, span.attribute, span.score] for span in verdict.spans],
    }
    return {name: value for name, value in about.items() if value is not None}


def _sent(told: dict[str, Any]) -> Submission:
    verdict = dict(told["verdict"])
    verdict |= {
        "label": Label(verdict["label"]),
        "action": Action(verdict["action"]),
        "spans": tuple(Span(*span) for span in verdict["spans"]),
        "targets": tuple(verdict["targets"]),
        "reasons": tuple(verdict["reasons"]),
    }
    when = told.get("time")
    one = Submission(**told | {"verdict": Verdict(**verdict), "time": None})
    return replace(one, time=datetime.fromisoformat(when).astimezone(UTC)) if when else one
