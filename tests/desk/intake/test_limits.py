"""The time a database may take, and the cost of a broken connection."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from moderation.database import engine as engines
from moderation.database import engine as upgrade
from moderation.database.engine import LIMITS
from moderation.database.erasure import vacuum
from moderation.desk import Desk
from moderation.desk.accounts.login import hash_password
from moderation.desk.types import Filters
from moderation.errors import Unavailable
from tests.desk.conftest import PASSWORD
from tests.desk.sending import sent


@pytest.fixture
def desk(url_of_postgres: str) -> Iterator[Desk]:
    """Give an empty desk on PostgreSQL."""
    desk = Desk.open(url_of_postgres)
    yield desk
    desk.close()


def limit(connection: sa.Connection, name: str) -> int:
    number = sa.text("SELECT setting FROM pg_settings WHERE name = :name")
    return int(str(connection.scalar(number, {"name": name})))


def test_each_connection_has_limits_and_what_sweeps_has_none(desk: Desk) -> None:
    with desk.store.reading() as connection:
        assert {name: limit(connection, name) for name in LIMITS} == LIMITS
    found = desk.store.autocommit(lambda connection: limit(connection, "statement_timeout"))
    assert found == 0
    assert vacuum(desk.store)
    with desk.store.reading() as connection:
        assert limit(connection, "statement_timeout") == LIMITS["statement_timeout"]


def test_a_statement_that_takes_too_long_is_ended_and_said_so(
    url_of_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "statement_timeout", 50)
    desk = Desk.open(url_of_postgres)
    desk.intake.take([sent("before")])
    with (
        pytest.raises(Unavailable, match="took too long"),
        desk.store.reading() as connection,
    ):
        connection.execute(sa.text("SELECT pg_sleep(30)"))
    desk.intake.take([sent("after")])
    assert desk.queue.count(Filters()).number == 2
    desk.close()


def test_whoever_waits_for_a_lock_is_told_so(
    url_of_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "lock_timeout", 20)
    monkeypatch.setattr("moderation.database.store.TRIES", 2)
    desk, other = Desk.open(url_of_postgres), Desk.open(url_of_postgres)

    def hold(connection: sa.Connection) -> None:
        connection.execute(sa.text("LOCK TABLE comments"))
        with pytest.raises(Unavailable, match="locked"):
            desk.intake.take([sent("kept out")])

    other.store.write(hold)
    desk.intake.take([sent("let in")])
    assert desk.queue.count(Filters()).number == 1
    desk.close()
    other.close()


def test_what_is_only_looked_at_is_asked_once_more_where_the_connection_breaks(
    desk: Desk, url_of_postgres: str
) -> None:
    """In the middle of looking; a second time it is said."""
    desk.intake.take([sent("a"), sent("b")])
    count = sa.text("SELECT count(*) FROM comments")
    other = sa.create_engine(sa.make_url(url_of_postgres), isolation_level="AUTOCOMMIT")

    def end(connection: sa.Connection) -> None:
        number = connection.scalar(sa.text("SELECT pg_backend_pid()"))
        with other.connect() as killer:
            killer.execute(sa.select(sa.func.pg_terminate_backend(number, 5_000)))

    with desk.store.reading() as connection:
        assert connection.scalar(count) == 2
        end(connection)
        assert connection.execute(count).scalar() == 2
        assert connection.scalars(count).all() == [2]

    def twice(connection: sa.Connection) -> None:
        end(connection)
        end(connection)
        connection.scalar(count)

    with pytest.raises(Unavailable), desk.store.reading() as connection:
        twice(connection)
    with desk.store.reading() as connection:
        assert connection.scalar(count) == 2
    other.dispose()


def test_what_the_url_says_of_a_connection_holds() -> None:
    made = engines.make_engine("postgresql://me@host/name?connect_timeout=3&keepalives_idle=7")
    _, given = made.dialect.create_connect_args(made.url)
    assert (given["connect_timeout"], given["keepalives_idle"]) == ("3", "7")
    made.dispose()


def test_a_desk_that_another_program_keeps_locked_is_opened_and_read(
    sqlite_file: Path, tmp_path: Path
) -> None:
    file = shutil.copy(sqlite_file, tmp_path / "desk.db")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        opened = Desk.open(f"sqlite:///{file}")
        assert opened.queue.count(Filters()).number == 0
        opened.close()


def test_a_database_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    """With what is in it: users who sign in, and comments that come again."""
    file = tmp_path / "old.db"
    engine = engines.make_engine(f"sqlite:///{file}")
    config = upgrade._alembic_config()
    with engine.connect() as connection:
        writing = connection.execution_options(writes=True)
        with writing.begin():
            config.attributes["connection"] = writing
            command.upgrade(config, "0001")
            writing.exec_driver_sql(
                "INSERT INTO users (name, folded, role, password, disabled, created) "
                "VALUES ('Ana', 'ana', 'admin', ?, 0, 0)",
                (hash_password(PASSWORD),),
            )
            writing.exec_driver_sql(
                "INSERT INTO tries (name, number, latest) VALUES ('x', 3, 9000000000000000)"
            )
    engine.dispose()
    before = shutil.copy(file, tmp_path / "before.db")
    desk = Desk.open(f"sqlite:///{file}")
    assert desk.accounts.sign_in("Ana", PASSWORD).user.name == "Ana"
    desk.intake.take([sent("a")])
    desk.close()
    with sqlite3.connect(before) as old, sqlite3.connect(file) as new:
        count = "SELECT count(*) FROM tries"
        assert new.execute(count).fetchone()[0] >= old.execute(count).fetchone()[0] == 1
    old.close()
    new.close()
