"""Codes as a second factor: right by the standard, each used once, and no way around them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa

from moderation.database.tables import audit, users
from moderation.desk import Desk
from moderation.desk.accounts.codes import app_link, matching_step, new_secret
from moderation.desk.errors import (
    NotAllowed,
    NotSignedIn,
    OutOfDate,
    TooManyTries,
    WrongCode,
    WrongPassword,
)
from moderation.desk.types import User
from moderation.errors import InvalidInput
from tests.desk.conftest import PASSWORD

RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # noqa: S105  # the example of the standard
NOW = "moderation.desk.accounts.codes.now"


class Phone:
    """An app with a secret, and the time of the desk."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.secret = new_secret()
        self._patch = patch
        self.time = datetime.now(UTC)
        self.wait(0)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)
        self._patch.setattr(NOW, lambda: self.time)

    def code(self, seconds: float = 0) -> str:
        """Return the code that is shown, by a clock that is so many seconds fast."""
        return pyotp.TOTP(self.secret).at(self.time + timedelta(seconds=seconds))


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Phone:
    return Phone(monkeypatch)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(
    monkeypatch: pytest.MonkeyPatch, seconds: int, code: str
) -> None:
    """The last six digits of the examples in RFC 6238, appendix B, for SHA-1."""
    monkeypatch.setattr(NOW, lambda: datetime.fromtimestamp(seconds, UTC))
    assert matching_step(RFC_SECRET, code, 0) == seconds // 30
    assert matching_step(RFC_SECRET, f"{code[:3]} {code[3:]}", 0) == seconds // 30
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for typed in (wrong, "", code[1:], f"{code}0", "áéíóúñ"):
        assert matching_step(RFC_SECRET, typed, 0) is None


def test_whoever_has_turned_codes_on_signs_in_with_one(
    desk: Desk, ana: User, bo: User, phone: Phone
) -> None:
    assert not desk.second_factor.in_use()
    desk.second_factor.turn_on(ana, phone.secret, phone.code())
    assert desk.second_factor.in_use()
    phone.wait(30)
    for code in ("", "000000" if phone.code() != "000000" else "111111"):
        with pytest.raises(WrongCode):
            desk.accounts.sign_in("Ana", PASSWORD, code=code)
    with pytest.raises(WrongPassword) as told:
        desk.accounts.sign_in("Ana", "something else", code=phone.code())
    assert not isinstance(told.value, WrongCode)
    session = desk.accounts.sign_in("Ana", PASSWORD, code=phone.code())
    assert session.user.has_code
    assert desk.accounts.session(session.token).user.has_code
    assert desk.accounts.sign_in("Bo", PASSWORD).user == bo


def test_a_code_is_used_once(desk: Desk, ana: User, phone: Phone) -> None:
    """Also at the same time, and that with which codes were turned on."""
    desk.second_factor.turn_on(ana, phone.secret, phone.code())
    with pytest.raises(WrongCode):
        desk.accounts.sign_in("Ana", PASSWORD, code=phone.code())
    phone.wait(30)

    def enter(place: int) -> bool:
        try:
            desk.accounts.sign_in("Ana", PASSWORD, f"203.0.113.{place}", code=phone.code())
        except WrongCode:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(enter, range(3))).count(True) == 1
    phone.wait(30)
    assert enter(9)


@pytest.mark.parametrize(("fast", "passes"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_clock_may_be_half_a_minute_off(
    desk: Desk, ana: User, phone: Phone, fast: int, *, passes: bool
) -> None:
    desk.second_factor.turn_on(ana, phone.secret, phone.code())
    phone.wait(300)
    if passes:
        assert desk.accounts.sign_in("Ana", PASSWORD, code=phone.code(fast)).user.has_code
    else:
        with pytest.raises(WrongCode):
            desk.accounts.sign_in("Ana", PASSWORD, code=phone.code(fast))


def test_wrong_codes_wait_as_wrong_passwords_do(desk: Desk, ana: User, phone: Phone) -> None:
    desk.second_factor.turn_on(ana, phone.secret, phone.code())
    phone.wait(300)
    told: list[type[Exception]] = []
    for _ in range(7):
        with pytest.raises((WrongCode, TooManyTries)) as error:
            desk.accounts.sign_in("Ana", PASSWORD, "203.0.113.9")
        told.append(error.type)
    assert told.count(WrongCode) <= 6
    assert told[-1] is TooManyTries
    assert desk.accounts.sign_in("Ana", PASSWORD, "198.51.100.7", code=phone.code())


def test_codes_are_not_turned_on_without_the_app_nor_twice(
    desk: Desk, ana: User, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WrongCode):
        desk.second_factor.turn_on(ana, phone.secret, "12345")
    for secret in ("", "AAAA", "not base 32", "é"):
        with pytest.raises(InvalidInput):
            desk.second_factor.turn_on(ana, secret, phone.code())
    assert desk.accounts.sign_in("Ana", PASSWORD).user == ana
    desk.second_factor.turn_on(ana, phone.secret, phone.code())
    other = Phone(monkeypatch)
    with pytest.raises(OutOfDate):
        desk.second_factor.turn_on(ana, other.secret, other.code())


def test_people_turn_their_codes_off_with_one_and_admins_those_of_others(
    desk: Desk, ana: User, bo: User, admin: User, phone: Phone
) -> None:
    desk.second_factor.turn_on(ana, phone.secret, phone.code())
    session = desk.accounts.sign_in("Ana", PASSWORD, code=phone.code(30))
    with pytest.raises(NotAllowed):
        desk.second_factor.turn_off(bo, "Ana")
    told: list[type[Exception]] = []
    for _ in range(7):
        with pytest.raises((WrongCode, TooManyTries)) as error:
            desk.second_factor.turn_off(ana, "Ana", "1")
        told.append(error.type)
    assert told[0] is WrongCode
    assert told[-1] is TooManyTries
    assert not desk.second_factor.turn_off(admin, "Ana").has_code
    with pytest.raises(NotSignedIn):
        desk.accounts.session(session.token)
    assert desk.accounts.sign_in("Ana", PASSWORD).user == ana
    desk.second_factor.turn_on(bo, phone.secret, phone.code())
    phone.wait(60)
    assert desk.second_factor.turn_off(bo, "Bo", phone.code()) == bo
    acts = {(entry.by, entry.act, entry.subject) for entry in desk.audit.read(admin)}
    assert acts >= {
        ("Ana", "user.code_on", "user Ana"),
        ("Adi", "user.code_off", "user Ana"),
        ("Bo", "user.code_off", "user Bo"),
    }


def test_a_new_password_by_a_link_keeps_the_codes(desk: Desk, ana: User, phone: Phone) -> None:
    """Whoever reads another person's mail does not get in."""
    desk.second_factor.turn_on(ana, phone.secret, phone.code())
    desk.resets.use(desk.resets.make(None, "Ana").token, "another long one")
    with pytest.raises(WrongCode):
        desk.accounts.sign_in("Ana", "another long one")
    phone.wait(30)
    assert desk.accounts.sign_in("Ana", "another long one", code=phone.code()).user.has_code


def test_the_log_holds_no_secret_and_the_link_names_the_person(
    desk: Desk, ana: User, phone: Phone
) -> None:
    desk.second_factor.turn_on(ana, phone.secret, phone.code())
    with desk.store.reading() as connection:
        assert phone.secret not in str(connection.execute(sa.select(audit)).all())
        assert connection.scalars(sa.select(users.c.code_secret)).all() == [phone.secret]
    link = app_link(phone.secret, "Ana K.")
    assert link.startswith("otpauth://totp/Review%20desk:Ana%20K.?")
    assert f"secret={phone.secret}" in link
