"""Revisions: the texts that a comment of a site has had, of which the latest is decided on."""

from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.site_tables import escalations
from moderation.database.tables import comments, holds, texts
from moderation.desk.intake.records import CommentRows, insert_comments, searched_of
from moderation.desk.types import ALLOWED, SUPERSEDED, Queue
from moderation.verdict import Action

FIELDS = ("page", "title", "author", "community", "replies")
"""The columns that a later call may fill in, or change, without an edit of the text."""


class Kept(NamedTuple):
    """A comment as it is kept: the number of its latest revision, and whether that is new."""

    number: int
    is_new: bool


def keep_revision(
    connection: sa.Connection, rows: CommentRows, *, allowed_too: bool = False
) -> Kept | None:
    """Keep a comment of a site: as it is known, as an edit of it, or as a new one.

    The same text again leaves it where it is, except that one which was allowed comes to a queue
    when its policy does not allow it any more. Another text is a new revision: the earlier one
    leaves its queue, and its decisions stay with it. If a lead was asked to decide, the new
    text waits for the leads too, whatever the policy makes of it.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    rows : CommentRows
        With a `site_key`.
    allowed_too : bool
        Whether a comment that the policy allows is kept though it is not known.

    Returns
    -------
    Kept or None
        None where it is not kept.
    """
    is_allowed = _is_allowed(rows)
    while True:
        latest = lock_latest(connection, rows.site_key)
        if latest is None and is_allowed and not allowed_too:
            return None
        if latest is not None and latest.text_key == rows.comment["text_key"]:
            _meet_again(connection, latest, rows)
            return Kept(latest.id, is_new=False)
        if latest is not None:
            supersede(connection, latest)
        number = latest.revision + 1 if latest else 1
        comment = rows.comment | {"revision": number, "key": f"{rows.key}.{number}"}
        for_leads = latest is not None and latest.queue == Queue.LEADS
        if for_leads:
            comment["queue"] = Queue.LEADS.value
        elif is_allowed:
            comment["queue"] = ALLOWED
        new = rows._replace(key=comment["key"], comment=comment)
        for inserted in insert_comments(connection, {new.key: new}).values():
            if for_leads:
                _ask_leads_again(connection, latest.id, inserted)
            return Kept(inserted, is_new=True)
        # Somebody else has just inserted the first revision.


def lock_latest(connection: sa.Connection, key: str | None) -> Any:
    """Lock the latest revision of a comment until the transaction ends; None if there is none."""
    return connection.execute(
        sa.select(comments).where(comments.c.site_key == key, comments.c.latest).with_for_update()
    ).one_or_none()


def supersede(connection: sa.Connection, latest: Any) -> None:
    """Take a locked revision out of its queue for a later one, and end the hold of it."""
    undecided = latest.decision_id is None
    # One that waits once more, for a flag or an appeal, is as it was decided.
    queue = SUPERSEDED if undecided else Queue.DECIDED.value
    connection.execute(
        comments.update()
        .where(comments.c.id == latest.id)
        .values(latest=False, queue=queue if latest.key else latest.queue)
    )
    connection.execute(holds.delete().where(holds.c.comment_id == latest.id))


def _ask_leads_again(connection: sa.Connection, earlier: int, later: int) -> None:
    """Let what leads were asked about a revision be asked about a later one."""
    connection.execute(
        escalations.update()
        .where(escalations.c.comment_id == earlier, escalations.c.decision_id.is_(None))
        .values(comment_id=later)
    )


def _is_allowed(rows: CommentRows) -> bool:
    return rows.comment["action"] == Action.ALLOW.value and not rows.comment["flags"]


def _meet_again(connection: sa.Connection, latest: Any, rows: CommentRows) -> None:
    values = {name: rows.comment[name] for name in FIELDS if rows.comment[name]}
    if latest.queue == ALLOWED and not _is_allowed(rows):
        verdict = {
            name: value
            for name, value in rows.comment.items()
            if name.startswith("score_")
            or name in {"action", "queue", "label", "language", "attribute", "worst", "uncertainty"}
            or name in {"targets", "reasons", "model", "flags"}
        }
        values |= verdict
        connection.execute(
            texts.update().where(texts.c.id == latest.id).values(spans=rows.text["spans"])
        )
    if any(values.get(name, known) != known for name, known in _named(latest).items()):
        searched = searched_of(rows.text["text"], _named(latest) | values)
        connection.execute(texts.update().where(texts.c.id == latest.id).values(searched=searched))
    if values:
        connection.execute(comments.update().where(comments.c.id == latest.id).values(values))


def _named(row: Any) -> dict[str, str | None]:
    """Return the columns that are searched with the text."""
    return {"title": row.title, "author": row.author, "external_id": row.external_id}
