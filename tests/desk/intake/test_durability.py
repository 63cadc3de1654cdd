"""An acknowledged comment is there, whatever happened to the process afterwards."""

import gc
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from moderation.database.store import Store
from moderation.database.tables import audit, decisions, metadata
from moderation.desk import Desk
from moderation.desk.types import Filters, Outcome, Queue, Role, Ruling, User
from moderation.errors import DatabaseError
from tests.desk.conftest import person
from tests.desk.sending import sent

pytestmark = pytest.mark.slow

MODERATORS = 4


def start(url: str, name: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.desk.decisions.working", url, name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _read(one: "subprocess.Popen[str]", numbers: list[int]) -> None:
    assert one.stdout
    numbers.extend(map(int, one.stdout))


def test_moderators_killed_in_the_middle_lose_nothing_and_decide_nothing_twice(
    desk: Desk, url: str
) -> None:
    """Each acknowledged decision is there, each comment has one at most, the log has them all."""
    names = [f"user {place}" for place in range(MODERATORS)]
    for name in names:
        person(desk, name, Role.MODERATOR)
    desk.intake.take([sent(f"comment {place}", place / 2000) for place in range(2000)])
    acknowledged: list[int] = []
    running = [start(url, name) for name in names]
    readers = [threading.Thread(target=_read, args=(one, acknowledged)) for one in running]
    for reader in readers:
        reader.start()
    deadline = time.monotonic() + 60
    while len(acknowledged) < 100:
        assert time.monotonic() < deadline, "the moderators do not get on"
        time.sleep(0.01)
    for one in running:
        one.kill()
    for one, reader in zip(running, readers, strict=True):
        one.wait()
        reader.join()
        if one.stdout:
            one.stdout.close()
    with desk.store.reading() as connection:
        made = list(connection.scalars(sa.select(decisions.c.comment_id)))
        logged = list(connection.scalars(sa.select(audit.c.subject).where(audit.c.act == "decide")))
    assert len(set(acknowledged)) == len(acknowledged) >= 100
    assert len(set(made)) == len(made)
    assert set(acknowledged) <= set(made)
    assert sorted(logged) == sorted(f"comment {number}" for number in made)
    assert desk.queue.count(Filters(Queue.DECIDED)).number == len(made)
    waiting = desk.queue.count(Filters()).number
    assert waiting == 2000 - len(made)


def _execute(desk: Desk, statement: sa.Update | sa.Delete) -> None:
    desk.store.write(lambda connection: connection.execute(statement))


def test_the_log_can_be_neither_changed_nor_shortened(desk: Desk, admin: User) -> None:
    for statement in (audit.update().values(by="nobody"), audit.delete()):
        with pytest.raises(DatabaseError):
            _execute(desk, statement)
    assert [entry.act for entry in desk.audit.read(admin)] == ["user.add"]


def test_no_text_of_a_comment_reaches_the_log(desk: Desk, ana: User, admin: User) -> None:
    (number,) = desk.intake.take([sent("peculiar words", author="peculiar")])
    made = desk.decisions.decide(ana, number, Ruling(Outcome.APPROVE, note="peculiar"))
    desk.decisions.note(ana, number, "peculiar")
    desk.decisions.undo(ana, made.id)
    desk.retention.erase_author(admin, "peculiar")
    entries = desk.audit.read(admin)
    assert {entry.act for entry in entries} >= {"decide", "note", "undo", "erase"}
    assert "peculiar" not in str(entries)


def test_a_database_is_opened_by_several_at_once_and_made_once(bare_url: str) -> None:
    stores: list[Store] = []

    def start() -> None:
        stores.append(Store.open(bare_url))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 4
    for store in stores:
        with store.reading() as connection:
            found = set(sa.inspect(connection).get_table_names())
            versions = connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all()
        assert set(metadata.tables) <= found
        assert len(versions) == 1
        store.close()


def test_a_database_of_a_later_version_is_left_alone(desk: Desk, url: str) -> None:
    later = sa.text("UPDATE alembic_version SET version_num = '9999'")
    desk.store.write(lambda connection: connection.execute(later))
    with pytest.raises(DatabaseError, match="later version"):
        Store.open(url)


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "nonsense", "sqlite:///:memory:"])
def test_what_is_no_database_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(DatabaseError, match="sqlite:///PATH"):
        Store.open(url)


# The driver complains of a connection that it never had.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(DatabaseError) as told:
        Store.open("postgresql://me:secret@127.0.0.1:1/none")
    assert "secret" not in str(told.value)
    del told
    gc.collect()


def test_a_database_is_its_owners_alone(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path / 'new' / 'desk.db'}").close()
    assert (tmp_path / "new" / "desk.db").stat().st_mode & 0o777 == 0o600
