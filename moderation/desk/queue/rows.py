"""Comments and decisions, read from rows of the tables."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from moderation.database.site_tables import appeals, escalations, flags
from moderation.database.tables import (
    IS_OPEN,
    UNJUDGED,
    comments,
    corrections,
    decisions,
    holds,
    keys,
    notes,
    now,
    texts,
    users,
)
from moderation.desk.errors import NoSuchThing
from moderation.desk.types import (
    ERASED,
    EXCERPT,
    SUPERSEDED,
    Appeal,
    Comment,
    CommentRow,
    CorrectionState,
    Decision,
    EarlierText,
    Escalation,
    Note,
    Outcome,
    Queue,
    ReaderFlag,
    ReceivedCorrection,
    RejectionReason,
    Ruling,
)
from moderation.service.intake import Correction
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.verdict import Action, Span, Verdict

MAX_CORRECTIONS = 20
"""Corrections of a comment that are shown."""
MAX_FLAGS, MAX_EARLIER = 20, 5
"""Flags and earlier texts of a comment that are shown."""
SETTLED = frozenset({Queue.DECIDED.value, ERASED, SUPERSEDED})
"""The states of comments that nobody is to decide on."""
_holder = users.alias("holder")

DECISIONS = (
    sa.select(decisions, users.c.name.label("by"))
    .select_from(decisions.join(users, users.c.id == decisions.c.user_id))
    .order_by(decisions.c.id)
)
"""The query of decisions, each with the name of the user who made it."""


def read_comment_rows(connection: sa.Connection, numbers: Sequence[int]) -> list[CommentRow]:
    """Return the list entries of some comments, in the order of `numbers`."""
    excerpt = sa.func.substr(texts.c.text, 1, EXCERPT).label("excerpt")
    held = sa.and_(holds.c.comment_id == comments.c.id, holds.c.until > now())
    chosen = (
        sa.select(comments, excerpt, _holder.c.name.label("held_by"))
        .select_from(
            comments.outerjoin(texts, texts.c.id == comments.c.id)
            .outerjoin(holds, held)
            .outerjoin(_holder, _holder.c.id == holds.c.user_id)
        )
        .where(comments.c.id.in_(numbers))
    )
    rows = connection.execute(chosen).all()
    made = [row.decision_id for row in rows if row.decision_id is not None]
    by_id = {
        decision.id: decision
        for decision in read_decisions(connection, decisions.c.id.in_(made), made)
    }
    counts = _open_corrections(connection, {row.text_key for row in rows if row.text_key})
    comment_rows = {
        row.id: _comment_row(row, by_id.get(row.decision_id), counts.get(row.text_key, 0))
        for row in rows
    }
    return [comment_rows[number] for number in numbers if number in comment_rows]


def read_comment(connection: sa.Connection, number: int) -> Comment:
    """Return a comment with its notes and decisions.

    Raises
    ------
    NoSuchThing
    """
    lines = read_comment_rows(connection, [number])
    if not lines:
        raise NoSuchThing("There is no such comment.", where=f"comment {number}")
    row = connection.execute(sa.select(comments).where(comments.c.id == number)).one()
    text = connection.execute(sa.select(texts).where(texts.c.id == number)).one_or_none()
    note_rows = connection.execute(
        sa.select(notes.c.text, notes.c.made, users.c.name)
        .join(users, users.c.id == notes.c.user_id)
        .where(notes.c.comment_id.in_(_up_to(row)))
        .order_by(notes.c.id)
    )
    verdict = Verdict(
        label=label_of(row.label),
        action=Action(row.action),
        scores=scores_of(row, row.label),
        model=row.model,
        spans=spans_of(text.spans) if text else (),
        targets=tuple(row.targets),
        reasons=tuple(row.reasons),
        language=row.language,
    )
    return Comment(
        line=lines[0],
        text=text.text if text else None,
        verdict=verdict,
        external_id=row.external_id,
        community=row.community,
        parent=text.parent if text else None,
        article=text.article if text else None,
        notes=tuple(Note(note.name, note.text, note.made) for note in note_rows),
        decisions=tuple(read_decisions(connection, decisions.c.comment_id == number, [number])),
        corrections=read_corrections(connection, row.text_key) if row.text_key else (),
        revision=row.revision,
        escalations=_escalations(connection, number),
        **_of_site(connection, row),
    )


def _up_to(row: Any) -> sa.Select[int] | list[int]:
    """Return the numbers of a comment's revisions up to this one: a note outlives an edit."""
    if row.site_key is None:
        return [row.id]
    same = comments.c.site_key == row.site_key
    return sa.select(comments.c.id).where(same, comments.c.revision <= row.revision)


def _escalations(connection: sa.Connection, number: int) -> tuple[Escalation, ...]:
    chosen = (
        sa.select(users.c.name, escalations.c.made, escalations.c.decision_id.is_not(None))
        .join(users, users.c.id == escalations.c.user_id)
        .where(escalations.c.comment_id == number)
        .order_by(escalations.c.id)
    )
    return tuple(Escalation(*each) for each in connection.execute(chosen))


def _of_site(connection: sa.Connection, row: Any) -> dict[str, Any]:
    """Return the fields of a comment that only those of sites have."""
    if row.site_key is None:
        return {}
    same = comments.c.site_key == row.site_key
    latest = sa.select(comments.c.id).where(same, comments.c.latest)
    earlier = (
        sa.select(comments.c.id, comments.c.revision, texts.c.text)
        .outerjoin(texts, texts.c.id == comments.c.id)
        .where(same, comments.c.revision < row.revision)
        .order_by(comments.c.revision.desc())
        .limit(MAX_EARLIER)
    )
    flagged = (
        sa.select(flags.c.reason, flags.c.made)
        .where(flags.c.comment_id == row.id)
        .order_by(flags.c.made.desc())
        .limit(MAX_FLAGS)
    )
    appealed = (
        sa.select(appeals.c.statement, appeals.c.made, appeals.c.decision_id.is_not(None))
        .where(appeals.c.comment_id == row.id)
        .order_by(appeals.c.id)
    )
    return {
        "latest": None if row.latest else connection.scalar(latest),
        "earlier": tuple(EarlierText(*each) for each in connection.execute(earlier)),
        "reader_flags": tuple(ReaderFlag(*each) for each in connection.execute(flagged)),
        "appeals": tuple(Appeal(*each) for each in connection.execute(appealed)),
    }


def read_corrections(connection: sa.Connection, text_key: str) -> tuple[ReceivedCorrection, ...]:
    """Return the corrections of a text: the open ones first, then the newest, up to a limit."""
    name = keys.c.record["name"].as_string().label("key_name")
    chosen = (
        sa.select(corrections, name, users.c.name.label("by"))
        .outerjoin(keys, keys.c.id == corrections.c.key_id)
        .outerjoin(users, users.c.id == corrections.c.settled_by)
        .where(corrections.c.text_key == text_key)
        .order_by(
            sa.case((IS_OPEN, 0), else_=1),
            corrections.c.made.desc(),
            corrections.c.id,
        )
        .limit(MAX_CORRECTIONS)
    )
    return tuple(
        ReceivedCorrection(
            id=row.id,
            correction=Correction.from_dict(row.record),
            key_name=row.key_name or row.key_id,
            time=row.made,
            state=CorrectionState(row.state),
            by=row.by,
        )
        for row in connection.execute(chosen)
    )


def _open_corrections(connection: sa.Connection, text_keys: Collection[str]) -> dict[str, int]:
    """Return the numbers of open corrections of texts."""
    chosen = (
        sa.select(corrections.c.text_key, sa.func.count().label("number"))
        .where(corrections.c.text_key.in_(text_keys), IS_OPEN)
        .group_by(corrections.c.text_key)
    )
    return {row.text_key: row.number for row in connection.execute(chosen)}


def label_of(stored: str) -> Label | None:
    """Return the label that a row has, None for a comment that was not judged."""
    return None if stored == UNJUDGED else Label(stored)


def scores_of(row: Any, stored: str) -> dict[str, float]:
    """Return the scores of a row with a label; none for a comment that was not judged."""
    if label_of(stored) is None:
        return {}
    return {name: getattr(row, f"score_{name}") for name in ATTRIBUTE_NAMES}


def read_decisions(
    connection: sa.Connection, condition: sa.ColumnElement[bool], numbers: Sequence[object]
) -> list[Decision]:
    """Return the decisions that fulfil a condition on some numbers, oldest first.

    Without numbers it makes no query.
    """
    if not numbers:
        return []
    return [decision_of(row) for row in connection.execute(DECISIONS.where(condition))]


def decision_of(row: Any) -> Decision:
    """Return the decision of a row of `DECISIONS`."""
    return Decision(
        id=row.id,
        comment_id=row.comment_id,
        by=row.by,
        ruling=replace(
            ruling_of_row(row), note_for_author=row.for_author, author_text=row.author_text
        ),
        time=row.made,
        bulk_id=row.bulk_id,
        undone=row.undone,
    )


def ruling_of_row(row: Any) -> Ruling:
    """Return the ruling of a row of `decisions`, or of `second_reviews`."""
    return Ruling(
        outcome=Outcome(row.outcome),
        reason=row.reason and RejectionReason(row.reason),
        label=row.label and Label(row.label),
        attributes=row.attributes or {},
        targets=None if row.targets is None else tuple(row.targets),
        spans=None if row.spans is None else spans_of(row.spans),
        note=row.note,
        token=row.token,
    )


def spans_of(records: Sequence[dict[str, Any]]) -> tuple[Span, ...]:
    """Return the spans of records that `Span.to_dict` made."""
    return tuple(Span(**record) for record in records)


def _comment_row(row: Any, decision: Decision | None, corrected: int) -> CommentRow:
    return CommentRow(
        id=row.id,
        excerpt=row.excerpt or "",
        length=row.length,
        label=label_of(row.label),
        language=row.language,
        action=Action(row.action),
        attribute=row.attribute,
        worst=row.worst,
        uncertainty=row.uncertainty,
        received=row.received,
        source=row.source,
        page=row.page,
        title=row.title,
        author=row.author,
        flags=row.flags,
        times=row.times,
        targets=tuple(row.targets),
        erased=row.key is None,
        held_by=row.held_by,
        decision=decision,
        corrections=corrected,
        waits=row.queue not in SETTLED,
        state=row.queue,
        scores=scores_of(row, row.label),
    )
