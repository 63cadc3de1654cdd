"""Comments that come in: as rows of the tables, and as deliveries that can wait in a file."""

import hashlib
import json
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

import sqlalchemy as sa

from moderation.database.erasure import erasure_times, text_key
from moderation.database.store import insert_into
from moderation.database.tables import (
    UNJUDGED,
    bands,
    comments,
    deliveries,
    forgotten,
    now,
    targets,
    texts,
)
from moderation.desk.types import Queue, Submission
from moderation.service.intake import Correction
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, FLAGGED, Label
from moderation.text.near_duplicates import bands_of, shingles_of
from moderation.text.validate import clean_text
from moderation.text.words import searchable
from moderation.verdict import Action, Span, Verdict

Row = dict[str, Any]

QUEUES = {
    Action.ALLOW: Queue.FLAGGED,
    Action.REVIEW: Queue.REVIEW,
    Action.BLOCK: Queue.BLOCKED,
}
"""The queue of a comment, by action; an allowed comment is kept only if readers have flagged it."""
UPLOAD, BATCH = "upload", "batch"
REPEATABLE = frozenset({UPLOAD, BATCH})
"""The sources that may give the same comments again as a whole."""
_HARMS = tuple(attribute.name for attribute in ATTRIBUTES if attribute.harmful)
_MAX_LENGTHS = {"author": 200, "page": 2_000, "title": 500, "external_id": 2_000, "community": 200}
MAX_CONTEXT = 20_000
"""Characters that are kept of a parent comment and of an article."""
MAX_SEARCHED = 100_000
"""Characters of a text that are searched; PostgreSQL takes no more than a megabyte of words."""
VERSION = 1
"""The version of a delivery's line."""
MARK_TAKEN = {
    "sqlite": "INSERT INTO deliveries (id) VALUES (?) ON CONFLICT DO NOTHING",
    "postgresql": "INSERT INTO deliveries (id) VALUES (%s) ON CONFLICT DO NOTHING",
}


class CommentRows(NamedTuple):
    """The rows of one comment; those of other tables than `comments` lack its number."""

    key: str
    comment: Row
    text: Row
    targets: tuple[str, ...]
    bands: list[int]
    counts_again: bool
    """Whether the same comment, when it comes again, counts as another one."""
    site_key: str | None = None
    """The hash of source and id, where these name one comment for ever."""


def rows_of(submission: Submission, times: int, arrived: datetime | None = None) -> CommentRows:
    """Return the rows of a comment that came `times` times at once, by default now.

    A comment with an id is the same one each time. A file, or the output of a batch run, may be
    given again, but a service is called once for each comment that somebody writes.

    The fields about a comment are cut to what a page can show; its text never is.
    """
    context = {
        name: clean(getattr(submission, name), limit) for name, limit in _MAX_LENGTHS.items()
    }
    verdict, time = submission.verdict, arrived or now()
    key, site_key = key_of(submission), site_key_of(submission)
    comment = {
        "key": key,
        "site_key": site_key,
        "revision": 1,
        "latest": True,
        "text_key": text_key(submission.text),
        "queue": QUEUES[verdict.action].value,
        "action": verdict.action.value,
        "reasons": list(verdict.reasons),
        **verdict_columns(verdict),
        "source": submission.source,
        "length": len(submission.text),
        "times": 1 if submission.external_id else times,
        "flags": submission.flags,
        "replies": submission.replies,
        "received": submission.time or time,
        "taken": time,
        **context,
    }
    text = {
        "text": submission.text,
        "spans": [span.to_dict() for span in verdict.spans],
        "parent": clean(submission.parent, MAX_CONTEXT),
        "parent_key": text_key(submission.parent) if submission.parent else None,
        "article": clean(submission.article, MAX_CONTEXT),
        "searched": searched_of(submission.text, comment),
    }
    return CommentRows(
        key,
        comment,
        text,
        verdict.targets,
        bands_of(shingles_of(submission.text)),
        counts_again=submission.external_id is None and submission.source not in REPEATABLE,
        site_key=site_key,
    )


def searched_of(text: str, comment: Mapping[str, Any]) -> str:
    """Return a comment's text or its beginning, with headline, author and id, all folded."""
    named = (comment[name] for name in ("title", "author", "external_id"))
    return searchable(text[:MAX_SEARCHED], *named)


def insert_comments(connection: sa.Connection, rows: Mapping[str, CommentRows]) -> dict[str, int]:
    """Insert those comments that are not known; return their numbers by key."""
    if not rows:
        return {}
    statement = insert_into(connection, comments).on_conflict_do_nothing()
    returned = statement.returning(comments.c.id, comments.c.key)
    new = connection.execute(returned, [row.comment for row in rows.values()])
    numbers = {row.key: row.id for row in new}
    _insert(connection, texts, [rows[key].text | {"id": numbers[key]} for key in numbers])
    _insert(
        connection,
        targets,
        [
            {"name": name, "comment_id": number}
            for key, number in numbers.items()
            for name in set(rows[key].targets)
        ],
    )
    _insert(
        connection,
        bands,
        [
            {"hash": band, "comment_id": number}
            for key, number in numbers.items()
            for band in set(rows[key].bands)
        ],
    )
    return numbers


def _insert(connection: sa.Connection, table: sa.Table, values: list[Row]) -> None:
    if values:
        connection.execute(table.insert(), values)


def verdict_columns(verdict: Verdict) -> Row:
    """Return the columns of a model's verdict, without those of the policy's action."""
    scores = verdict.scores or dict.fromkeys(ATTRIBUTE_NAMES, 0.0)
    attribute = max(_HARMS, key=scores.__getitem__)
    return {
        "label": verdict.label.value if verdict.label else UNJUDGED,
        "language": verdict.language,
        "attribute": attribute,
        "worst": scores[attribute],
        "uncertainty": uncertainty(scores),
        **{f"score_{name}": score for name, score in scores.items()},
        "targets": list(verdict.targets),
        "model": verdict.model,
    }


def key_of(submission: Submission) -> str:
    """Return the key of a comment, which is the same when it comes again."""
    same = [submission.source, submission.external_id, submission.text, "site"]
    if not submission.of_site:
        same = [
            submission.source,
            submission.community,
            submission.external_id,
            submission.page,
            submission.author,
            submission.text,
        ]
    return hashlib.sha256(json.dumps(same).encode()).hexdigest()


def site_key_of(submission: Submission) -> str | None:
    """Return the key of all revisions of a comment, None where another text is another comment."""
    if not submission.of_site or submission.external_id is None:
        return None
    return site_key(submission.source, submission.external_id)


def site_key(source: str, external_id: str) -> str:
    """Return the hash of a source and its id of a comment."""
    return hashlib.sha256(json.dumps([source, external_id]).encode()).hexdigest()


def uncertainty(scores: Mapping[str, float]) -> float:
    """Return the uncertainty whether a comment is flagged: 1 at a score of one half, 0 at 0 or 1.

    The scores are calibrated, so a model is least certain at one half.
    """
    return max(1 - abs(2 * scores[label.value] - 1) for label in FLAGGED)


def author_of(name: str) -> str | None:
    """Return an author's name in the form of the database."""
    return clean(name, _MAX_LENGTHS["author"])


def clean(value: str | None, limit: int) -> str | None:
    """Return a text cut and cleaned for the database and the pages; None if it is empty."""
    return clean_text(value[:limit]) if value else None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The comments of one request, or a correction; counted once, however often it is taken in.

    Parameters
    ----------
    id : str
        It begins with the time in hexadecimal milliseconds, so that later ids are greater.
    arrived : datetime
        The time of its arrival, in UTC.
    submissions : tuple of Submission
    correction : Correction, optional
    """

    id: str
    arrived: datetime
    submissions: tuple[Submission, ...] = ()
    correction: Correction | None = None

    @classmethod
    def of(
        cls, submissions: Sequence[Submission] = (), correction: Correction | None = None
    ) -> Self:
        """Return a delivery that arrives now."""
        delivery_id = f"{_timestamp(time.time())}{secrets.token_hex(8)}"
        return cls(delivery_id, now(), tuple(submissions), correction)

    def to_line(self) -> bytes:
        """Return the delivery as one line of JSON, without its end."""
        record: dict[str, Any] = {"v": VERSION, "id": self.id, "came": self.arrived.isoformat()}
        sent: Sequence[Submission | None] = self.submissions
        if self.correction is not None:
            record["correction"] = self.correction.to_dict()
            sent = [self.correction.comment]
        record["comments"] = [_to_record(submission) for submission in sent if submission]
        # A lone surrogate, which UTF-8 cannot encode, is written as an escape.
        return json.dumps(record, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Return the delivery that `to_line` wrote.

        Raises
        ------
        ValueError
            If the line is something else, or only a part of one.
        """
        try:
            record = json.loads(line)
            if record["v"] != VERSION:
                raise ValueError("another version")
            came = datetime.fromisoformat(record["came"])
            sent = tuple(map(_from_record, record.get("comments", ())))
            if "correction" not in record:
                return cls(record["id"], came, sent)
            correction = Correction.from_dict(record["correction"])
            comment = sent[0] if sent else None
            return cls(record["id"], came, (), replace(correction, comment=comment))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(type(error).__name__) from None


def mark_taken(connection: sa.Connection, ids: Collection[str]) -> set[str]:
    """Mark deliveries, or parts of them, as taken in; return those that were not before."""
    if not ids:
        return set()
    if len(ids) == 1:
        # Nearly all deliveries come so; plain SQL takes half the time.
        (id_,) = ids
        result = connection.exec_driver_sql(MARK_TAKEN[connection.dialect.name], (id_,))
        return {id_} if result.rowcount else set()
    statement = insert_into(connection, deliveries).on_conflict_do_nothing(index_elements=["id"])
    rows = connection.execute(
        statement.returning(deliveries.c.id), [{"id": id_} for id_ in sorted(ids)]
    )
    return set(rows.scalars())


def without_erased(
    connection: sa.Connection, arrivals: Sequence[tuple[Submission, datetime]]
) -> list[tuple[Submission, datetime]]:
    """Return comments with their times of arrival, without those that were erased since."""
    hashes = {value for submission, _ in arrivals for value in _hashes(submission)}
    erased = erasure_times(connection, hashes)
    if not erased:
        return list(arrivals)
    return [
        (submission, arrived)
        for submission, arrived in arrivals
        if not any(erased[value] >= arrived for value in _hashes(submission) if value in erased)
    ]


def _hashes(submission: Submission) -> list[str]:
    """Return the hashes under which a comment, or its author, is erased."""
    hashes = (key_of(submission), site_key_of(submission), author_hash(submission.author))
    return [value for value in hashes if value]


def author_hash(name: str | None) -> str | None:
    """Return the hash under which an author is erased, None without a name."""
    author = author_of(name) if name else None
    return hashlib.sha256(f"author\0{author}".encode()).hexdigest() if author else None


def drop_old(connection: sa.Connection, before: datetime) -> None:
    """Delete the ids of deliveries, and the hashes of what was erased, from before a time."""
    connection.execute(deliveries.delete().where(deliveries.c.id < _timestamp(before.timestamp())))
    connection.execute(forgotten.delete().where(forgotten.c.made < before))


def _timestamp(seconds: float) -> str:
    return f"{int(seconds * 1000):012x}"


def _to_record(submission: Submission) -> dict[str, Any]:
    verdict, time, article = submission.verdict, submission.time, submission.article
    record = {name: getattr(submission, name) for name in Submission.__slots__ if name != "verdict"}
    record["time"] = time and time.isoformat()
    record["article"] = article and article[:MAX_CONTEXT]
    record["verdict"] = {
        **{name: getattr(verdict, name) for name in Verdict.__slots__},
        "scores": dict(verdict.scores),
        "spans": [[span.start, span.end, span.attribute, span.score] for span in verdict.spans],
    }
    return {name: value for name, value in record.items() if value is not None}


def _from_record(record: dict[str, Any]) -> Submission:
    verdict = dict(record["verdict"])
    verdict |= {
        "label": verdict["label"] and Label(verdict["label"]),
        "action": Action(verdict["action"]),
        "spans": tuple(Span(*span) for span in verdict["spans"]),
        "targets": tuple(verdict["targets"]),
        "reasons": tuple(verdict["reasons"]),
    }
    time = record.get("time")
    submission = Submission(**record | {"verdict": Verdict(**verdict), "time": None})
    if not time:
        return submission
    return replace(submission, time=datetime.fromisoformat(time).astimezone(UTC))
