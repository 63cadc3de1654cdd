"""A comment that comes in, as rows of the tables."""

import hashlib
import json
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

import sqlalchemy as sa

from moderation.database.store import insert_into, text_key, when_forgotten
from moderation.database.tables import deliveries, forgotten, now
from moderation.desk.types import Queue, Submission
from moderation.service.intake import Correction
from moderation.taxonomy import ATTRIBUTES, FLAGGED, Label
from moderation.text.near_duplicates import bands_of, shingles_of
from moderation.text.validate import clean_text
from moderation.verdict import Action, Span, Verdict

Row = dict[str, Any]

QUEUES = {
    Action.ALLOW: Queue.FLAGGED,
    Action.REVIEW: Queue.REVIEW,
    Action.BLOCK: Queue.BLOCKED,
}
"""Where a comment waits; what the policy allows is kept only where readers have flagged it."""
UPLOAD, BATCH = "upload", "batch"
GIVEN_WHOLE = frozenset({UPLOAD, BATCH})
_HARMS = tuple(attribute.name for attribute in ATTRIBUTES if attribute.harmful)
_MOST = {"author": 200, "page": 2_000, "title": 500, "external_id": 2_000, "community": 200}
MAX_CONTEXT = 20_000
"""Characters that are kept of a parent comment and of an article."""


class CommentRows(NamedTuple):
    """The rows of one comment; those of other tables lack its number."""

    key: str
    comment: Row
    text: Row
    targets: tuple[str, ...]
    bands: list[int]
    is_another: bool
    """Whether it is one more when it comes again, for all that is known."""


def rows_of(sent: Submission, times: int, came: datetime | None = None) -> CommentRows:
    """Return the rows of a comment that came `times` times at once, now if it is not said when.

    One with an id is the same each time. A file, or what a batch run wrote, may be given again;
    a service is asked once for each comment that somebody writes.

    What is said of a comment is cut to what a page can show; its text never is.
    """
    about = {name: clean(getattr(sent, name), most) for name, most in _MOST.items()}
    verdict, time = sent.verdict, came or now()
    key = key_of(sent)
    comment = {
        "key": key,
        "text_key": text_key(sent.text),
        "queue": QUEUES[verdict.action].value,
        "action": verdict.action.value,
        "reasons": list(verdict.reasons),
        **judged(verdict),
        "source": sent.source,
        "length": len(sent.text),
        "times": 1 if sent.external_id else times,
        "flags": sent.flags,
        "received": sent.time or time,
        "taken": time,
        **about,
    }
    text = {
        "text": sent.text,
        "spans": [span.to_dict() for span in verdict.spans],
        "parent": clean(sent.parent, MAX_CONTEXT),
        "parent_key": text_key(sent.parent) if sent.parent else None,
        "article": clean(sent.article, MAX_CONTEXT),
    }
    another = sent.external_id is None and sent.source not in GIVEN_WHOLE
    return CommentRows(
        key, comment, text, verdict.targets, bands_of(shingles_of(sent.text)), another
    )


def judged(verdict: Verdict) -> Row:
    """Return what a model says of a comment; what a policy made of it is not part of it."""
    scores = verdict.scores
    attribute = max(_HARMS, key=scores.__getitem__)
    return {
        "label": verdict.label.value,
        "attribute": attribute,
        "worst": scores[attribute],
        "uncertainty": uncertainty(scores),
        **{f"score_{name}": score for name, score in scores.items()},
        "targets": list(verdict.targets),
        "model": verdict.model,
    }


def key_of(sent: Submission) -> str:
    """Return what the same comment has in common when it comes again."""
    same = [sent.source, sent.community, sent.external_id, sent.page, sent.author, sent.text]
    return hashlib.sha256(json.dumps(same).encode()).hexdigest()


def uncertainty(scores: Mapping[str, float]) -> float:
    """Return how near to even the chance is that a comment is flagged: 1 at one half, 0 at 0 or 1.

    The scores are calibrated, so that the model knows least where they say one half.
    """
    return max(1 - abs(2 * scores[label.value] - 1) for label in FLAGGED)


def author_of(name: str) -> str | None:
    """Return an author's name as the database has it."""
    return clean(name, _MOST["author"])


def clean(value: str | None, most: int) -> str | None:
    """Return a text as the database can hold it and a page can show it; nothing as None."""
    return clean_text(value[:most]) if value else None


# FOLDED deliveries: A request's comments as one delivery: counted once however often it is taken
# in.

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
