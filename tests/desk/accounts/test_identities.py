"""People of a provider: accounts are bound to issuer and subject, on both databases."""

import pytest

from moderation.desk import Desk
from moderation.desk.accounts import identities
from moderation.desk.errors import Crowded, NotLinked, SignInOver
from moderation.desk.types import (
    AuthorizationRequest,
    Identity,
    PendingSignIn,
    Role,
    RoleRules,
    User,
)
from moderation.errors import InvalidInput

ISSUER, PROVIDER = "https://login.example", "Newsroom login"
DARA = Identity(ISSUER, "1001", "Sok Dara", "dara@news.example")
NONE = RoleRules()
CREATES = RoleRules(default=Role.MODERATOR, creates=True)


def pending(state: str) -> PendingSignIn:
    request = AuthorizationRequest("", state, "nonce", "verifier", "https://desk.example/back")
    return PendingSignIn(request, "/desk/model", {"note": "typed"})


def test_a_sign_in_is_taken_once_by_the_browser_that_began_it(desk: Desk, ana: User) -> None:
    desk.identities.begin(pending("s"), "browser", "192.0.2.1")
    with pytest.raises(SignInOver):
        desk.identities.take("s", "another")
    taken = desk.identities.take("s", "browser")
    assert (taken.request.nonce, taken.next_path, taken.kept) == (
        "nonce",
        "/desk/model",
        {"note": "typed"},
    )
    with pytest.raises(SignInOver):
        desk.identities.take("s", "browser")
    with pytest.raises(SignInOver):
        desk.identities.held("s", "browser")
    desk.identities.hold("s", DARA)
    assert desk.identities.held("s", "browser")[1] == DARA
    desk.identities.link_own(ana, DARA)
    desk.identities.sign_in(DARA, NONE, PROVIDER, state="s")
    assert desk.identities.kept("s", "browser", ana).kept == {"note": "typed"}
    # Nobody links another account by the same way.
    with pytest.raises(SignInOver):
        desk.identities.held("s", "browser")


def test_a_person_and_an_account_are_linked_once(
    desk: Desk, admin: User, ana: User, bo: User
) -> None:
    with pytest.raises(NotLinked):
        desk.identities.sign_in(DARA, NONE, PROVIDER)
    (known,) = desk.identities.all()
    desk.identities.link(admin, known.id, ana.name)
    assert desk.identities.sign_in(DARA, NONE, PROVIDER).user.name == ana.name
    with pytest.raises(InvalidInput):
        desk.identities.link(admin, known.id, bo.name)
    other = Identity(ISSUER, "1002", "Sok Dara", "dara@news.example")
    with pytest.raises(InvalidInput):
        desk.identities.link_own(ana, other)
    desk.identities.unlink(admin, ana.name)
    with pytest.raises(NotLinked):
        desk.identities.sign_in(DARA, NONE, PROVIDER)


def test_an_account_that_is_made_has_no_password(desk: Desk) -> None:
    session = desk.identities.sign_in(DARA, CREATES, PROVIDER)
    assert (session.user.name, session.user.role) == ("Sok Dara", Role.MODERATOR)
    again = desk.identities.sign_in(DARA, CREATES, PROVIDER)
    assert again.user == session.user
    assert desk.accounts.session(again.token).user == session.user


def test_only_the_latest_strangers_and_sign_ins_are_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identities, "MAX_STRANGERS", 2)
    monkeypatch.setattr(identities, "MAX_PENDING", 2)
    for number in range(4):
        with pytest.raises(NotLinked):
            desk.identities.sign_in(Identity(ISSUER, str(number), "Ly"), NONE, PROVIDER)
        desk.identities.begin(pending(str(number)), "browser", f"192.0.2.{number}")
    assert [person.subject for person in desk.identities.all()] == ["3", "2"]
    with pytest.raises(SignInOver):
        desk.identities.take("0", "browser")
    assert desk.identities.take("3", "browser")
    monkeypatch.setattr(identities, "MAX_PENDING_OF_NETWORK", 0)
    with pytest.raises(Crowded):
        desk.identities.begin(pending("5"), "browser", "192.0.2.9")
