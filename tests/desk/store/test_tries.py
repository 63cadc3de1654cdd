"""Guessing passwords: slow for every name alike, and told in the log once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from moderation.desk import Desk
from moderation.desk.accounts import passwords
from moderation.desk.errors import TooManyTries, WrongPassword
from moderation.desk.store.tables import sessions
from moderation.desk.words import Role, User
from moderation.errors import InvalidInput
from tests.desk.conftest import PASSWORD, person

WRONG = "something else"


def guess(desk: Desk, name: str) -> type[Exception]:
    with pytest.raises((WrongPassword, TooManyTries)) as told:
        desk.accounts.sign_in(name, WRONG)
    return told.type


def test_of_twenty_guesses_at_once_five_are_looked_at(
    desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def look(_: str | None, password: str) -> bool:
        looked.append(password)
        return False

    monkeypatch.setattr("moderation.desk.accounts.accounts.is_password", look)
    with ThreadPoolExecutor(20) as pool:
        told = list(pool.map(lambda _: guess(desk, "Ana"), range(20)))
    assert told.count(WrongPassword) == len(looked) <= 6  # a second may pass meanwhile


def test_names_that_nobody_has_wait_as_those_that_somebody_has(desk: Desk, ana: User) -> None:
    told = {name: [guess(desk, name) for _ in range(6)] for name in ("Ana", "Nobody")}
    assert told["Ana"] == told["Nobody"] == [WrongPassword] * 5 + [TooManyTries]


def test_the_log_tells_once_that_a_name_has_to_wait(
    desk: Desk, ana: User, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = datetime.now(UTC)
    for _ in range(8):
        time += timedelta(minutes=6)
        monkeypatch.setattr("moderation.desk.accounts.tries.now", lambda now=time: now)
        for name in ("Ana", "Nobody secret"):
            guess(desk, name)
    entries = [entry for entry in desk.audit.read(admin) if entry.act == "sign in.wait"]
    assert {entry.subject for entry in entries} == {"user Ana", "a name that nobody has"}
    assert [entry.by for entry in entries] == ["(not signed in)"] * 2
    assert "secret" not in str(desk.audit.read(admin))


def test_after_an_hour_without_a_guess_a_name_begins_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        guess(desk, "Nobody")
    later = datetime.now(UTC) + timedelta(hours=1, seconds=1)
    monkeypatch.setattr("moderation.desk.accounts.tries.now", lambda: later)
    assert [guess(desk, "Nobody") for _ in range(5)] == [WrongPassword] * 5


def test_who_finds_no_place_is_asked_to_try_again_and_is_not_counted(
    desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "LONGEST_WAIT_SECONDS", 0.01)
    for _ in range(passwords.AT_ONCE):
        passwords._places.acquire()
    try:
        for _ in range(6):
            with pytest.raises(TooManyTries, match="signing in at once"):
                desk.accounts.sign_in("Ana", PASSWORD)
    finally:
        for _ in range(passwords.AT_ONCE):
            passwords._places.release()
    assert desk.accounts.sign_in("Ana", PASSWORD).user == ana


def test_signing_out_is_in_the_log_once(desk: Desk, admin: User) -> None:
    session = desk.accounts.sign_in("Adi", PASSWORD)
    desk.accounts.sign_out(session.token)
    desk.accounts.sign_out(session.token)
    acts = [(entry.by, entry.act) for entry in desk.audit.read(admin)]
    assert acts == [("Adi", "sign out"), ("Adi", "sign in"), ("(command line)", "user.add")]


def test_a_password_is_checked_without_a_session(desk: Desk, ana: User) -> None:
    desk.accounts.check(ana, PASSWORD)
    with pytest.raises(WrongPassword):
        desk.accounts.check(ana, WRONG)
    with desk.store.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(sessions)) == 0


@pytest.mark.parametrize("name", ["(command line)", " (not signed in) ", "(x"])
def test_no_user_has_a_name_of_the_logs_own(desk: Desk, name: str) -> None:
    with pytest.raises(InvalidInput, match="bracket"):
        desk.accounts.add(None, name, PASSWORD, Role.ADMIN)


def test_the_last_admin_stays_one(desk: Desk, admin: User) -> None:
    for change in ({"role": Role.LEAD}, {"disabled": True}):
        with pytest.raises(InvalidInput, match="Nobody else is an admin"):
            desk.accounts.change(admin, "Adi", **change)
    assert desk.accounts.users() == [admin]
    other = person(desk, "Eve", Role.ADMIN)
    assert desk.accounts.change(other, "Adi", disabled=True).disabled
    with pytest.raises(InvalidInput):
        desk.accounts.change(None, "Eve", role=Role.READER)


def test_of_two_admins_who_demote_each_other_one_stays(desk: Desk, admin: User) -> None:
    other = person(desk, "Eve", Role.ADMIN)

    def demote(pair: tuple[User, str]) -> None:
        try:
            desk.accounts.change(pair[0], pair[1], role=Role.LEAD)
        except InvalidInput:
            return

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(demote, [(admin, "Eve"), (other, "Adi")]))
    assert [user.role for user in desk.accounts.users()].count(Role.ADMIN) == 1
