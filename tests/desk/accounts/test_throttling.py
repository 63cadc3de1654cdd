"""Guessing passwords: slow for every name alike, and told in the log once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from moderation.database.tables import devices, sessions
from moderation.desk import Desk
from moderation.desk.accounts import login as passwords
from moderation.desk.accounts.throttling import MAX_TOGETHER, network_of
from moderation.desk.errors import TooManyTries, WrongPassword
from moderation.desk.types import Role, User
from moderation.errors import InvalidInput
from tests.desk.conftest import PASSWORD, person

WRONG = "something else"


STRANGER, OWNER = "203.0.113.9", "198.51.100.7"


def guess(desk: Desk, name: str, address: str = "", device: str = "") -> type[Exception]:
    with pytest.raises((WrongPassword, TooManyTries)) as told:
        desk.accounts.sign_in(name, WRONG, address, device)
    return told.type


def test_a_stranger_who_guesses_locks_the_owner_out_nowhere_but_beside_them(
    desk: Desk, ana: User, bo: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others sign in meanwhile, whatever was tried with their names."""
    # The stranger waits for a second only, in which a busy machine may not get through all this.
    time = datetime.now(UTC)
    monkeypatch.setattr("moderation.desk.accounts.throttling.now", lambda: time)
    told = [guess(desk, name, STRANGER) for _ in range(20) for name in ("Ana", "Bo")]
    assert told.count(WrongPassword) == 2 * 5
    assert desk.accounts.sign_in("Ana", PASSWORD, OWNER).user == ana
    assert desk.accounts.sign_in("Bo", PASSWORD, "2001:db8::1").user == bo
    with pytest.raises(TooManyTries):
        desk.accounts.sign_in("Ana", PASSWORD, STRANGER)


def test_a_household_of_the_newer_addresses_is_one_stranger(desk: Desk, ana: User) -> None:
    told = [guess(desk, "Ana", f"2001:db8:1:2::{place:x}") for place in range(1, 9)]
    assert told == [WrongPassword] * 5 + [TooManyTries] * 3
    assert guess(desk, "Ana", "2001:db8:1:3::1") is WrongPassword
    assert [network_of(each) for each in ("::ffff:203.0.113.9", "fe80::1%eth0", "x", "")] == [
        "203.0.113.9",
        "fe80::",
        "x",
        "",
    ]


def test_guesses_from_everywhere_are_slowed_and_a_known_browser_is_not(
    desk: Desk, ana: User, bo: User
) -> None:
    known = desk.accounts.sign_in("Ana", PASSWORD, OWNER).device
    told = [guess(desk, "Ana", f"203.0.113.{place}") for place in range(MAX_TOGETHER + 20)]
    assert told.count(WrongPassword) <= MAX_TOGETHER + 1  # a minute may pass meanwhile
    assert told[-1] is TooManyTries
    for address in (OWNER, STRANGER):
        with pytest.raises(TooManyTries):
            desk.accounts.sign_in("Ana", PASSWORD, address)
        assert desk.accounts.sign_in("Ana", PASSWORD, address, known).user == ana
    assert desk.accounts.sign_in("Bo", PASSWORD, STRANGER).user == bo


def test_an_address_that_tries_many_names_is_slowed_and_nobody_else(
    desk: Desk, ana: User, bo: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One password tried with every name: the address waits, not its known browsers."""
    time = datetime.now(UTC)
    monkeypatch.setattr("moderation.desk.accounts.throttling.now", lambda: time)
    known = desk.accounts.sign_in("Ana", PASSWORD, STRANGER).device
    told = [guess(desk, f"name {place}", STRANGER) for place in range(MAX_TOGETHER + 20)]
    assert told == [WrongPassword] * MAX_TOGETHER + [TooManyTries] * 20
    for name in ("Ana", "Bo"):
        with pytest.raises(TooManyTries) as waiting:
            desk.accounts.sign_in(name, PASSWORD, STRANGER)
        assert waiting.value.wait <= 61
    assert desk.accounts.sign_in("Ana", PASSWORD, STRANGER, known).user == ana
    assert desk.accounts.sign_in("Bo", PASSWORD, OWNER).user == bo
    time += timedelta(minutes=2)
    assert desk.accounts.sign_in("Bo", PASSWORD, STRANGER).user == bo


def test_a_newsroom_behind_one_address_signs_in_as_often_as_it_likes(desk: Desk, ana: User) -> None:
    """Only wrong passwords count against the address that all of them share."""
    for _ in range(MAX_TOGETHER // 2):
        assert guess(desk, "Ana", OWNER) is WrongPassword
        for _ in range(2):
            desk.accounts.sign_in("Ana", PASSWORD, OWNER)


def test_after_a_pause_the_owner_gets_in_at_a_new_address(
    desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = datetime.now(UTC)
    monkeypatch.setattr("moderation.desk.accounts.throttling.now", lambda: time)
    for place in range(MAX_TOGETHER + 20):
        guess(desk, "Ana", f"203.0.113.{place}")
    with pytest.raises(TooManyTries) as told:
        desk.accounts.sign_in("Ana", PASSWORD, OWNER)
    time += timedelta(seconds=told.value.wait)
    with pytest.raises(WrongPassword):
        desk.accounts.sign_in("Ana", WRONG, OWNER)
    time += timedelta(minutes=1)
    assert desk.accounts.sign_in("Ana", PASSWORD, OWNER).user == ana


def test_guesses_from_everywhere_go_on_slowly_all_day(
    desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = datetime.now(UTC)
    monkeypatch.setattr("moderation.desk.accounts.throttling.now", lambda: time)
    looked = 0
    for minute in range(MAX_TOGETHER + 30):
        time += timedelta(minutes=1)
        addresses = (f"{minute}.0.113.{place}" for place in range(3))
        looked += sum(guess(desk, "Ana", address) is WrongPassword for address in addresses)
    assert looked <= 2 * MAX_TOGETHER + 31
    time += timedelta(hours=2)
    assert desk.accounts.sign_in("Ana", PASSWORD, OWNER).user == ana


def test_a_known_browser_has_tries_of_its_own_and_not_many(desk: Desk, ana: User, bo: User) -> None:
    device = desk.accounts.sign_in("Ana", PASSWORD, OWNER).device
    told = [guess(desk, "Ana", OWNER, device) for _ in range(7)]
    assert told == [WrongPassword] * 5 + [TooManyTries] * 2
    assert desk.accounts.sign_in("Ana", PASSWORD, OWNER).user == ana
    # It is known for those alone who have signed in with it.
    assert [guess(desk, "Bo", STRANGER, device) for _ in range(6)][-1] is TooManyTries
    assert guess(desk, "Bo", STRANGER, device) is TooManyTries
    both = desk.accounts.sign_in("Bo", PASSWORD, OWNER, device).device
    assert both == device


def test_a_new_password_forgets_browsers_and_lets_the_owner_in(
    desk: Desk, ana: User, admin: User
) -> None:
    device = desk.accounts.sign_in("Ana", PASSWORD, OWNER).device
    for _ in range(8):
        guess(desk, "Ana", OWNER)
    desk.accounts.change(admin, "Ana", password="another long one")  # noqa: S106
    session = desk.accounts.sign_in("Ana", "another long one", OWNER, device)
    assert session.device != device
    desk.accounts.change(admin, "Ana", disabled=True)
    with desk.store.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(devices)) == 0


def test_right_passwords_are_not_counted(desk: Desk, ana: User) -> None:
    for _ in range(MAX_TOGETHER + 5):
        desk.accounts.sign_in("Ana", PASSWORD, OWNER)
    assert guess(desk, "Ana", STRANGER) is WrongPassword


def test_nobody_makes_somebody_wait_who_changes_their_own_password(desk: Desk, ana: User) -> None:
    for _ in range(8):
        guess(desk, "Ana", OWNER)
    desk.accounts.check_password(ana, PASSWORD)


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
        monkeypatch.setattr("moderation.desk.accounts.throttling.now", lambda now=time: now)
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
    monkeypatch.setattr("moderation.desk.accounts.throttling.now", lambda: later)
    assert [guess(desk, "Nobody") for _ in range(5)] == [WrongPassword] * 5


def test_who_finds_no_place_is_asked_to_try_again_and_is_not_counted(
    desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "MAX_WAIT_SECONDS", 0.01)
    for _ in range(passwords.HASHING_THREADS + 1):
        passwords._slots.acquire()
    try:
        for _ in range(6):
            with pytest.raises(TooManyTries, match="signing in at once"):
                desk.accounts.sign_in("Ana", PASSWORD)
    finally:
        for _ in range(passwords.HASHING_THREADS + 1):
            passwords._slots.release()
    assert desk.accounts.sign_in("Ana", PASSWORD).user == ana


def test_signing_out_is_in_the_log_once(desk: Desk, admin: User) -> None:
    session = desk.accounts.sign_in("Adi", PASSWORD)
    desk.accounts.sign_out(session.token)
    desk.accounts.sign_out(session.token)
    acts = [(entry.by, entry.act) for entry in desk.audit.read(admin)]
    assert acts == [("Adi", "sign out"), ("Adi", "sign in"), ("(command line)", "user.add")]


def test_a_password_is_checked_without_a_session(desk: Desk, ana: User) -> None:
    desk.accounts.check_password(ana, PASSWORD)
    with pytest.raises(WrongPassword):
        desk.accounts.check_password(ana, WRONG)
    with desk.store.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(sessions)) == 0


@pytest.mark.parametrize("name", ["(command line)", " (not signed in) ", "(x"])
def test_no_user_has_a_name_of_the_logs_own(desk: Desk, name: str) -> None:
    with pytest.raises(InvalidInput, match="bracket"):
        desk.accounts.add(None, name, PASSWORD, Role.ADMIN)


def test_the_last_admin_stays_one(desk: Desk, admin: User) -> None:
    for change in ({"role": Role.LEAD}, {"disabled": True}):
        with pytest.raises(InvalidInput, match="This is the only admin"):
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
