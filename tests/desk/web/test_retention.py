"""A server with a desk erases by itself what is older than the setting allows, and no more."""

import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from moderation.database.tables import comments
from moderation.desk import Desk
from moderation.desk.cli import app
from moderation.desk.intake import retention as keeping
from moderation.desk.intake.retention import Erased
from moderation.errors import DatabaseError
from tests.desk.sending import sent
from tests.desk.web.people import site_of
from tests.service.fakes import wait_until


def bring(desk: Desk, days: int) -> int:
    """Let a comment have come in so many days ago; return its number."""
    (number,) = desk.intake.take([sent(f"from {days} days ago")])
    taken = datetime.now(UTC) - timedelta(days=days)
    aged = comments.update().where(comments.c.id == number).values(taken=taken)
    desk.store.write(lambda connection: connection.execute(aged))
    return number


def test_a_server_erases_what_is_older_than_the_setting_says(desk: Desk) -> None:
    old, new = bring(desk, 40), bring(desk, 20)
    with site_of(desk, desk_retention_days=30):
        wait_until(lambda: desk.queue.get(old).text is None)
    assert desk.queue.get(new).text == "from 20 days ago"


def test_a_fault_does_not_end_the_erasing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    old = bring(desk, 40)
    purge, faults = desk.retention.purge, [RuntimeError("secret"), DatabaseError("away")]

    def failing(*given: Any) -> Erased:
        if faults:
            raise faults.pop()
        return purge(*given)

    monkeypatch.setattr(type(desk.retention), "purge", lambda _, *given: failing(*given))
    monkeypatch.setattr(keeping, "EVERY_SECONDS", 0.01)
    with site_of(desk, desk_retention_days=30):
        wait_until(lambda: desk.queue.get(old).text is None)


def test_a_server_erases_nothing_where_the_setting_is_unset(desk: Desk) -> None:
    old = bring(desk, 4_000)
    with site_of(desk):
        pass
    assert desk.queue.get(old).text == "from 4000 days ago"


def test_a_purge_takes_the_days_from_the_setting_unless_it_is_told_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = bring(desk, 40), bring(desk, 20)
    purge = ["purge", "--database", str(desk.store.engine.url)]
    refused = CliRunner().invoke(app, [*purge, "--yes"])
    assert refused.exit_code != 0
    assert desk.queue.get(old).text
    monkeypatch.setenv("MODERATION_DESK_RETENTION_DAYS", "30")
    assert CliRunner().invoke(app, [*purge, "--yes"]).output == "comments erased: 1\n"
    assert desk.queue.get(old).text is None
    assert desk.queue.get(new).text
    done = CliRunner().invoke(app, [*purge, "--days", "10", "--yes"])
    assert done.output == "comments erased: 1\n"


@pytest.mark.parametrize(("answer", "stays"), [(b"n\n", True), (b"y\n", False)])
def test_on_a_terminal_a_purge_asks_first(desk: Desk, answer: bytes, *, stays: bool) -> None:
    number = bring(desk, 40)
    here, there = pty.openpty()
    url = str(desk.store.engine.url)
    command = ["-m", "moderation", "desk", "purge", "--days", "30", "--database", url]
    with subprocess.Popen(
        [sys.executable, *command], stdin=there, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        os.write(here, answer)
        out, err = run.communicate(timeout=60)
    for end in (here, there):
        os.close(end)
    assert b"more than 30 days old" in err
    assert (run.returncode != 0, b"comments erased" not in out) == (stays, stays)
    assert (desk.queue.get(number).text is not None) == stays


def test_without_a_terminal_a_purge_needs_a_yes(desk: Desk) -> None:
    """A job that forgets it is told, and erases nothing."""
    number = bring(desk, 40)
    purge = ["purge", "--days", "30", "--database", str(desk.store.engine.url)]
    refused = CliRunner().invoke(app, purge, input="y\n")
    assert refused.exit_code != 0
    assert "--yes" in str(refused.exception)
    assert desk.queue.get(number).text


def test_a_purge_says_that_the_file_still_has_it(desk: Desk) -> None:
    bring(desk, 40)
    reader = Desk.open(str(desk.store.engine.url))
    with reader.store.reading() as connection:
        connection.execute(comments.select()).all()
        purge = ["purge", "--days", "10", "--yes", "--database", str(desk.store.engine.url)]
        told = CliRunner().invoke(app, purge)
    reader.close()
    assert told.exit_code == 0
    assert "still in the database file" in told.output
