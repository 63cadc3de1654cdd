"""Rescoring: the waiting comments are judged by another model than when they came in."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from moderation.database.tables import comments, targets, texts
from moderation.desk.desk import Desk
from moderation.desk.intake.records import verdict_columns
from moderation.desk.queue.holds import not_held
from moderation.desk.types import Queue
from moderation.models.store import load_model
from moderation.moderator import Moderator
from moderation.policy import Policy
from moderation.settings import Settings, shipped_models
from moderation.verdict import Verdict

CHUNK = 200
"""Comments changed in one transaction: others wait for no longer than that takes."""
_WAIT = (comments.c.queue != Queue.DECIDED.value, comments.c.key.is_not(None))
"""The conditions under which a comment waits."""


class Rescored(NamedTuple):
    """The number of comments that were judged anew, and the model's id."""

    comments: int
    model: str


def rescore_waiting(desk: Desk, settings: Settings) -> Rescored:
    """Judge the waiting comments with the live model, or with the settings' where none is live.

    Raises
    ------
    InvalidModel
    """
    live = desk.models.live()
    named = (settings.model, *settings.models)
    model_path = desk.models.folder_of(live, named) if live else settings.model
    manifest = live.manifest if live else None
    model = load_model(model_path, shipped_models(), settings.threads, manifest)
    moderator = Moderator(model, Policy.load(None), settings.languages)
    return Rescored(rescore(desk, moderator.judge, model.id), model.id)


def rescore(desk: Desk, judge: Callable[[list[str]], list[Verdict]], model: str) -> int:
    """Judge the waiting comments, except those that somebody holds or the model has judged.

    Scores, label, evidence and targets become the model's, and with them the comments' order. The
    policy's action from when they came in stays, and so does their queue.

    Parameters
    ----------
    desk : Desk
    judge : callable
    model : str
        The id of the model that judges.

    Returns
    -------
    int
        The number of comments that were judged.
    """
    last = done = 0
    try:
        while True:
            rows = _waiting(desk, model, last)
            if not rows:
                return done
            numbers = [number for number, _ in rows]
            last = numbers[-1]
            verdicts = dict(zip(numbers, judge([text for _, text in rows]), strict=True))
            done += desk.store.write(partial(_keep, verdicts))
    finally:
        subject = f"{done} comments"
        desk.store.write(
            lambda connection: desk.audit.add(connection, None, "rescore", subject, model=model)
        )


def _waiting(desk: Desk, model: str, last: int) -> list[tuple[int, str]]:
    """Return the next waiting comments after one that a model has not judged."""
    waiting = (
        sa.select(comments.c.id, texts.c.text)
        .join(texts, texts.c.id == comments.c.id)
        .where(*_WAIT, comments.c.model != model, comments.c.id > last, not_held(None))
        .order_by(comments.c.id)
        .limit(CHUNK)
    )
    with desk.store.reading() as connection:
        return [(row.id, row.text) for row in connection.execute(waiting)]


def _keep(verdicts: Mapping[int, Verdict], connection: sa.Connection) -> int:
    """Write verdicts by the comments' ids, and return the number of comments changed."""
    ids = comments.c.id
    lock = sa.select(ids).where(ids.in_(verdicts)).order_by(ids).with_for_update()
    locked = list(connection.scalars(lock))
    # Checked once they are locked: meanwhile somebody may have decided, taken or erased one.
    numbers = list(
        connection.scalars(sa.select(ids).where(ids.in_(locked), *_WAIT, not_held(None)))
    )
    if not numbers:
        return 0
    number: sa.BindParameter[int] = sa.bindparam("number")
    rows = [{"number": comment, **verdict_columns(verdicts[comment])} for comment in numbers]
    connection.execute(
        comments.update()
        .where(ids == number)
        .values({name: sa.bindparam(name) for name in rows[0] if name != "number"}),
        rows,
    )
    connection.execute(
        texts.update().where(texts.c.id == number).values(spans=sa.bindparam("evidence")),
        [
            {"number": comment, "evidence": [span.to_dict() for span in verdicts[comment].spans]}
            for comment in numbers
        ],
    )
    connection.execute(targets.delete().where(targets.c.comment_id.in_(numbers)))
    named = [
        {"name": name, "comment_id": comment}
        for comment in numbers
        for name in sorted(set(verdicts[comment].targets))
    ]
    if named:
        connection.execute(targets.insert(), named)
    return len(numbers)
