"""Sketches that an earlier version kept are brought up to date, and none is lost."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from moderation.database.migrations.versions.v0004_sketches import upgrade
from moderation.database.tables import bands, texts
from moderation.desk import Desk
from moderation.desk.types import Outcome, Ruling, User
from moderation.text.near_duplicates import bands_of, shingles_of
from tests.desk.sending import sent

OLD = 1_200
"""Comments, more than are read at a time."""


def kept(desk: Desk) -> dict[int, set[int]]:
    """Return the sketch of each comment."""
    found: dict[int, set[int]] = {}
    with desk.store.reading() as connection:
        for row in connection.execute(sa.select(bands)):
            found.setdefault(row.comment_id, set()).add(row.hash)
    return found


def test_the_sketches_of_an_earlier_version_are_made_anew(ana: User, desk: Desk) -> None:
    base = "they should all go back to where their fathers came from"
    (asked,) = desk.intake.take([sent(base)])
    (decided,) = desk.intake.take([sent(f"{base} now")])
    numbers = desk.intake.take([sent(f"comment {place}") for place in range(OLD)])
    desk.decisions.decide(ana, decided, Ruling(Outcome.APPROVE))

    def age(connection: sa.Connection) -> None:
        connection.execute(bands.delete())
        connection.execute(
            bands.insert(), [{"hash": number, "comment_id": number} for number in numbers]
        )

    def make_anew(connection: sa.Connection) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            upgrade()

    desk.store.write(age)
    assert desk.queue.similar(desk.queue.get(asked)) == []
    desk.store.write(make_anew)
    with desk.store.reading() as connection:
        written = {row.id: row.text for row in connection.execute(sa.select(texts))}
    assert len(written) == OLD + 2
    assert kept(desk) == {
        number: set(bands_of(shingles_of(text))) for number, text in written.items()
    }
    (similar,) = desk.queue.similar(desk.queue.get(asked))
    assert similar.line.id == decided
