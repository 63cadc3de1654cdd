"""Signing in, the length of a session, and the rights of each role."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from moderation.database.tables import sessions, users
from moderation.desk import Desk
from moderation.desk.errors import NoSuchThing, NotAllowed, NotSignedIn, TooManyTries, WrongPassword
from moderation.desk.types import Role, User
from moderation.errors import InvalidInput
from moderation.service.api_keys import Scope
from tests.desk.conftest import PASSWORD


def test_a_session_lasts_until_signing_out(desk: Desk, ana: User) -> None:
    session = desk.accounts.sign_in("  aNA ", PASSWORD)
    assert session.user == ana
    assert desk.accounts.session(session.token) == session
    desk.accounts.sign_out(session.token)
    with pytest.raises(NotSignedIn):
        desk.accounts.session(session.token)
    with pytest.raises(NotSignedIn):
        desk.accounts.session("\udc80 nonsense")


@pytest.mark.parametrize("hours", [2, 12])
def test_a_session_ends_by_itself(
    desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """After two hours unused, and after twelve whatever its use."""
    session = desk.accounts.sign_in("Ana", PASSWORD)
    time = datetime.now(UTC)
    for _ in range(12 if hours == 12 else 0):
        time += timedelta(minutes=59)
        monkeypatch.setattr("moderation.desk.accounts.login.now", lambda now=time: now)
        assert desk.accounts.session(session.token).user == ana
    later = time + timedelta(hours=2 if hours == 2 else 1, seconds=1)
    monkeypatch.setattr("moderation.desk.accounts.login.now", lambda: later)
    with pytest.raises(NotSignedIn):
        desk.accounts.session(session.token)


def test_neither_passwords_nor_tokens_are_in_the_database(desk: Desk, ana: User) -> None:
    session = desk.accounts.sign_in("Ana", PASSWORD)
    with desk.store.reading() as connection:
        kept = f"{connection.execute(sa.select(users)).all()}"
        kept += f"{connection.execute(sa.select(sessions)).all()}"
    assert PASSWORD not in kept
    assert session.token not in kept
    assert "$argon2id$" in kept


def test_wrong_names_and_wrong_passwords_are_refused_alike(desk: Desk, ana: User) -> None:
    told = []
    for name in ("Ana", "Nobody"):
        with pytest.raises(WrongPassword) as error:
            desk.accounts.sign_in(name, "something else")
        told.append(str(error.value))
    assert told[0] == told[1]


def test_after_five_wrong_passwords_even_the_right_one_waits(
    desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword):
            desk.accounts.sign_in("Ana", "something else")
    with pytest.raises(TooManyTries) as told:
        desk.accounts.sign_in("Ana", PASSWORD)
    assert 0 < told.value.wait <= 2
    later = datetime.now(UTC) + timedelta(seconds=5)
    monkeypatch.setattr("moderation.desk.accounts.throttling.now", lambda: later)
    assert desk.accounts.sign_in("Ana", PASSWORD).user == ana


def test_changing_a_user_ends_their_sessions(desk: Desk, ana: User, admin: User) -> None:
    session = desk.accounts.sign_in("Ana", PASSWORD)
    assert desk.accounts.change(admin, "ana", role=Role.LEAD).role is Role.LEAD
    with pytest.raises(NotSignedIn):
        desk.accounts.session(session.token)
    desk.accounts.change(admin, "Ana", disabled=True)
    with pytest.raises(WrongPassword):
        desk.accounts.sign_in("Ana", PASSWORD)
    with pytest.raises(NoSuchThing):
        desk.accounts.change(admin, "Nobody", disabled=True)


def test_people_change_their_own_password_and_nothing_else(desk: Desk, ana: User, bo: User) -> None:
    desk.accounts.change(ana, "Ana", password="another long one")  # noqa: S106
    assert desk.accounts.sign_in("Ana", "another long one").user == ana
    for name, change in (("Bo", {"password": "another long one"}), ("Ana", {"role": Role.ADMIN})):
        with pytest.raises(NotAllowed):
            desk.accounts.change(ana, name, **change)


@pytest.mark.parametrize(
    ("name", "password"),
    [("", PASSWORD), ("a" * 61, PASSWORD), ("a\0b", PASSWORD), ("Zo", "short"), ("ANA", PASSWORD)],
)
def test_a_user_that_cannot_be_is_refused(
    desk: Desk, ana: User, admin: User, name: str, password: str
) -> None:
    with pytest.raises(InvalidInput):
        desk.accounts.add(admin, name, password, Role.READER)
    assert [user.name for user in desk.accounts.users()] == ["Adi", "Ana"]


def test_only_admins_make_users_keys_and_read_the_log(desk: Desk, lead: User) -> None:
    with pytest.raises(NotAllowed):
        desk.accounts.add(lead, "Zo", PASSWORD, Role.READER)
    with pytest.raises(NotAllowed):
        desk.keys.create(lead, "x", [Scope.SCORE])
    with pytest.raises(NotAllowed):
        desk.audit.read(lead)
    with pytest.raises(NotAllowed):
        desk.retention.erase(lead, 1)


def test_each_role_may_do_what_those_before_it_may() -> None:
    order = [Role.READER, Role.MODERATOR, Role.LEAD, Role.ADMIN]
    for place, role in enumerate(order):
        assert [role.may(needed) for needed in order] == [n <= place for n in range(4)]


def test_keys_are_found_until_revoked(desk: Desk, admin: User) -> None:
    secret, key = desk.keys.create(admin, "site", [Scope.SCORE], 60)
    assert desk.keys.store.find(secret) == key
    assert desk.keys.store.find(secret + "x") is None
    assert desk.keys.revoke(admin, key.id).revoked is not None
    assert desk.keys.store.find(secret) is None
    assert [one.id for one in desk.keys.all()] == [key.id]
    with pytest.raises(NoSuchThing):
        desk.keys.revoke(admin, "none")


def test_the_log_is_read_page_by_page_latest_first(desk: Desk, admin: User) -> None:
    for name in ("one", "two", "three"):
        desk.models.promote(admin, name, Path(name), {})
    first = desk.audit.read(admin, limit=2)
    assert [entry.subject for entry in first] == ["model three", "model two"]
    rest = desk.audit.read(admin, before=first[-1].id)
    assert [entry.subject for entry in rest] == ["model one", "user Adi"]
    assert {entry.by for entry in first} == {"Adi"}
