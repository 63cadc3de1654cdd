"""Signing in: who gets in, for how long, and from where."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pyotp
import pytest

from moderation.desk import Desk
from moderation.desk.types import Role
from moderation.desk.web.pages.account import own_address
from moderation.desk.web.request import DeskRequest
from tests.desk.web.people import NAMES, PASSWORD, Person, site_of, words_of

Visit = Callable[[Role], Person]
NEW = "seven dry stones in a row"


def test_whoever_is_not_signed_in_is_asked_to_and_then_gets_where_they_were_going(
    site: str,
) -> None:
    with Person(site) as person:
        asked = person.get("/queues/decided?words=bridge")
        assert asked.status_code == 303
        page = person.get(asked.headers["location"])
        assert 'value="/desk/queues/decided?words=bridge"' in page.text
        reply = person.sign_in(Role.READER, aim="/desk/queues/decided?words=bridge")
        assert reply.headers["location"] == "/desk/queues/decided?words=bridge"
        assert person.get("/queues/decided?words=bridge").status_code == 200


def test_a_wrong_password_and_a_wrong_name_are_told_alike(site: str) -> None:
    with Person(site) as person:
        wrong = person.sign_in(Role.LEAD, "something else")
        unknown = person.post("/sign-in", {"name": "nobody", "password": PASSWORD})
    assert wrong.status_code == unknown.status_code == 401
    alert = '<div class="problem" role="alert"'
    assert wrong.text.split(alert)[1] == unknown.text.split(alert)[1]
    assert "set-cookie" not in wrong.headers


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: str) -> None:
    with Person(site) as person:
        cookie = person.sign_in(Role.READER).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/desk" in cookie


def test_after_signing_out_the_cookie_opens_nothing(visit: Visit) -> None:
    person = visit(Role.READER)
    kept = dict(person.client.cookies)
    assert person.send("/sign-out").status_code == 303
    person.client.cookies.update(kept)
    assert person.get("/queues/review").status_code == 303


def test_somebody_who_is_disabled_is_out_at_once(visit: Visit, desk: Desk) -> None:
    person = visit(Role.MODERATOR)
    desk.accounts.change(None, NAMES[Role.MODERATOR], disabled=True)
    assert person.get("/queues/review").status_code == 303


def test_one_changes_ones_own_password_only_with_the_old_one(visit: Visit) -> None:
    person = visit(Role.READER)
    wrong = person.send("/password", old="not it", new=NEW)
    assert wrong.status_code == 401
    done = person.send("/password", old=PASSWORD, new=NEW)
    assert done.is_redirect
    assert "Your new password is set" in words_of(person.see(done.headers["location"]))
    assert person.get("/queues/review").status_code == 303
    assert person.sign_in(Role.READER, NEW).status_code == 303


def test_a_person_turns_codes_on_signs_in_with_one_and_an_admin_turns_them_off(
    visit: Visit, site: str
) -> None:
    person, field = visit(Role.LEAD), '//input[@id="code"]'
    with Person(site) as nobody:
        assert nobody.see("/sign-in").xpath(field) == []
    page = person.see("/password")
    (secret,) = page.xpath('//*[@id="code-secret"]/text()')
    assert page.xpath("//a[starts-with(@href, 'otpauth://totp/')]")
    phone = pyotp.TOTP(secret)
    sent = {"act": "on", "secret": secret, "old": PASSWORD}
    wrong = person.send("/code", **sent, code="1")
    assert wrong.status_code == 401
    assert secret in wrong.text, "the app has this one already"
    assert person.send("/code", **sent | {"old": "not it"}, code=phone.now()).status_code == 401
    done = person.send("/code", **sent, code=phone.now())
    assert "you sign in with a code too" in words_of(person.see(done.headers["location"]))
    assert secret not in person.get("/password").text
    name = NAMES[Role.LEAD]
    with Person(site) as again:
        assert again.see("/sign-in").xpath(field)
        assert "The code is missing or wrong" in again.sign_in(Role.LEAD).text
        data = {"name": name, "password": PASSWORD, "code": phone.at(time.time() + 30)}
        assert again.post("/sign-in", data).status_code == 303
        assert again.get("/queues/review").status_code == 200
        admin = visit(Role.ADMIN)
        told = admin.send("/users", act="no_code", name=name)
        assert "signs in without a code" in words_of(admin.see(told.headers["location"]))
        assert again.get("/queues/review").status_code == 303
        assert again.sign_in(Role.LEAD).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
)
def test_what_another_site_sends_does_nothing(
    visit: Visit, desk: Desk, headers: dict[str, str]
) -> None:
    person = visit(Role.LEAD)
    data = {"csrf": person.csrf(), "name": "x"}
    for path in ("/sign-out", "/sign-in", "/model/roll-back"):
        reply = person.post(path, data, headers=headers)
        assert reply.status_code == 403
    assert person.get("/queues/review").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "ទទួល"])
def test_a_form_without_the_visits_token_does_nothing(visit: Visit, token: str) -> None:
    person = visit(Role.LEAD)
    reply = person.post("/sign-out", {"csrf": token})
    assert reply.status_code == 403
    assert person.get("/queues/review").status_code == 200


@pytest.mark.parametrize(
    "aim",
    [
        "https://elsewhere.example/desk",
        "//elsewhere.example/desk",
        "/\\elsewhere.example",
        "/desk//elsewhere.example",
        "/desk/../x",
        "/deskx",
        "javascript:alert(1)",
        "/desk\r\nSet-Cookie: a=b",
        "http://[",
        "",
    ],
)
def test_signing_in_never_leads_to_another_site(aim: str) -> None:
    assert own_address(aim) == "/desk"


def test_every_page_of_the_desk_forbids_foreign_code_frames_and_caches(visit: Visit) -> None:
    person = visit(Role.ADMIN)
    for path in ("/sign-in", "/queues/review", "/users", "/no-such-page"):
        headers = person.get(path).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store"


def test_what_goes_wrong_is_told_as_a_page(visit: Visit) -> None:
    person = visit(Role.READER)
    for path, status in (
        ("/no-such-page", 404),
        ("/queues/nothing", 404),
        ("/comments/999999", 404),
        ("/comments/" + "9" * 5000, 404),
        ("/comments/x", 404),
        ("/queues/review?low=2", 422),
        ("/queues/review?since=x", 422),
        ("/queues/review?until=9999-12-31", 422),
        ("/queues/review?sort=x", 422),
        ("/users", 403),
    ):
        reply = person.get(path)
        assert reply.status_code == status, path
        assert "That did not work" in reply.text


def test_where_nobody_may_sign_in_yet_the_page_says_how_to_begin(tmp_path: Path, site: str) -> None:
    empty = Desk.open(f"sqlite:///{tmp_path / 'empty.db'}")
    with site_of(empty) as address, httpx.Client(trust_env=False) as client:
        assert "moderation desk user add" in client.get(f"{address}/desk/sign-in").text
        assert "moderation desk user add" not in client.get(f"{site}/desk/sign-in").text
    empty.close()


def test_a_hundred_who_guess_keep_no_page_from_those_who_are_signed_in(
    visit: Visit, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages are answered, and owners let in by a known browser, while all guesses still wait."""
    person = visit(Role.MODERATOR)
    owner = visit(Role.LEAD)
    owner.client.cookies.delete("moderation_desk")
    goes_on, looks = threading.Event(), threading.Semaphore(0)

    def look(_: str | None, password: str) -> bool:
        if password == PASSWORD:
            return True
        looks.release()
        goes_on.wait(30)
        return False

    monkeypatch.setattr("moderation.desk.accounts.accounts.is_password", look)

    def guess(place: int) -> int:
        with httpx.Client(base_url=site, trust_env=False, timeout=60) as client:
            data = {"name": f"name {place}", "password": "wrong"}
            return client.post("/desk/sign-in", data=data).status_code

    with ThreadPoolExecutor(100) as pool:
        guesses = [pool.submit(guess, place) for place in range(100)]
        try:
            assert looks.acquire(timeout=30)
            for _ in range(20):
                assert person.get("/queues/review").status_code == 200
            assert owner.sign_in(Role.LEAD).status_code == 303
            assert any(not each.done() for each in guesses)
        finally:
            goes_on.set()
        told = [each.result() for each in guesses]
    assert set(told) == {401, 429}
    assert told.count(429) > 0
    assert person.get("/queues/review").status_code == 200


def test_a_stranger_elsewhere_does_not_keep_the_owner_out(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a proxy that says who calls; a browser that is known gets in even beside them."""
    seen = ["198.51.100.7"]
    monkeypatch.setattr(DeskRequest, "address", property(lambda _: seen[0]))
    with Person(site) as owner, Person(site) as stranger, Person(site) as other:
        assert owner.sign_in(Role.LEAD).status_code == 303
        cookie = owner.client.cookies["moderation_desk_device"]
        owner.client.cookies.delete("moderation_desk")
        seen[0] = "203.0.113.9"
        told = [stranger.sign_in(Role.LEAD, "wrong").status_code for _ in range(8)]
        assert told == [401] * 5 + [429] * 3
        assert owner.sign_in(Role.LEAD).status_code == 303
        assert owner.client.cookies["moderation_desk_device"] == cookie
        seen[0] = "192.0.2.1"
        assert other.sign_in(Role.LEAD).status_code == 303


def test_the_browsers_cookie_outlives_the_visit_and_opens_nothing(site: str) -> None:
    with Person(site) as person:
        reply = person.sign_in(Role.READER)
        (kept,) = [each for each in reply.headers.get_list("set-cookie") if "_device=" in each]
        assert "max-age=15552000" in kept.lower()
        assert "httponly" in kept.lower()
        person.client.cookies.delete("moderation_desk")
        assert person.get("/queues/review").status_code == 303


def test_words_of_the_page_are_there_for_everybody(visit: Visit) -> None:
    assert "To review" in words_of(visit(Role.READER).see("/queues/review"), "//nav")
