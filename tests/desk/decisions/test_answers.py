"""The desk when the database is busy, gone, or its answer gets lost."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from moderation.database import store as stores
from moderation.database.engine import make_engine, plain_address
from moderation.database.store import Store
from moderation.database.tables import audit
from moderation.desk import Desk
from moderation.desk.types import Filters, Outcome, Ruling, User
from moderation.errors import DatabaseError, Unanswered
from tests.desk.sending import sent


@contextmanager
def lost_answer(desk: Desk, url: str) -> Iterator[None]:
    """Let the server end the connection after the next COMMIT, before it is known here."""
    if desk.store.sqlite:
        pytest.skip("SQLite has no connection that could break")
    dialect: Any = desk.store.engine.dialect
    commit, left = dialect.do_commit, [1]
    other = sa.create_engine(sa.make_url(url), isolation_level="AUTOCOMMIT")

    def lose(raw: Any) -> None:
        connected = raw.driver_connection
        number = connected.info.backend_pid
        commit(raw)
        if left.pop() if left else 0:
            with other.connect() as connection:
                connection.execute(sa.select(sa.func.pg_terminate_backend(number, 5_000)))
            connected.execute("SELECT 1")

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dialect, "do_commit", lose)
            yield
    finally:
        other.dispose()
    assert not left, "nothing was written"


def test_a_decision_whose_answer_was_lost_is_made_once_and_given(
    desk: Desk, url: str, ana: User
) -> None:
    (number,) = desk.intake.take([sent("a")])
    with lost_answer(desk, url):
        made = desk.decisions.decide(ana, number, Ruling(Outcome.APPROVE))
    assert desk.queue.get(number).decisions == (made,)


def test_the_next_comment_is_given_though_the_answer_was_lost(
    desk: Desk, url: str, ana: User
) -> None:
    (number,) = desk.intake.take([sent("a")])
    with lost_answer(desk, url):
        comment = desk.queue.next(ana, Filters())
    assert comment is not None
    assert comment.id == number


def test_what_would_be_done_twice_is_told_to_be_unknown(desk: Desk, url: str, ana: User) -> None:
    """Neither a note nor an undoing is done again behind anybody's back."""
    (number,) = desk.intake.take([sent("a")])
    with lost_answer(desk, url), pytest.raises(Unanswered):
        desk.decisions.note(ana, number, "once")
    assert len(desk.queue.get(number).notes) == 1
    made = desk.decisions.decide(ana, number, Ruling(Outcome.APPROVE))
    with lost_answer(desk, url), pytest.raises(Unanswered):
        desk.decisions.undo(ana, made.id)
    assert desk.queue.get(number).line.decision is None


def test_many_at_once_are_counted_right_though_an_answer_was_lost(
    desk: Desk, url: str, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.desk.decisions.bulk.CHUNK", 2)
    numbers = desk.intake.take([sent(f"comment {place}") for place in range(5)])
    write, calls = desk.store.write, []

    def losing(act: Any, **options: Any) -> Any:
        calls.append(act)
        if len(calls) != 2:  # the first chunk
            return write(act, **options)
        with lost_answer(desk, url):
            return write(act, **options)

    monkeypatch.setattr(Store, "write", lambda _, act, **options: losing(act, **options))
    assert desk.bulk.apply(lead, Filters(), max(numbers), Outcome.APPROVE).count == 5


def test_a_connection_that_breaks_before_the_end_is_tried_again(
    desk: Desk, url: str, ana: User
) -> None:
    if desk.store.sqlite:
        pytest.skip("SQLite has no connection that could break")
    other = sa.create_engine(sa.make_url(url), isolation_level="AUTOCOMMIT")
    calls = []

    def act(connection: sa.Connection) -> int:
        calls.append(1)
        if len(calls) == 1:
            number = connection.scalar(sa.select(sa.func.pg_backend_pid()))
            with other.connect() as killer:
                killer.execute(sa.select(sa.func.pg_terminate_backend(number, 5_000)))
        return connection.scalar(sa.select(1)) or 0

    assert desk.store.write(act) == 1
    assert len(calls) == 2
    other.dispose()


def test_an_error_tells_neither_the_address_nor_a_text(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(DatabaseError) as told:
        desk.store.write(
            lambda connection: connection.execute(audit.insert(), [{"id": 1, "by": "peculiar"}])
        )
    assert told.value.where == "setting database"
    assert "peculiar" not in f"{told.value}{caplog.text}"
    assert str(desk.store.engine.url.database) not in str(told.value.to_dict())


def test_a_value_that_no_column_takes_is_told_without_it(desk: Desk) -> None:
    with pytest.raises(DatabaseError, match="AttributeError") as told:
        desk.store.write(
            lambda connection: connection.execute(
                audit.insert().values(made="peculiar", by="", act="", subject="", details={})
            )
        )
    assert "peculiar" not in str(told.value)


def test_the_log_has_the_address_without_password_and_query() -> None:
    url = sa.make_url("postgresql://me:secret@host/name?password=other&sslmode=require")
    assert plain_address(url) == "postgresql://me:***@host/name"


def test_when_all_connections_are_taken_the_database_is_told_to_be_busy(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("POOL", "BUSY_SECONDS"):
        monkeypatch.setattr(f"moderation.database.engine.{name}", 1)
    desk = Desk.open(url)
    with desk.store.reading(), desk.store.reading(), pytest.raises(DatabaseError, match="Timeout"):
        desk.queue.counts()
    desk.close()


def test_nobody_waits_for_a_turn_for_ever(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk.open(f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setattr(stores, "MAX_SECONDS", 0.05)
    desk.store._write_lock.acquire()
    with pytest.raises(DatabaseError, match="busy"):
        desk.intake.take([sent("a")])
    desk.close()


def test_the_log_cannot_be_replaced(desk: Desk, admin: User) -> None:
    """Not even by SQLite's own way, which deletes without telling."""
    (entry,) = desk.audit.read(admin)
    statement = "INSERT OR REPLACE INTO" if desk.store.sqlite else "INSERT INTO"
    value = f"{statement} audit VALUES ({entry.id}, 1, 'nobody', 'x', 'y', '{{}}')"
    with pytest.raises(DatabaseError):
        desk.store.write(lambda connection: connection.execute(sa.text(value)))
    engine = make_engine(desk.store.engine.url.render_as_string(hide_password=False))
    engine.dispose()
    assert desk.audit.read(admin) == [entry]
