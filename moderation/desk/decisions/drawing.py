"""The draw of decided comments that a second moderator judges again.

A comment's place in the draw is a hash of its number and of a secret of the desk's: nobody chooses
it, nobody foresees it, and it stays the same when the comment is decided anew. A decision on a
comment whose place is below the share that leads have set is drawn as it is made.
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from moderation.database.desk_tables import desk_settings
from moderation.database.store import insert_into
from moderation.database.tables import comments, now
from moderation.database.work_tables import second_reviews
from moderation.desk.types import Queue

SETTING = "second_review"
PLACES = 10_000
"""Places of the draw: a hundred for each percent."""


class Draw(NamedTuple):
    """The share of decided comments that are drawn, in percent, and the secret of the draw."""

    share: float = 0.0
    secret: str = ""

    @property
    def limit(self) -> int:
        """The first place that is not drawn."""
        return round(self.share * PLACES / 100)

    def place(self, comment_id: int) -> int:
        """Return the place of a comment, from 0 to `PLACES` - 1."""
        digest = hashlib.sha256(f"{self.secret}:{comment_id}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % PLACES


def read_draw(connection: sa.Connection) -> Draw:
    """Return the draw as leads have set it; nothing is drawn before that."""
    value = connection.scalar(
        sa.select(desk_settings.c.value).where(desk_settings.c.name == SETTING)
    )
    return Draw(**value) if value else Draw()


def set_share(connection: sa.Connection, share: float) -> Draw:
    """Set the share, in percent, and return the draw as it was."""
    before = read_draw(connection)
    after = before._replace(share=share, secret=before.secret or secrets.token_hex(16))
    connection.execute(
        insert_into(connection, desk_settings)
        .values(name=SETTING, value=after._asdict())
        .on_conflict_do_update(index_elements=["name"], set_={"value": after._asdict()})
    )
    return before


def draw(connection: sa.Connection, comment_id: int, decision_id: int) -> None:
    """Draw a comment that has just been decided, if its place is below the share."""
    settings = read_draw(connection)
    place = settings.place(comment_id)
    if place < settings.limit:
        connection.execute(
            second_reviews.insert().values(
                comment_id=comment_id, decision_id=decision_id, draw=place, drawn=now(), note=""
            )
        )


def drop_draws(connection: sa.Connection, undone: Collection[int]) -> None:
    """Drop what was drawn of undone decisions and was not judged again."""
    which = second_reviews.c.decision_id.in_(undone)
    connection.execute(second_reviews.delete().where(which, second_reviews.c.made.is_(None)))


def reopen_disagreements(connection: sa.Connection, undone: Collection[int]) -> Sequence[int]:
    """Open the disagreements again that undone decisions had settled; return their comments."""
    return connection.scalars(
        second_reviews.update()
        .where(second_reviews.c.settling_id.in_(undone))
        .values(settled=None, settled_by=None, settled_as=None, settling_id=None)
        .returning(second_reviews.c.comment_id)
    ).all()


def decision_stands() -> sa.ColumnElement[bool]:
    """Return the condition that the decision judged again stands and waits for nobody.

    It does not where it was undone or decided anew, where the comment was edited or withdrawn, and
    while a flag or an appeal brings it back.
    """
    return sa.and_(
        comments.c.decision_id == second_reviews.c.decision_id,
        comments.c.queue == Queue.DECIDED.value,
        comments.c.latest,
        comments.c.key.is_not(None),
    )
