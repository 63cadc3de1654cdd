"""Corrections of trusted keys as examples to learn from, though nobody at the desk confirmed them.

A correction of an outside system weighs less than a person's decision at the desk: only those of
keys with the scope ``teach`` are read, so many a day of each, altogether no more than there are
decisions, and none that a decision contradicts or repeats.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import IS_OPEN, comments, corrections, keys
from moderation.desk.decisions.corrections import ruling_of
from moderation.desk.learning.labels import (
    REPEATS,
    LabelledDecision,
    LeftOut,
    NoLabel,
    example_of,
    names_to_mask,
)
from moderation.desk.queue.rows import read_comment
from moderation.desk.types import Comment, Decision, Outcome, Ruling
from moderation.labels.records import Example
from moderation.service.api_keys import ApiKey, Scope
from moderation.service.intake import Correction
from moderation.taxonomy import FLAGGED
from moderation.text.near_duplicates import NearDuplicates

MOST_OF_DAY = 100
"""Corrections of a key and a day that are read: a site that floods teaches no more than another."""
PAGE = 500
"""Corrections that are looked up at a time."""
TOO_MANY_OF_DAY = "are over the number that a key may teach in a day"
TOO_MANY = "are more than there are decisions"
NO_REASON = "name no reason for a rejection"
PARTIAL = "do not say that nothing is wrong"


class Sent(NamedTuple):
    """A correction that waits, by its key, and the comment at the desk that it is about."""

    correction: Correction
    key_id: str
    day: date
    comment: Comment


def trusted_corrections(
    store: Store, decided: Sequence[LabelledDecision], most: int, left_out: LeftOut
) -> list[Example]:
    """Return the examples that the corrections of trusted keys make, the newest first.

    Parameters
    ----------
    store : Store
    decided : sequence of LabelledDecision
        All decisions, those of the comparison included: what nearly repeats one is left out.
    most : int
        The largest number of examples.
    left_out : Counter
        Filled with the numbers of corrections that are left out, by reason.
    """
    names = names_to_mask(store)
    seen = NearDuplicates()
    for labelled in decided:
        seen.add_if_new(labelled.example.text)
    of_day: Counter[tuple[str, date]] = Counter()
    examples: list[Example] = []
    for sent in _sent(store):
        of_day[sent.key_id, sent.day] += 1
        if of_day[sent.key_id, sent.day] > MOST_OF_DAY:
            left_out[TOO_MANY_OF_DAY] += 1
            continue
        comment, number = sent.comment, len(examples) + 1
        try:
            ruling = _ruling(sent.correction)
            decision = Decision(number, comment.id, sent.key_id, ruling, comment.line.received)
            page = comment.line.page or str(comment.id)
            example = example_of(decision, comment.text or "", comment.verdict, page, names)
        except NoLabel as reason:
            left_out[str(reason)] += 1
            continue
        if len(examples) >= most:
            left_out[TOO_MANY] += 1
        elif seen.add_if_new(example.text):
            origin = f"correction of {sent.day:%Y-%m-%d} by the API key {sent.key_id}"
            family = f"corrected-{example.family}"
            own = {"id": f"{family}.{number:02d}", "family": family, "origin": origin}
            examples.append(example.model_copy(update=own | {"split": "train"}))
        else:
            left_out[REPEATS] += 1
    return examples


def _ruling(correction: Correction) -> Ruling:
    """Return the ruling that a correction asks for, without anybody who has looked at the comment.

    Raises
    ------
    NoLabel
        If it implies no label: one that calls a comment toxic may mean spam, and one that says of
        an attribute that it does not hold says nothing of the others.
    """
    ruling = ruling_of(correction)
    if ruling is None:
        raise NoLabel(NO_REASON)
    scores = correction.scores
    says_all = "toxicity" in scores or all(label.value in scores for label in FLAGGED)
    if ruling.outcome is Outcome.APPROVE and ruling.label is None and not says_all:
        raise NoLabel(PARTIAL)
    return ruling


def _sent(store: Store) -> Iterator[Sent]:
    """Yield the open corrections of trusted keys whose comments are at the desk, newest first."""
    with store.reading() as connection:
        known = [ApiKey.model_validate(record) for record in _records(connection)]
        trusted = {key.id for key in known if Scope.TEACH in key.scopes and key.revoked is None}
        first = (
            sa.select(sa.func.min(comments.c.id))
            .where(comments.c.text_key == corrections.c.text_key)
            .scalar_subquery()
        )
        chosen = (
            sa.select(corrections.c.record, corrections.c.key_id, first.label("number"))
            .where(IS_OPEN, corrections.c.key_id.in_(trusted))
            .order_by(corrections.c.made.desc(), corrections.c.id)
        )
        rows = [row for row in connection.execute(chosen) if row.number is not None]
    for start in range(0, len(rows), PAGE):
        with store.reading() as connection:
            for row in rows[start : start + PAGE]:
                correction = Correction.from_dict(row.record)
                comment = read_comment(connection, row.number)
                if comment.text is not None:
                    day = date.fromisoformat(correction.time[:10])
                    yield Sent(correction, row.key_id, day, comment)


def _records(connection: sa.Connection) -> Sequence[object]:
    return connection.scalars(sa.select(keys.c.record)).all()
