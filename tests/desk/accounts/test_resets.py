"""Links for a new password: valid once, for a day, for one person."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from moderation.database.tables import audit, resets
from moderation.desk import Desk
from moderation.desk.accounts.throttling import MAX_TOGETHER
from moderation.desk.errors import (
    NoSuchThing,
    NotAllowed,
    NotSignedIn,
    TooManyTries,
    WrongPassword,
)
from moderation.desk.types import User
from moderation.errors import InvalidInput
from tests.desk.conftest import PASSWORD

NEW = "a new and long one"


def test_a_link_sets_a_password_once_and_ends_all_sessions(
    desk: Desk, ana: User, bo: User, admin: User
) -> None:
    session = desk.accounts.sign_in("Ana", PASSWORD)
    other = desk.accounts.sign_in("Bo", PASSWORD)
    link = desk.resets.make(admin, "ana")
    assert link.user == desk.resets.user(link.token) == ana
    assert desk.accounts.session(session.token).user == ana, "a link alone ends nothing"
    desk.resets.use(link.token, NEW)
    with pytest.raises(NotSignedIn):
        desk.accounts.session(session.token)
    with pytest.raises(WrongPassword):
        desk.accounts.sign_in("Ana", PASSWORD)
    assert desk.accounts.sign_in("Ana", NEW).user == ana
    assert desk.accounts.session(other.token).user == bo
    with pytest.raises(NoSuchThing, match="not valid any more"):
        desk.resets.use(link.token, "one more password")
    assert desk.accounts.sign_in("Ana", NEW).user == ana


def test_a_link_is_valid_for_a_day(desk: Desk, ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    link = desk.resets.make(None, "Ana")
    start = datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < link.until - start <= timedelta(hours=24)
    for hours, valid in ((23.9, True), (24.1, False)):
        later = start + timedelta(hours=hours)
        monkeypatch.setattr("moderation.desk.accounts.resets.now", lambda now=later: now)
        if valid:
            assert desk.resets.user(link.token) == ana
        else:
            with pytest.raises(NoSuchThing):
                desk.resets.use(link.token, NEW)
    assert desk.accounts.sign_in("Ana", PASSWORD).user == ana


def test_what_makes_a_link_invalid(desk: Desk, ana: User, bo: User, admin: User) -> None:
    """A newer one, a password set otherwise, and disabling; nothing that concerns others."""
    first, others = desk.resets.make(admin, "Ana"), desk.resets.make(admin, "Bo")
    second = desk.resets.make(admin, "Ana")
    with pytest.raises(NoSuchThing):
        desk.resets.user(first.token)
    assert desk.resets.user(second.token) == ana
    desk.accounts.change(admin, "Ana", password=NEW)
    with pytest.raises(NoSuchThing):
        desk.resets.use(second.token, "another password")
    third = desk.resets.make(admin, "Ana")
    desk.accounts.change(admin, "Ana", disabled=True)
    with pytest.raises(InvalidInput, match="disabled"):
        desk.resets.make(admin, "Ana")
    desk.accounts.change(admin, "Ana", disabled=False)
    for token in (third.token, "", "nonsense", "\udc80"):
        with pytest.raises(NoSuchThing):
            desk.resets.user(token)
    assert desk.resets.user(others.token) == bo


def test_a_password_that_is_too_short_leaves_the_link_valid(desk: Desk, ana: User) -> None:
    link = desk.resets.make(None, "Ana")
    with pytest.raises(InvalidInput):
        desk.resets.use(link.token, "short")
    desk.resets.use(link.token, NEW)
    assert desk.accounts.sign_in("Ana", NEW).user == ana


def test_of_two_who_use_a_link_at_once_one_sets_the_password(desk: Desk, ana: User) -> None:
    link = desk.resets.make(None, "Ana")

    def use(password: str) -> bool:
        try:
            desk.resets.use(link.token, password)
        except NoSuchThing:
            return False
        return True

    passwords = [f"the password {number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(use, passwords))
    assert done.count(True) == 1
    right = passwords[done.index(True)]
    assert desk.accounts.sign_in("Ana", right).user == ana


def test_only_an_admin_makes_a_link_and_only_for_somebody(
    desk: Desk, lead: User, admin: User
) -> None:
    with pytest.raises(NotAllowed):
        desk.resets.make(lead, "Adi")
    with pytest.raises(NoSuchThing):
        desk.resets.make(admin, "Nobody")


def test_a_hash_is_kept_of_a_link_and_the_log_tells_who_made_and_used_it(
    desk: Desk, ana: User, admin: User
) -> None:
    link = desk.resets.make(admin, "Ana")
    with desk.store.reading() as connection:
        (row,) = connection.execute(sa.select(resets)).all()
        assert link.token not in str(row)
        assert row.user_id == ana.id
    desk.resets.use(link.token, NEW)
    with desk.store.reading() as connection:
        assert connection.execute(sa.select(resets)).all() == []
        kept = str(connection.execute(sa.select(audit)).all())
    assert link.token not in kept
    acts = [(entry.by, entry.act, entry.subject) for entry in desk.audit.read(admin)]
    assert acts[:2] == [("Ana", "user.reset", "user Ana"), ("Adi", "user.reset_link", "user Ana")]


def test_whoever_used_a_link_gets_in_while_everybody_tries_that_name(desk: Desk, ana: User) -> None:
    """From an unknown browser and address, where the others have to wait."""
    link = desk.resets.make(None, "Ana")
    device = desk.resets.use(link.token, NEW)
    for place in range(MAX_TOGETHER + 5):
        with pytest.raises((WrongPassword, TooManyTries)):
            desk.accounts.sign_in("Ana", PASSWORD, f"203.0.113.{place}")
    with pytest.raises(TooManyTries):
        desk.accounts.sign_in("Ana", NEW, "198.51.100.7")
    assert desk.accounts.sign_in("Ana", NEW, "198.51.100.7", device).user == ana
