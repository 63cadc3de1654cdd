"""The demonstration adds what is missing, takes nobody's account, and leaves real desks alone."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from moderation.desk import Desk
from moderation.desk.cli import app
from moderation.desk.errors import WrongPassword
from moderation.desk.jobs.demo import fill
from moderation.desk.types import Filters, Queue, Role
from moderation.errors import InvalidInput
from moderation.verdict import Action, Verdict
from tests.desk.conftest import PASSWORD, person
from tests.desk.sending import sent, verdict


def judge(texts: list[str]) -> list[Verdict]:
    """Hold everything."""
    return [verdict() for _ in texts]


def numbers(desk: Desk) -> dict[Queue, int]:
    """Return the number of comments in each queue."""
    return {queue: desk.queue.count(Filters(queue)).number for queue in Queue}


def test_people_of_each_role_have_decided_some(desk: Desk) -> None:
    """With a decision taken back, an appeal against one, and a flag after one."""
    made = fill(desk, judge)
    roles = [user.role for user in made.users]
    assert roles == [Role.ADMIN, Role.LEAD, Role.MODERATOR, Role.MODERATOR]
    for name, role, password in made.users:
        assert desk.accounts.sign_in(name, password).user.role is role
    found = numbers(desk)
    assert made.waiting == found[Queue.REVIEW] > 20
    assert found[Queue.APPEALED] == 1
    flagged = desk.queue.lines(Filters(Queue.FLAGGED), limit=200).lines
    assert [row.decision.by for row in flagged if row.decision] == ["Nia"]
    lines = desk.queue.lines(Filters(Queue.DECIDED)).lines
    decided = {row.decision.by for row in lines if row.decision}
    assert decided == {user.name for user in made.users}
    admin = desk.accounts.users()[0]
    acts = [entry.act for entry in desk.audit.read(admin, limit=200)]
    assert acts.count("undo") == 1


def test_a_second_time_nothing_is_added_and_the_passwords_are_new(desk: Desk) -> None:
    first = fill(desk, judge)
    before = numbers(desk)
    second = fill(desk, judge)
    assert numbers(desk) == before
    assert second.waiting == first.waiting
    assert [user.name for user in first.users] == [user.name for user in second.users]
    for old, new in zip(first.users, second.users, strict=True):
        assert desk.accounts.sign_in(new.name, new.password).user.role is new.role
        with pytest.raises(WrongPassword):
            desk.accounts.sign_in(old.name, old.password)


@pytest.mark.parametrize("name", ["Lea", "LEA"])
def test_somebody_of_that_name_keeps_name_and_password(desk: Desk, name: str) -> None:
    person(desk, name, Role.READER)
    made = [fill(desk, judge) for _ in range(2)]
    assert desk.accounts.sign_in(name, PASSWORD).user.role is Role.READER
    for one in made:
        assert [user.name for user in one.users] == ["Ada", "Lea2", "Mo", "Nia"]
    assert desk.accounts.sign_in("Lea2", made[1].users[1].password).user.role is Role.LEAD


def test_a_model_that_holds_nothing_leaves_a_demonstration_all_the_same(desk: Desk) -> None:
    made = fill(desk, lambda texts: [verdict(action=Action.ALLOW) for _ in texts])
    assert made.waiting == 0
    assert numbers(desk)[Queue.APPEALED] == 1


def test_a_desk_with_comments_is_not_filled(desk: Desk) -> None:
    desk.intake.take([sent("a reader's own words")])
    with pytest.raises(InvalidInput, match="has comments already"):
        fill(desk, judge)
    assert desk.accounts.users() == []
    assert sum(numbers(desk).values()) == 1


def test_by_default_it_has_a_database_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The printed command serves that database; the desk's own is not touched."""
    own = tmp_path / "own.db"
    monkeypatch.setenv("MODERATION_DATABASE", f"sqlite:///{own}")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("MODERATION_CORRECTIONS", "MODERATION_KEYS_FILE"):
        monkeypatch.delenv(name)
    done = CliRunner().invoke(app, ["demo"])
    assert done.exit_code == 0, done.output
    file = tmp_path / "data" / "moderation" / "moderation-demo.db"
    assert file.is_file()
    assert not own.exists()
    assert f"MODERATION_DATABASE=sqlite:///{file} moderation serve --desk" in done.stderr
    assert "http://127.0.0.1:8000/desk," in done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [line[:2] for line in lines] == [
        ["Ada", "admin"],
        ["Lea", "lead"],
        ["Mo", "moderator"],
        ["Nia", "moderator"],
    ]
    desk = Desk.open(f"sqlite:///{file}")
    try:
        for name, role, password in lines:
            assert desk.accounts.sign_in(name, password).user.role == role
        assert {user.name for user in desk.accounts.users()} == {"Ada", "Lea", "Mo", "Nia"}
        assert numbers(desk)[Queue.DECIDED] == 9
    finally:
        desk.close()
