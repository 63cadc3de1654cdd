"""Rights: every page and every form, asked for by every role."""

from collections.abc import Callable
from typing import Any

import pytest

from moderation.desk import Desk
from moderation.desk.types import Role
from moderation.desk.web.app import ACTIONS, PAGES
from tests.desk.web.people import Person, bring, comment, words_of
from tests.service.fakes import HOSTILE

Visit = Callable[[Role], Person]
SEEN_BY = {
    "": Role.READER,
    "/": Role.READER,
    "/sign-in": None,
    "/sign-in/callback": None,
    "/sign-in/kept": Role.READER,
    "/password": Role.READER,
    "/reset": None,
    "/queues/{queue}": Role.READER,
    "/authors": Role.READER,
    "/comments/{number}": Role.READER,
    "/second": Role.MODERATOR,
    "/second/{number}": Role.MODERATOR,
    "/agreement": Role.LEAD,
    "/agreement/{number}": Role.LEAD,
    "/sections": Role.LEAD,
    "/live": Role.READER,
    "/bulk": Role.LEAD,
    "/workbench": Role.READER,
    "/model": Role.READER,
    "/settings": Role.LEAD,
    "/statistics": Role.LEAD,
    "/upload": Role.MODERATOR,
    "/uploads/{number}": Role.MODERATOR,
    "/export/decisions.csv": Role.LEAD,
    "/export/decisions.jsonl": Role.LEAD,
    "/export/labels.jsonl": Role.LEAD,
    "/export/statistics.csv": Role.LEAD,
    "/users": Role.ADMIN,
    "/keys": Role.ADMIN,
    "/messages": Role.LEAD,
    "/audit": Role.ADMIN,
}
SENT_BY = {
    "/sign-in": None,
    "/sign-in/openid": None,
    "/sign-in/link": None,
    "/sign-out": Role.READER,
    "/password": Role.READER,
    "/code": Role.READER,
    "/preferences": Role.READER,
    "/settings": Role.LEAD,
    "/reset": None,
    "/next": Role.MODERATOR,
    "/picked": Role.MODERATOR,
    "/comments/{number}/decide": Role.MODERATOR,
    "/comments/{number}/skip": Role.MODERATOR,
    "/comments/{number}/escalate": Role.MODERATOR,
    "/comments/{number}/note": Role.MODERATOR,
    "/comments/{number}/people": Role.LEAD,
    "/comments/{number}/confirm": Role.MODERATOR,
    "/comments/{number}/dismiss": Role.MODERATOR,
    "/comments/{number}/erase": Role.ADMIN,
    "/decisions/{number}/undo": Role.MODERATOR,
    "/second/next": Role.MODERATOR,
    "/second/{number}/decide": Role.MODERATOR,
    "/second/{number}/skip": Role.MODERATOR,
    "/second/{number}/undo": Role.MODERATOR,
    "/agreement": Role.LEAD,
    "/agreement/{number}/settle": Role.LEAD,
    "/agreement/{number}/decide": Role.LEAD,
    "/sections": Role.LEAD,
    "/queues/sections": Role.MODERATOR,
    "/bulk": Role.LEAD,
    "/bulk/{number}/undo": Role.LEAD,
    "/workbench": Role.LEAD,
    "/model/roll-back": Role.LEAD,
    "/model/train": Role.LEAD,
    "/upload": Role.MODERATOR,
    "/uploads/{number}/cancel": Role.MODERATOR,
    "/users": Role.ADMIN,
    "/keys": Role.ADMIN,
    "/messages": Role.LEAD,
}


def test_the_tables_name_every_page_and_every_form() -> None:
    assert set(SEEN_BY) == set(PAGES)
    assert set(SENT_BY) == set(ACTIONS)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_refused_what_it_may_not_do_and_nothing_else(
    visit: Visit, desk: Desk, role: Role
) -> None:
    (number,) = bring(desk, [comment(f"They say {HOSTILE}.")])
    person = visit(role)
    csrf = person.csrf()
    for path, needed in SEEN_BY.items():
        status = person.get(_at(path, number)).status_code
        assert (status == 403) == (needed is not None and not role.may(needed)), path
    for path, needed in SENT_BY.items():
        if path == "/sign-out":
            continue
        # Fields that no form has: what is let through is refused for them, or changes nothing.
        reply = person.post(_at(path, number), {"csrf": csrf, "act": "none"})
        assert (reply.status_code == 403) == (needed is not None and not role.may(needed)), path


def test_nobody_gets_anything_without_signing_in(site: str) -> None:
    with Person(site) as person:
        for path, needed in SEEN_BY.items():
            reply = person.get(_at(path, 1))
            assert (reply.status_code == 303) == (needed is not None), path
        for path, needed in SENT_BY.items():
            reply = person.post(_at(path, 1), {})
            # What somebody has typed about a comment is kept in the page to sign in.
            if path.startswith(("/comments/", "/second/{number}")):
                assert reply.status_code == 401, path
                assert 'action="/desk/sign-in"' in reply.text
            else:
                assert (reply.status_code == 303) == (needed is not None), path
                assert needed is None or "/sign-in" in reply.headers["location"]


def test_a_form_is_not_read_before_it_is_known_who_sends_it(site: str, visit: Visit) -> None:
    """Only those who may send a form are told that it cannot be read."""
    broken: dict[str, Any] = {
        "content": b"--x\r\nno form",
        "headers": {"content-type": "multipart/form-data; boundary=x"},
    }
    with Person(site) as nobody:
        assert nobody.client.post("/desk/upload", **broken).status_code == 303
    assert visit(Role.READER).client.post("/desk/upload", **broken).status_code == 403
    assert visit(Role.MODERATOR).client.post("/desk/upload", **broken).status_code == 422


def test_a_link_alone_makes_the_desk_say_nothing_that_was_not_done(
    visit: Visit, desk: Desk
) -> None:
    (number,) = bring(desk, [comment(f"They say {HOSTILE}.")])
    person = visit(Role.ADMIN)
    for path in (
        "/workbench?written=1",
        f"/comments/{number}?told=noted",
        f"/comments/{number}?told=already_decided",
        "/queues/review?told=done",
        "/keys?told=key",
        "/bulk?done=1",
    ):
        page = person.see(path)
        assert page.xpath('//*[contains(@class, "told")]') == [], path
    person.client.cookies.set("moderation_desk_told", "%2Fdesk%2Fbulk&noted&", path="/desk")
    assert "The note has been saved" not in words_of(person.see(f"/comments/{number}"))


def _at(path: str, number: int) -> str:
    return "/desk" + path.replace("{queue}", "review").replace("{number}", str(number))
