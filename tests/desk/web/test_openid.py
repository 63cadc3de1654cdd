"""Signing in at a provider of OpenID Connect: who gets in, as whom, and what is refused."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
from joserfc.jwk import OctKey
from lxml import html

from moderation.desk import Desk
from moderation.desk.types import Role
from moderation.desk.web.pages.openid import BROWSER
from moderation.desk.web.request import COOKIE
from tests.desk.web.people import NAMES, PASSWORD, Person, bring, comment, site_of, words_of
from tests.desk.web.provider import CLIENT, SECRET, FakeProvider, new_key, provider_at_work
from tests.desk.web.test_corrections import form_of
from tests.service.fakes import HOSTILE

Serve = Callable[..., AbstractContextManager["Guest"]]
CREATES = {"oidc_create_users": True, "oidc_default_role": "moderator"}


class Guest(Person):
    """Somebody who signs in at the provider."""

    def __init__(self, address: str, provider: FakeProvider) -> None:
        super().__init__(address)
        self.provider = provider

    def leave(self, aim: str = "", **kept: str) -> str:
        """Begin to sign in; return the address at the provider."""
        fields = {f"kept.{name}": value for name, value in kept.items()}
        reply = self.post("/sign-in/openid", {"next": aim, **fields})
        assert reply.status_code == 200, reply.text
        (refresh,) = html.fromstring(reply.text).xpath("//meta[@http-equiv='refresh']/@content")
        (link,) = html.fromstring(reply.text).xpath("//main//a/@href")
        assert refresh == f"0; url={link}"
        return str(link)

    def come_back(self, aim: str = "", **kept: str) -> httpx.Response:
        """Sign in at the provider; return what the desk answers."""
        return self.client.get(self.provider.answer(self.leave(aim, **kept)))


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    """Give a provider at work."""
    with provider_at_work() as fake:
        yield fake


@pytest.fixture
def serve(desk: Desk, provider: FakeProvider) -> Iterator[Serve]:
    """Give a way to serve the desk with settings, and to come as a guest."""
    with ExitStack() as stack:

        @contextmanager
        def guest_of(**settings: Any) -> Iterator[Guest]:
            chosen = {
                "oidc_issuer": provider.issuer,
                "oidc_client_id": CLIENT,
                "oidc_client_secret": SECRET,
                "oidc_name": "Newsroom login",
                **settings,
            }
            address = stack.enter_context(site_of(desk, **chosen))
            with Guest(address, provider) as guest:
                yield guest

        yield guest_of


def user_named(desk: Desk, name: str) -> Any:
    return next((user for user in desk.accounts.users() if user.name == name), None)


def test_a_person_with_an_account_links_it_with_the_password_once_and_then_needs_none(
    serve: Serve, desk: Desk
) -> None:
    with serve() as guest:
        page = html.fromstring(guest.come_back("/desk/queues/decided").text)
        assert "No account at this desk is linked to you yet" in words_of(page)
        assert "Newsroom login has signed you in as Sok Dara" in words_of(page)
        state = page.xpath("//input[@name='state']/@value")[0]
        sent = {"state": state, "name": NAMES[Role.MODERATOR]}
        wrong = guest.post("/sign-in/link", {**sent, "password": "not it"})
        assert wrong.status_code == 401
        linked = guest.post("/sign-in/link", {**sent, "password": PASSWORD})
        assert linked.headers["location"] == "/desk/queues/decided"
        assert NAMES[Role.MODERATOR] in guest.get("/queues/decided").text
        guest.client.cookies.clear()
        back = guest.come_back("/desk/queues/review")
        assert (back.status_code, back.headers["location"]) == (303, "/desk/queues/review")
        assert guest.get("/queues/review").status_code == 200
        # The page to link is good once.
        assert guest.post("/sign-in/link", {**sent, "password": PASSWORD}).status_code == 400
    acts = [(entry.act, entry.by) for entry in desk.audit.read(user_named(desk, "ada"))]
    assert acts[:2] == [("sign in", "mo"), ("sign in", "mo")]
    assert ("user.link", "mo") in acts


def test_a_name_or_an_address_alone_opens_no_account(
    serve: Serve, provider: FakeProvider, desk: Desk
) -> None:
    lead = NAMES[Role.LEAD]
    provider.person = {"sub": "evil", "preferred_username": lead, "name": lead, "email": lead}
    with serve(**CREATES) as guest:
        page = html.fromstring(guest.come_back().text)
        assert "already a user with this name" in words_of(page)
        assert COOKIE not in guest.client.cookies
    assert len(desk.accounts.users()) == len(NAMES)


def test_another_subject_with_the_same_name_and_address_is_another_person(
    serve: Serve, provider: FakeProvider, desk: Desk
) -> None:
    with serve(**CREATES) as guest:
        assert guest.come_back().status_code == 303
        guest.client.cookies.clear()
        provider.person = {**provider.person, "sub": "1002"}
        assert guest.come_back().status_code == 403


def test_linking_asks_for_the_code_too_and_signing_in_there_does_not(
    serve: Serve, desk: Desk
) -> None:
    user = user_named(desk, NAMES[Role.MODERATOR])
    secret = pyotp.random_base32()
    desk.second_factor.turn_on(user, secret, pyotp.TOTP(secret).at(time.time() - 30))
    with serve() as guest:
        page = html.fromstring(guest.come_back().text)
        sent = {"state": page.xpath("//input[@name='state']/@value")[0], "password": PASSWORD}
        sent["name"] = user.name
        without = guest.post("/sign-in/link", sent)
        assert "The code is missing or wrong" in without.text
        code = pyotp.TOTP(secret).now()
        assert guest.post("/sign-in/link", {**sent, "code": code}).status_code == 303
        guest.client.cookies.clear()
        assert guest.come_back().status_code == 303


def test_an_admin_links_a_person_who_has_signed_in_and_ends_the_link(
    serve: Serve, desk: Desk
) -> None:
    with serve() as guest, Person(str(guest.client.base_url)) as admin:
        guest.come_back()
        admin.sign_in(Role.ADMIN)
        page = admin.see("/users")
        assert "Sok Dara" in words_of(page)
        (number,) = page.xpath("//input[@name='person']/@value")
        told = admin.send("/users", act="link", person=number, name=NAMES[Role.LEAD])
        assert "can sign in at the provider" in words_of(admin.see(told.headers["location"]))
        assert guest.come_back().status_code == 303
        assert guest.get("/bulk").status_code == 200
        told = admin.send("/users", act="unlink", name=NAMES[Role.LEAD])
        assert "not linked" in words_of(admin.see(told.headers["location"]))
        assert guest.get("/bulk").status_code == 303
        assert guest.come_back().status_code == 403


def test_a_disabled_account_stays_disabled(serve: Serve, desk: Desk) -> None:
    with serve(**CREATES) as guest:
        assert guest.come_back().status_code == 303
        desk.accounts.change(None, "Sok Dara", disabled=True)
        assert guest.get("/queues/review").status_code == 303
        reply = guest.come_back()
        assert reply.status_code == 403
        assert "your account at this desk is disabled" in reply.text


def test_unknown_people_get_an_account_only_where_the_settings_say_so(
    serve: Serve, provider: FakeProvider, desk: Desk
) -> None:
    with serve(**CREATES) as guest:
        assert guest.come_back().status_code == 303
        assert user_named(desk, "Sok Dara").role is Role.MODERATOR
        # An account without a password: none opens it.
        with Person(str(guest.client.base_url)) as other:
            for password in ("", "nobody has this password"):
                data = {"name": "Sok Dara", "password": password}
                assert other.post("/sign-in", data).status_code == 401


def test_groups_give_roles_at_each_sign_in(
    serve: Serve, provider: FakeProvider, desk: Desk
) -> None:
    provider.person = {
        "sub": "7",
        "name": "Chan",
        "realm_access": {"roles": ["x", "mods", "heads"]},
    }
    roles = {"mods": "moderator", "heads": "lead", "it": "admin"}
    with serve(
        oidc_role_claim="realm_access.roles", oidc_roles=roles, oidc_create_users=True
    ) as guest:
        assert guest.come_back().status_code == 303
        assert user_named(desk, "Chan").role is Role.LEAD
        provider.person["realm_access"] = {"roles": ["mods"]}
        assert guest.come_back().status_code == 303
        assert user_named(desk, "Chan").role is Role.MODERATOR
        provider.person["realm_access"] = {"roles": ["visitors"]}
        assert "none of your groups has a role" in guest.come_back().text
        # A person of the groups is no one whom a group's name in another claim makes.
        provider.person = {"sub": "8", "name": "Ly", "groups": ["it"]}
        provider.userinfo = {"sub": "8"}
        assert guest.come_back().status_code == 403
    assert user_named(desk, "Ly") is None


def test_the_last_admin_stays_one_whatever_the_groups_say(
    serve: Serve, provider: FakeProvider, desk: Desk
) -> None:
    desk.accounts.change(None, NAMES[Role.ADMIN], disabled=False)
    provider.person = {"sub": "7", "name": "Chan", "groups": ["it"]}
    with serve(oidc_roles={"it": "admin", "mods": "moderator"}, oidc_create_users=True) as guest:
        guest.come_back()
        desk.accounts.change(None, NAMES[Role.ADMIN], role=Role.LEAD)
        provider.person["groups"] = ["mods"]
        assert guest.come_back().status_code == 303
    assert user_named(desk, "Chan").role is Role.ADMIN


def test_groups_may_come_from_userinfo(serve: Serve, provider: FakeProvider, desk: Desk) -> None:
    provider.userinfo = {"sub": "1001", "groups": "mods"}
    with serve(oidc_roles={"mods": "moderator"}, oidc_create_users=True) as guest:
        assert guest.come_back().status_code == 303
        provider.userinfo = {"sub": "somebody else", "groups": "mods"}
        assert "userinfo" in guest.come_back().text


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"claims": {"nonce": "another"}}, "invalid_claim"),
        ({"claims": {"nonce": None}}, "missing_claim"),
        ({"claims": {"aud": "another client"}}, "invalid_claim"),
        ({"claims": {"aud": ["desk", "another"], "azp": "another"}}, "invalid_claim"),
        ({"claims": {"iss": "https://elsewhere.example"}}, "invalid_claim"),
        ({"claims": {"exp": int(time.time()) - 3600}}, "expired_token"),
        ({"claims": {"exp": None}}, "missing_claim"),
        ({"claims": {"sub": None}}, "missing_claim"),
        ({"claims": {"sub": ""}}, ""),
        ({"claims": {"sub": 5}}, ""),
        ({"claims": {"at_hash": "wrong"}}, "invalid_claim"),
        ({"key": new_key()}, "bad_signature"),
        ({"alg": "none"}, ""),
        ({"alg": "HS256", "key": OctKey.import_key(SECRET)}, ""),
        ({"error": "access_denied"}, "access_denied"),
        ({"error": "<script>"}, "unknown"),
    ],
)
def test_an_answer_that_does_not_hold_signs_nobody_in(
    serve: Serve, provider: FakeProvider, change: dict[str, Any], reason: str, desk: Desk
) -> None:
    for name, value in change.items():
        setattr(provider, name, value)
    with serve(**CREATES) as guest:
        reply = guest.come_back("/desk/model")
        assert reply.status_code == 403
        assert COOKIE not in guest.client.cookies
        assert "Newsroom login has not signed you in" in reply.text
        assert reason in reply.text
        assert "<script>" not in reply.text
        # The way back to the page is kept, and the provider can be tried again.
        assert html.fromstring(reply.text).xpath("//input[@name='next']/@value")[0] == "/desk/model"
    assert len(desk.accounts.users()) == len(NAMES)


@pytest.mark.parametrize("kind", ["RSA", "EC"])
def test_keys_may_be_replaced_at_the_provider(
    serve: Serve, provider: FakeProvider, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.desk.accounts.openid.KEYS_SECONDS", 0)
    with serve(**CREATES) as guest:
        assert guest.come_back().status_code == 303
        provider.keys = [new_key(kind)]
        provider.alg = {"RSA": "PS256", "EC": "ES256"}[kind]
        guest.client.cookies.clear()
        assert guest.come_back().status_code == 303


def test_a_state_is_good_once_and_in_its_own_browser_alone(
    serve: Serve, provider: FakeProvider
) -> None:
    with serve(**CREATES) as guest, Guest(str(guest.client.base_url), provider) as other:
        back = provider.answer(guest.leave())
        stolen = other.client.get(back)
        assert stolen.status_code == 400
        assert "used already, or took too long" in stolen.text
        assert guest.client.get(back).status_code == 303
        # Loaded again by whoever is in, it leads to the desk.
        assert guest.client.get(back).headers["location"] == "/desk"
        browser = guest.client.cookies[BROWSER]
        guest.client.cookies.clear()
        guest.client.cookies.set(BROWSER, browser, path="/desk")
        assert guest.client.get(back).status_code == 400
        assert guest.get("/sign-in/callback?state=made-up&code=code-0").status_code == 400
        assert guest.get("/sign-in/callback").status_code == 400


def test_a_sign_in_that_took_too_long_is_over(
    serve: Serve, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(**CREATES) as guest:
        back = provider.answer(guest.leave())
        monkeypatch.setattr("moderation.desk.accounts.identities.LIFETIME", -time_of(1))
        assert guest.client.get(back).status_code == 400


def time_of(seconds: float) -> Any:
    from datetime import timedelta  # noqa: PLC0415

    return timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "aim", ["https://evil.example/", "//evil.example", "/desk/../evil", "/desk//evil.example", "/x"]
)
def test_the_way_back_leads_to_no_other_site(serve: Serve, aim: str) -> None:
    with serve(**CREATES) as guest:
        assert guest.come_back(aim).headers["location"] == "/desk"


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
def test_a_provider_that_is_out_of_order_is_named_and_the_desk_works_on(
    serve: Serve, provider: FakeProvider, path: str
) -> None:
    provider.broken = path
    with serve(**CREATES) as guest:
        if path == "/.well-known/openid-configuration":
            reply = guest.post("/sign-in/openid", {"next": "/desk/model", "kept.note": "typed"})
        else:
            reply = guest.come_back("/desk/model", note="typed")
        assert reply.status_code == 502
        assert "Newsroom login cannot sign you in at the moment (" in reply.text
        page = html.fromstring(reply.text)
        assert page.xpath("//input[@name='kept.note']/@value") == ["typed", "typed"]
        assert guest.sign_in(Role.READER).status_code == 303
        assert guest.get("/queues/review").status_code == 200


def test_a_provider_that_is_not_there_is_named(serve: Serve, provider: FakeProvider) -> None:
    with serve(oidc_issuer="http://127.0.0.1:9", **CREATES) as guest:
        reply = guest.post("/sign-in/openid", {})
        assert reply.status_code == 502
        assert "it cannot be reached, ConnectError" in reply.text


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://elsewhere.example"},
        {"authorization_endpoint": "http://elsewhere.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
    ],
)
def test_a_discovery_document_of_another_or_without_tls_is_refused(
    serve: Serve, provider: FakeProvider, document: dict[str, Any]
) -> None:
    provider.document = document
    with serve() as guest:
        reply = guest.post("/sign-in/openid", {})
        assert reply.status_code == 502
        assert "discovery" in reply.text


def test_what_was_typed_comes_back_after_signing_in_at_the_provider(
    serve: Serve, desk: Desk
) -> None:
    (number,) = bring(desk, [comment(f"They say {HOSTILE}.")])
    with serve(**CREATES) as guest:
        guest.come_back()
        fields = form_of(guest.see(f"/comments/{number}")) | {"note": "see Monday"}
        sent = {"csrf": guest.csrf(), **fields, "ruling": "approve"}
        desk.accounts.sign_out(guest.client.cookies[COOKIE])
        reply = guest.post(f"/comments/{number}/decide", sent)
        assert reply.status_code == 401
        (form,) = html.fromstring(reply.text).xpath("//form[@action='/desk/sign-in/openid']")
        leaving = guest.post("/sign-in/openid", dict(form.form_values()))
        (address,) = html.fromstring(leaving.text).xpath("//main//a/@href")
        back = guest.client.get(guest.provider.answer(address))
        for _ in range(2):  # also when it is loaded again
            page = guest.see(back.headers["location"])
            assert "has not been saved" in words_of(page)
            assert form_of(page)["note"] == "see Monday"
        assert desk.queue.get(number).decisions == ()
        again = form_of(page) | {"csrf": guest.csrf(), "ruling": "approve"}
        guest.post(f"/comments/{number}/decide", again)
    assert desk.queue.get(number).decisions[0].ruling.note == "see Monday"


def test_passwords_stay_for_those_whom_the_settings_name(serve: Serve) -> None:
    with serve(oidc_passwords="nobody") as guest:
        assert guest.see("/sign-in").xpath("//input[@name='password']") == []
        reply = guest.sign_in(Role.ADMIN)
        assert reply.status_code == 403
        assert "Sign in with Newsroom login" in reply.text
    with serve(oidc_passwords="admins") as guest:
        assert guest.see("/sign-in").xpath("//input[@name='password']")
        assert guest.sign_in(Role.LEAD).status_code == 403
        assert COOKIE not in guest.client.cookies
        assert guest.sign_in(Role.LEAD, "wrong").status_code == 401
        assert guest.sign_in(Role.ADMIN).status_code == 303


def test_very_many_who_begin_and_do_not_come_back_have_to_wait(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, desk: Desk
) -> None:
    monkeypatch.setattr("moderation.desk.accounts.identities.MAX_PENDING_OF_NETWORK", 3)
    with serve(**CREATES) as guest:
        for _ in range(3):
            guest.leave()
        assert guest.post("/sign-in/openid", {}).status_code == 429
    acts = [entry.act for entry in desk.audit.read(user_named(desk, "ada"))]
    assert acts.count("sign in.wait") == 1


def test_without_a_provider_there_is_no_way_to_one(site: str) -> None:
    with Person(site) as person:
        assert person.see("/sign-in").xpath("//form[@action='/desk/sign-in/openid']") == []
        assert person.post("/sign-in/openid", {}).status_code == 404
        assert person.get("/sign-in/callback?state=x").status_code == 404


def test_the_request_carries_fresh_secrets_and_none_of_the_desks(serve: Serve) -> None:
    with serve() as guest:
        first, second = guest.leave(), guest.leave()
    for name in ("state", "nonce", "code_challenge"):
        one, other = (parse_qs(urlsplit(each).query)[name][0] for each in (first, second))
        assert one != other
        assert len(one) >= 43
    assert SECRET not in first
    assert not re.search("verifier", first)
