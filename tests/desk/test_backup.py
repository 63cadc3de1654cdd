"""Backups: whole, whatever is decided meanwhile, and put back without losing what was there."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from moderation.cli import main
from moderation.database.backup import back_up, restore
from moderation.database.tables import audit, decisions
from moderation.desk import Desk
from moderation.desk.types import (
    Filters,
    Outcome,
    Queue,
    RejectionReason,
    Role,
    Ruling,
    Section,
    SectionField,
)
from moderation.errors import DatabaseError
from tests.desk.conftest import person
from tests.desk.sending import sent

COMMENTS = 400
ROUNDS = 5

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def file(sqlite_file: Path, tmp_path: Path) -> Path:
    """Give the file of an empty desk."""
    return Path(shutil.copy(sqlite_file, tmp_path / "desk.db"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a way to run a command of the desk; it returns the status and what was said."""

    def command(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["moderation", "desk", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return int(ended.value.code or 0), out + err

    return command


def url_of(file: Path) -> str:
    return f"sqlite:///{file}"


def texts_in(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        number: int = connection.execute("SELECT count(*) FROM texts").fetchone()[0]
        return number


def test_a_backup_made_while_people_decide_has_all_that_was_acknowledged_before_it(
    file: Path, tmp_path: Path
) -> None:
    """And what it has is whole: each decision with its entry in the log, each comment once."""
    desk = Desk.open(url_of(file))
    person(desk, "Ana", Role.MODERATOR)
    desk.intake.take([sent(f"comment {place}", place / 2000) for place in range(COMMENTS)])
    command = [sys.executable, "-m", "tests.desk.decisions.working", url_of(file), "Ana"]
    acknowledged: list[int] = []
    seen: list[set[int]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as working:
        assert working.stdout
        acknowledged.append(int(working.stdout.readline()))
        lines = working.stdout
        reader = threading.Thread(target=lambda: acknowledged.extend(map(int, lines)))
        reader.start()
        for place in range(ROUNDS):
            before = set(acknowledged)
            back_up(url_of(file), tmp_path / f"copy{place}.db")
            seen.append(before)
        working.kill()
        reader.join()
    desk.close()
    for place, before in enumerate(seen):
        target = tmp_path / f"restored{place}.db"
        restore(tmp_path / f"copy{place}.db", url_of(target), replace=False)
        assert target.stat().st_mode & 0o777 == 0o600
        copy = Desk.open(url_of(target))
        with copy.store.reading() as connection:
            made = list(connection.scalars(sa.select(decisions.c.comment_id)))
            which = audit.c.act == "decide"
            logged = list(connection.scalars(sa.select(audit.c.subject).where(which)))
        assert before <= set(made)
        assert len(set(made)) == len(made)
        assert sorted(logged) == sorted(f"comment {number}" for number in made)
        assert copy.queue.count(Filters(Queue.DECIDED)).number == len(made)
        assert copy.queue.count(Filters()).number == COMMENTS - len(made)
        copy.close()


def test_second_reviews_and_sections_are_in_a_backup(file: Path, tmp_path: Path) -> None:
    desk = Desk.open(url_of(file))
    ana, bo = (person(desk, name, Role.MODERATOR) for name in ("Ana", "Bo"))
    lead = person(desk, "Lin", Role.LEAD)
    desk.second_reviews.set_share(lead, 100)
    desk.assignments.assign(lead, "Ana", Section(SectionField.COMMUNITY, "sport"))
    (number,) = desk.intake.take([sent("a comment")])
    desk.decisions.decide(ana, number, Ruling(Outcome.APPROVE))
    review = desk.second_reviews.next(bo)
    assert review
    desk.second_reviews.review(bo, review.id, Ruling(Outcome.REJECT, RejectionReason.SPAM))
    expected = (desk.disagreements.to_settle(lead), desk.assignments.all(lead))
    desk.close()
    back_up(url_of(file), tmp_path / "copy.db")
    restore(tmp_path / "copy.db", url_of(file), replace=True)
    copy = Desk.open(url_of(file))
    assert (copy.disagreements.to_settle(lead), copy.assignments.all(lead)) == expected
    assert copy.second_reviews.share() == 100
    copy.close()


def test_the_commands_copy_and_put_back(
    file: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, other = tmp_path / "backups" / "copy.db", tmp_path / "other.db"
    desk = Desk.open(url_of(file))
    desk.intake.take([sent("kept")])
    status, said = run("backup", copy, "--database", url_of(file))
    assert (status, f"bytes in {copy}" in said) == (0, True)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in copy.parent.iterdir()] == [copy.name]
    desk.intake.take([sent("later")])
    desk.close()
    assert run("restore", copy, "--database", url_of(other))[0] == 0
    assert texts_in(other) == 1
    status, said = run("restore", copy, "--database", url_of(file))
    assert status == 1
    assert "--replace" in said
    assert texts_in(file) == 2
    assert run("restore", copy, "--replace", "--database", url_of(file))[0] == 0
    assert texts_in(file) == 1
    other.unlink()
    with copy.open(encoding="latin-1") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert run("restore", "-", "--database", url_of(other))[0] == 0
    assert texts_in(other) == 1
    assert sorted(one.name for one in tmp_path.glob("*")) == ["backups", "desk.db", "other.db"]


def test_a_desk_that_somebody_has_open_is_not_replaced(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    back_up(url_of(file), copy)
    desk = Desk.open(url_of(file))
    desk.intake.take([sent("there")])
    with pytest.raises(DatabaseError, match="open"):
        restore(copy, url_of(file), replace=True)
    desk.intake.take([sent("and there")])
    desk.close()
    assert texts_in(file) == 2
    restore(copy, url_of(file), replace=True)
    assert texts_in(file) == 0


def test_what_is_no_whole_backup_of_a_desk_is_refused_and_changes_nothing(
    file: Path, tmp_path: Path, run: Run
) -> None:
    desk = Desk.open(url_of(file))
    desk.intake.take([sent("there")])
    good = tmp_path / "good.db"
    back_up(url_of(file), good)
    desk.close()
    damaged, cut, text, later, foreign = (
        tmp_path / f"{name}.db" for name in ("damaged", "cut", "text", "later", "foreign")
    )
    content = good.read_bytes()
    damaged.write_bytes(content[:8192] + b"\xff" * 8192 + content[16384:])
    cut.write_bytes(content[: len(content) // 2])
    text.write_text("no database " * 500, "utf-8")
    shutil.copy(good, later)
    with closing(sqlite3.connect(later)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE x (y)")
    for copy, words in (
        (damaged, "damaged"),
        (cut, "damaged"),
        (text, "no database"),
        (later, "later version"),
        (foreign, "no database of a desk"),
        (tmp_path / "missing.db", "no such backup"),
        (file, "database itself"),
    ):
        status, said = run("restore", copy, "--replace", "--database", url_of(file))
        assert (status, words in said) == (1, True), said
        assert texts_in(file) == 1
    # A damaged desk is what a backup is for.
    shutil.copy(text, file)
    assert run("restore", good, "--replace", "--database", url_of(file))[0] == 0
    assert texts_in(file) == 1


def test_a_damaged_desk_is_not_copied_over_a_sound_backup(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    back_up(url_of(file), copy)
    before, content = copy.read_bytes(), file.read_bytes()
    file.write_bytes(content[:8192] + b"\xff" * 8192 + content[16384:])
    with pytest.raises(DatabaseError, match="damaged"):
        back_up(url_of(file), copy)
    assert copy.read_bytes() == before
    for target in (file, tmp_path / "none" / "desk.db"):
        with pytest.raises(DatabaseError):
            back_up(url_of(target), file)


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_postgresql_has_its_own_programs(run: Run, tmp_path: Path, command: str) -> None:
    url = "postgresql://me:secret@db.example/desk"
    status, said = run(command, tmp_path / "x", "--database", url)
    assert status == 1
    assert "pg_dump" in said or "pg_restore" in said
    assert "secret" not in said
