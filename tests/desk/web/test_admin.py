"""The work of an admin: users, keys, the audit log."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from lxml import html

from moderation.desk import Desk
from moderation.desk.types import Role
from tests.desk.web.people import NAMES, Person, bring, comment, site_of, words_of
from tests.service.fakes import HOSTILE, wait_until

Visit = Callable[[Role], Person]
NEW = "eight round stones in a row"


@pytest.mark.parametrize("path", ["/users", "/keys", "/audit"])
@pytest.mark.parametrize("role", [Role.READER, Role.MODERATOR, Role.LEAD])
def test_only_an_admin_sees_users_keys_and_the_log(visit: Visit, path: str, role: Role) -> None:
    assert visit(role).get(path).status_code == 403


def test_an_admin_adds_changes_and_disables_users(visit: Visit, desk: Desk) -> None:
    person = visit(Role.ADMIN)
    added = person.send("/users", act="add", name="Vanna", role="moderator", password=NEW)
    assert added.status_code == 303
    assert desk.accounts.sign_in("Vanna", NEW).user.role is Role.MODERATOR
    person.send("/users", act="change", name="Vanna", role="lead", password="")
    assert desk.accounts.sign_in("Vanna", NEW).user.role is Role.LEAD
    person.send("/users", act="disable", name="Vanna")
    assert next(each for each in desk.accounts.users() if each.name == "Vanna").disabled
    person.send("/users", act="enable", name="Vanna")
    assert not next(each for each in desk.accounts.users() if each.name == "Vanna").disabled


def test_the_page_says_what_was_changed(visit: Visit, desk: Desk) -> None:
    person, vanna = visit(Role.ADMIN), {"name": "Vanna"}
    for fields, words in (
        ({"act": "add", "role": "moderator", "password": NEW}, "has been added"),
        ({"act": "change", "role": "moderator", "password": ""}, "Nothing was changed"),
        ({"act": "change", "role": "lead", "password": ""}, "The role of Vanna has"),
        ({"act": "change", "role": "lead", "password": NEW}, "The password of Vanna has"),
        ({"act": "change", "role": "reader", "password": NEW}, "The role and the password of"),
        ({"act": "disable"}, "disabled, is signed out"),
        ({"act": "enable"}, "can sign in again"),
    ):
        reply = person.send("/users", **vanna, **fields)
        told = words_of(person.see(reply.headers["location"]), '//p[@role="status"]')
        assert words in told, fields
        assert "Vanna" in told
        assert person.see("/users").xpath('//p[@role="status"]') == [], "it is said once"


def test_a_change_to_the_same_role_ends_no_session(visit: Visit) -> None:
    person, other = visit(Role.ADMIN), visit(Role.LEAD)
    person.send("/users", act="change", name=NAMES[Role.LEAD], role="lead", password="")
    assert other.get("/queues/review").status_code == 200
    person.send("/users", act="change", name=NAMES[Role.LEAD], role="reader", password="")
    assert other.get("/queues/review").status_code == 303


def test_somebody_who_has_forgotten_sets_a_new_password_by_a_link(
    visit: Visit, site: str, desk: Desk
) -> None:
    admin = visit(Role.ADMIN)
    reply = admin.send("/users", act="reset", name=NAMES[Role.LEAD])
    (link,) = html.fromstring(reply.text).xpath('//*[@id="link"]/text()')
    assert link.startswith(f"{site}/desk/reset?token=")
    assert "set-cookie" not in reply.headers
    assert "no-store" in reply.headers["cache-control"]
    assert link not in admin.get("/users").text
    path = link.removeprefix(site)
    with Person(site) as person:
        page = person.see(path)
        assert NAMES[Role.LEAD] in words_of(page)
        (token,) = page.xpath('//input[@name="token"]/@value')
        short = person.post("/reset", {"token": token, "new": "short"})
        assert short.status_code == 422
        assert 'role="alert"' in short.text
        done = person.post("/reset", {"token": token, "new": NEW})
        assert "Your new password is set" in words_of(person.see(done.headers["location"]))
        assert person.sign_in(Role.LEAD).status_code == 401
        assert person.sign_in(Role.LEAD, NEW).status_code == 303
        for again in (person.get(path), person.post("/reset", {"token": token, "new": NEW})):
            assert again.status_code == 404
            assert "not valid any more" in again.text


def test_a_link_is_of_the_address_by_which_the_admin_came(visit: Visit, site: str) -> None:
    """By HTTPS, even where the proxy does not report it."""
    admin, host = visit(Role.ADMIN), site.removeprefix("http://")
    form = {"csrf": admin.csrf(), "act": "reset", "name": NAMES[Role.LEAD]}
    for origin in (f"https://{host}", site):
        reply = admin.post("/users", form, headers={"Origin": origin})
        (link,) = html.fromstring(reply.text).xpath('//*[@id="link"]/text()')
        assert link.startswith(f"{origin}/desk/reset?token=")


def test_another_sites_page_uses_no_link(visit: Visit, site: str, desk: Desk) -> None:
    token = desk.resets.make(None, NAMES[Role.LEAD]).token
    with Person(site) as person:
        form = {"token": token, "new": NEW}
        reply = person.post("/reset", form, headers={"Origin": "https://elsewhere.example"})
        assert reply.status_code == 403
        assert person.post("/reset", form).status_code == 303


def test_an_admin_who_changes_their_own_password_is_told_to_sign_in(visit: Visit) -> None:
    person = visit(Role.ADMIN)
    own = {"name": NAMES[Role.ADMIN], "role": "admin", "password": NEW}
    reply = person.send("/users", act="change", **own)
    assert "Your account has been changed" in words_of(person.see(reply.headers["location"]))
    assert person.get("/users").status_code == 303


def test_a_new_key_travels_in_no_cookie(visit: Visit) -> None:
    """A cookie could go without encryption; a revoked key's name may travel in one."""
    person = visit(Role.ADMIN)
    reply = person.send("/keys", name="the paper", **{"scope.score": "1"})
    assert html.fromstring(reply.text).xpath('//*[@id="secret"]/text()')
    assert "set-cookie" not in reply.headers
    (number,) = html.fromstring(reply.text).xpath('//input[@name="id"]/@value')
    revoked = person.send("/keys", act="revoke", id=number)
    told = words_of(person.see(revoked.headers["location"]), '//p[@role="status"]')
    assert told == "The key the paper has been revoked."


def test_a_user_that_cannot_be_is_refused_on_the_page_itself(visit: Visit, desk: Desk) -> None:
    person = visit(Role.ADMIN)
    before = len(desk.accounts.users())
    for fields in (
        {"name": "Vanna", "password": "x", "role": "reader"},
        {"name": "", "password": NEW, "role": "reader"},
        {"name": NAMES[Role.LEAD], "password": NEW, "role": "reader"},
        {"name": "Vanna", "password": NEW, "role": "king"},
    ):
        reply = person.send("/users", act="add", **fields)
        assert reply.is_client_error
        assert 'role="alert"' in reply.text
    assert len(desk.accounts.users()) == before


def test_a_key_made_at_the_desk_opens_the_service_until_it_is_revoked(
    desk: Desk, tmp_path: Path
) -> None:
    with site_of(desk, authentication="keys") as site, Person(site) as person:
        person.sign_in(Role.ADMIN)
        reply = person.send("/keys", name="the paper", **{"scope.score": "1"})
        (secret,) = html.fromstring(reply.text).xpath('//*[@id="secret"]/text()')
        with httpx.Client(base_url=site, trust_env=False) as client:

            def ask() -> int:
                headers = {"X-API-Key": secret}
                return client.post("/v1/score", json={"text": "calm"}, headers=headers).status_code

            assert ask() == 200
            assert secret not in person.get("/keys").text
            (key,) = desk.keys.all()
            person.send("/keys", act="revoke", id=key.id)
            wait_until(lambda: ask() == 401)


def test_a_key_for_nothing_is_not_made(visit: Visit, desk: Desk) -> None:
    assert visit(Role.ADMIN).send("/keys", name="idle").status_code == 422
    assert desk.keys.all() == []


def test_the_log_tells_who_did_what_and_holds_no_text(visit: Visit, desk: Desk) -> None:
    (number,) = bring(desk, [comment(f"Quietly {HOSTILE} words.", author="Sok")])
    visit(Role.MODERATOR).send(f"/comments/{number}/decide", ruling="reject:spam")
    told = words_of(visit(Role.ADMIN).see("/audit"))
    assert NAMES[Role.MODERATOR] in told
    assert f"comment {number}" in told
    assert "Quietly" not in told
    assert "Sok" not in told
