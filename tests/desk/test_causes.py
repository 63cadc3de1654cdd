"""The commands name the cause in one line when a database cannot be used."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors as pg
from sqlalchemy.exc import OperationalError

from moderation.cli import main
from moderation.database.causes import CONNECTION_MESSAGES, SQLSTATES, database_error
from moderation.errors import DatabaseError, DatabaseRefused, Unavailable

SECRET = "peculiar-password"  # noqa: S105  # of a server that does not exist
COMMAND = ["moderation", "desk", "user", "list", "--database"]


Command = Callable[[str], "Done"]


class Done(NamedTuple):
    """The result of a command."""

    status: int
    out: str
    err: str


@pytest.fixture
def list_users(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Give the command that asks the least of a database."""

    def run(url: str) -> Done:
        monkeypatch.setattr(sys, "argv", [*COMMAND, url])
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(int(ended.value.code or 0), *capsys.readouterr())

    return run


def cut(file: Path) -> None:
    """Damage a file in its middle, where its first page does not say so."""
    content = bytearray(file.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    file.write_bytes(content)


def no_database(file: Path) -> None:
    file.write_text("just a text, and no database at all. " * 200, "utf-8")


def later(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


SQLITE: dict[str, tuple[Callable[[Path], object], str]] = {
    "damaged": (cut, "damaged"),
    "none": (no_database, "no database"),
    "of a later version": (later, "later version"),
    "a folder": (a_folder, "cannot be opened|Is a directory"),
}


@pytest.mark.parametrize("name", SQLITE)
def test_a_command_names_what_is_wrong_with_a_file(
    sqlite_file: Path, tmp_path: Path, list_users: Command, name: str
) -> None:
    """Before and after it, the same command works on a sound one."""
    spoil, words = SQLITE[name]
    sound = Path(shutil.copy(sqlite_file, tmp_path / "sound.db"))
    file = Path(shutil.copy(sqlite_file, tmp_path / "desk.db"))
    spoil(file)
    assert list_users(f"sqlite:///{sound}").status == 0
    fails(list_users(f"sqlite:///{file}"), words)
    assert list_users(f"sqlite:///{sound}").status == 0


def test_a_command_of_its_own_ends_with_one_line(tmp_path: Path) -> None:
    file = tmp_path / "desk.db"
    no_database(file)
    command = [sys.executable, "-m", *COMMAND, f"sqlite:///{file}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    fails(Done(done.returncode, done.stdout, done.stderr), "no database")
    assert len(done.stderr.splitlines()) == 1


def fails(done: Done, words: str) -> None:
    """Make sure that a command says one line on stderr that has these words, and no more."""
    assert done.status == 1, done
    assert done.out == ""
    (line,) = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert any(one.lower() in line.lower() for one in words.split("|")), line
    assert "Traceback" not in done.err
    assert "(OperationalError)" not in line
    assert SECRET not in done.err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"database": "nope"}, "no database of this name"),
        ({"username": "nobody", "password": SECRET}, "the user or the password"),
        ({"query": {"host": "/nowhere"}}, "does not respond at its address"),
        (
            {"host": "no-such-host.invalid", "port": 1, "query": {}, "password": SECRET},
            "host name is not known",
        ),
        (
            {"host": "127.0.0.1", "port": 1, "query": {}, "password": SECRET},
            "does not respond at its address",
        ),
    ],
)
def test_a_command_names_why_postgresql_does_not_let_it_in(
    postgres: str, list_users: Command, change: dict[str, Any], words: str
) -> None:
    fails(list_users(sa.make_url(postgres).set(**change).render_as_string(False)), words)


def wrapped(error: Exception) -> Exception:
    return OperationalError("SELECT 'peculiar'", {"text": "peculiar"}, error)


@pytest.mark.parametrize("code", SQLSTATES)
def test_each_code_of_postgresql_is_told_in_words(code: str) -> None:
    error = database_error(wrapped(pg.lookup(code)("peculiar")))
    assert error.message == SQLSTATES[code].message
    assert error.remedy
    assert isinstance(error, Unavailable) == SQLSTATES[code].is_transient
    assert "peculiar" not in str(error)


@pytest.mark.parametrize("words", [words for words, _ in CONNECTION_MESSAGES])
def test_each_way_in_which_a_connection_is_refused_is_told_in_words(words: str) -> None:
    error = database_error(
        wrapped(psycopg.OperationalError(f"connection failed: FATAL: {words.upper()} x"))
    )
    assert error.message == dict(CONNECTION_MESSAGES)[words].message


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "disk is full"),
        (sqlite3.SQLITE_IOERR_WRITE, "disk failed"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "busy"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "read-only"),
        (sqlite3.SQLITE_CORRUPT_VTAB, "damaged"),
        (sqlite3.SQLITE_CANTOPEN_FULLPATH, "cannot be opened"),
    ],
)
def test_each_code_of_sqlite_is_told_in_words(code: int, words: str) -> None:
    raw = sqlite3.OperationalError("peculiar")
    raw.sqlite_errorcode = code
    error = database_error(wrapped(raw))
    assert words in str(error)
    assert "peculiar" not in str(error)


def test_what_nobody_knows_is_told_by_its_kind() -> None:
    error = database_error(wrapped(RuntimeError("peculiar")))
    assert str(error).startswith(
        "setting database: The database refused or could not be reached (R"
    )
    assert type(error) is DatabaseError
    refused = database_error(sa.exc.IntegrityError("x", {}, RuntimeError("peculiar")))
    assert isinstance(refused, DatabaseRefused)
    assert "peculiar" not in f"{error}{refused}"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_command_names_a_file_that_may_not_be_opened(
    sqlite_file: Path, tmp_path: Path, list_users: Command
) -> None:
    file = Path(shutil.copy(sqlite_file, tmp_path / "desk.db"))
    file.chmod(0)
    fails(list_users(f"sqlite:///{file}"), "may not be opened|cannot be opened|Permission")
