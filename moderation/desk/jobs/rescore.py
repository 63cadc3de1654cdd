"""Judging the comments that wait with another model than the one they came in with."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from moderation.database.tables import comments, targets, texts
from moderation.desk.desk import Desk
from moderation.desk.intake.records import verdict_columns
from moderation.desk.learning.models import folder_of
from moderation.desk.queue.holds import not_held
from moderation.desk.types import Queue
from moderation.models.store import load_model
from moderation.moderator import Moderator
from moderation.policy import Policy
from moderation.settings import Settings, shipped_models
from moderation.verdict import Verdict

CHUNK = 200
"""Comments changed in one transaction: others wait for no longer than that takes."""


class Rescored(NamedTuple):
    """How many comments were judged anew, and by which model."""

    comments: int
    model: str


def rescore_waiting(desk: Desk, settings: Settings) -> Rescored:
    """Judge the comments that wait with the model that is live, or else the settings'.

    Raises
    ------
    InvalidModel
    """
    live = desk.models.live()
    named = folder_of(live, (settings.model, *settings.models)) if live else settings.model
    expected = live.manifest if live else None
    model = load_model(named, shipped_models(), settings.threads, expected)
    moderator = Moderator(model, Policy.load(None))
    return Rescored(rescore(desk, moderator.judge, model.id), model.id)


def rescore(desk: Desk, judge: Callable[[list[str]], list[Verdict]], model: str) -> int:
    """Judge the comments that wait, but for those that somebody holds or the model has judged.

    Scores, label, evidence and targets become the model's, and with them the comments' order. What
    the policy made of them when they came in stays, and so does their queue.

    Parameters
    ----------
    desk : Desk
    judge : callable
    model : str
        The id of the model that judges.

    Returns
    -------
    int
        How many were judged anew.
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
        told = f"{done} comments"
        desk.store.write(
            lambda connection: desk.audit.add(connection, None, "rescore", told, model=model)
        )


def _waiting(desk: Desk, model: str, last: int) -> list[tuple[int, str]]:
    """Return the next comments after one that wait and that a model has not judged."""
    chosen = (
        sa.select(comments.c.id, texts.c.text)
        .join(texts, texts.c.id == comments.c.id)
        .where(*_WAIT, comments.c.model != model, comments.c.id > last, not_held(None))
        .order_by(comments.c.id)
        .limit(CHUNK)
    )
    with desk.store.reading() as connection:
        return [(row.id, row.text) for row in connection.execute(chosen)]


_WAIT = (comments.c.queue != Queue.DECIDED.value, comments.c.key.is_not(None))


def _keep(verdicts: Mapping[int, Verdict], connection: sa.Connection) -> int:
    ids = comments.c.id
    lock = sa.select(ids).where(ids.in_(verdicts)).order_by(ids).with_for_update()
    locked = list(connection.scalars(lock))
    # Asked after they are locked: meanwhile somebody may have decided, taken or erased one.
    numbers = list(
        connection.scalars(sa.select(ids).where(ids.in_(locked), *_WAIT, not_held(None)))
    )
    if not numbers:
        return 0
    number: sa.BindParameter[int] = sa.bindparam("number")
    rows = [{"number": each, **verdict_columns(verdicts[each])} for each in numbers]
    connection.execute(
        comments.update()
        .where(ids == number)
        .values({name: sa.bindparam(name) for name in rows[0] if name != "number"}),
        rows,
    )
    connection.execute(
        texts.update().where(texts.c.id == number).values(spans=sa.bindparam("found")),
        [
            {"number": each, "found": [span.to_dict() for span in verdicts[each].spans]}
            for each in numbers
        ],
    )
    connection.execute(targets.delete().where(targets.c.comment_id.in_(numbers)))
    named = [
        {"name": name, "comment_id": each}
        for each in numbers
        for name in sorted(set(verdicts[each].targets))
    ]
    if named:
        connection.execute(targets.insert(), named)
    return len(numbers)
