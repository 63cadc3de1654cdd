"""Pages show what is true and whole, and no more than fits."""

import csv
import gettext
import io
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from lxml import html

from moderation.desk import Desk
from moderation.desk.decisions.thresholds import MIN_DECISIONS
from moderation.desk.types import Role
from moderation.desk.web import templates
from moderation.desk.web.i18n import Translator
from moderation.policy import Policy
from moderation.service.api_keys import Scope
from moderation.text.display import FORMULA
from moderation.text.peoples import PEOPLES
from tests.desk.web.people import (
    NAMES,
    PASSWORD,
    Person,
    bring,
    comment,
    comments,
    decide_on,
    words_of,
)
from tests.service.fakes import HOSTILE

Visit = Callable[[Role], Person]
NEW = "eight round stones in a row"


@pytest.mark.parametrize(
    ("threshold", "held"), [("0.613", 2), ("0.625", 2), ("0.626", 1), ("1", 0), ("0", 4)]
)
def test_the_workbench_tells_of_the_very_threshold_that_is_asked_for(
    visit: Visit, desk: Desk, threshold: str, held: int
) -> None:
    person = visit(Role.LEAD)
    for number in bring(desk, comments(4)):
        person.send(f"/comments/{number}/decide", ruling="reject:ethnic_hostility")
    page = person.see(f"/workbench?attribute=ethnic_hostility&threshold={threshold}")
    told = words_of(page)
    assert f"At a threshold of {threshold}" in told
    assert f"{held} comment{'' if held == 1 else 's'} would be held." in told
    assert f"that would be held: {25 * held}%" in told


def test_the_policy_gets_the_threshold_that_stands_beside_the_button(
    visit: Visit, desk: Desk, tmp_path: Path
) -> None:
    decide_on(desk, MIN_DECISIONS)
    person = visit(Role.LEAD)
    form = person.see("/workbench?threshold=0.3").xpath('//form[@method="post"][.//select]')[0]
    assert form.xpath('.//input[@name="threshold"][@type="number"]/@value') == ["0.3"]
    fields = {name: value for name, value in form.form_values() if name != "csrf"}
    reply = person.send("/workbench", **fields | {"threshold": "0.35"})
    assert Policy.load(tmp_path / "policy.toml").review["ethnic_hostility"] == 0.35
    assert "The policy has been saved" in words_of(person.see(reply.headers["location"]))
    assert "The policy has been saved" not in words_of(person.see(reply.headers["location"]))


def test_a_csv_file_has_a_header_even_where_nothing_was_decided(visit: Visit, desk: Desk) -> None:
    person = visit(Role.LEAD)
    empty = person.get("/export/decisions.csv").content
    assert empty.startswith(b"\xef\xbb\xbfcomment,external_id,")
    (number,) = bring(desk, [comment(f"ទទួល {HOSTILE}.")])
    person.send(f"/comments/{number}/decide", ruling="approve")
    whole = person.get("/export/decisions.csv").content
    assert whole.startswith(empty)
    (row,) = csv.DictReader(io.StringIO(whole.decode("utf-8-sig"), newline=""))
    assert (row["comment"], row["outcome"]) == (str(number), "approve")
    assert row["text"].startswith("ទទួល")


def test_no_cell_of_a_csv_file_is_a_formula(visit: Visit, desk: Desk) -> None:
    before = ("", "\t", "\r", "\n", "a;", "a | ", 'a\t"', "a;'", "a,")
    starts = list(itertools.product(before, FORMULA))
    numbers = bring(desk, [comment(f"{a}{b}1+1 {HOSTILE} {i}") for i, (a, b) in enumerate(starts)])
    person = visit(Role.LEAD)
    for number in numbers:
        person.send(f"/comments/{number}/decide", ruling="approve")
    text = person.get("/export/decisions.csv").content.decode("utf-8-sig")
    cells = {
        int(row["comment"]): row["text"] for row in csv.DictReader(io.StringIO(text, newline=""))
    }
    for place, (number, (kept, first)) in enumerate(zip(numbers, starts, strict=True)):
        assert cells[number].startswith(f"{kept}\\{first}1+1 {HOSTILE} {place}"), (kept, first)


def test_a_new_key_is_in_no_cookie_and_loaded_anew_its_page_makes_no_other(
    visit: Visit, desk: Desk
) -> None:
    person = visit(Role.ADMIN)
    (form,) = person.see("/keys").xpath('//form[.//input[@id="name"]]')
    fields = dict(form.form_values()) | {"name": "the paper"}
    reply = person.post("/keys", fields)
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    assert "set-cookie" not in reply.headers
    (secret,) = html.fromstring(reply.text).xpath('//*[@id="secret"]/text()')
    assert desk.keys.store.find(secret) is not None
    for _ in range(2):
        again = person.post("/keys", fields)
        assert again.headers["location"] == "/desk/keys"
        assert secret not in person.get("/keys").text
    assert len(desk.keys.all()) == 1


def test_every_cookie_is_secure_where_the_desk_came_by_https(visit: Visit, site: str) -> None:
    host = site.removeprefix("http://")
    person = visit(Role.MODERATOR)
    for origin, secure in ((f"https://{host}", True), (site, False)):
        # Nothing waits, and the next page says so by a cookie.
        reply = person.post("/next", {"csrf": person.csrf()}, headers={"Origin": origin})
        cookies = reply.headers.get_list("set-cookie")
        assert cookies
        assert all(("; secure" in each.lower()) == secure for each in cookies)


def test_passwords_of_others_are_not_typed_in_clear(visit: Visit) -> None:
    page = visit(Role.ADMIN).see("/users")
    kinds = page.xpath('//input[@name="password"]/@type')
    assert len(kinds) == len(NAMES) + 1
    assert set(kinds) == {"password"}


def pages_of(person: Person, path: str) -> Iterator[str]:
    """Yield what each page of a list says."""
    while path:
        page = person.see(path)
        yield words_of(page)
        path = next(iter(page.xpath('//main//a[@rel="next"]/@href')), "")


def test_long_lists_of_keys_and_models_come_page_by_page_and_whole(
    visit: Visit, desk: Desk, tmp_path: Path
) -> None:
    person = visit(Role.ADMIN)
    for place in range(60):
        _, key = desk.keys.create(None, f"paper-{place}.", [Scope.SCORE])
        if place < 30:
            desk.keys.revoke(None, key.id)
    for place in range(25):
        desk.models.promote(None, f"model-{place}.", tmp_path, {})
    for path, name, number in (("/keys", "paper", 60), ("/model", "model", 25)):
        pages = list(pages_of(person, path))
        assert len(pages) > 1
        found = [set(re.findall(rf"{name}-\d+\.", page)) for page in pages]
        assert set.union(*found) == {f"{name}-{place}." for place in range(number)}
    # What is good for something comes first.
    assert "paper-59." in next(pages_of(person, "/keys"))


def test_a_community_can_be_asked_for_and_stays_asked_for(visit: Visit, desk: Desk) -> None:
    bring(desk, [comment(f"Here {HOSTILE}.", community="north"), comment(f"There {HOSTILE}.")])
    person = visit(Role.READER)
    page = person.see("/queues/review?community=north")
    assert "There" not in words_of(page, "//article")
    form = page.xpath('//form[@role="search"]')[0]
    assert dict(form.form_values())["community"] == "north"
    assert "north" in page.xpath('//datalist[@id="communitys"]/option/@value')


def test_the_cookie_is_secure_where_a_browser_came_by_https_whatever_the_proxy_says(
    site: str,
) -> None:
    data = {"name": NAMES[Role.READER], "password": PASSWORD}
    host = site.removeprefix("http://")
    for origin, secure in ((f"https://{host}", True), (site, False)):
        reply = httpx.post(
            f"{site}/desk/sign-in", data=data, headers={"Origin": origin}, trust_env=False
        )
        assert ("secure" in reply.headers["set-cookie"].lower().split("; ")) == secure


def test_a_lead_is_led_to_the_comments_that_teach_most(visit: Visit, desk: Desk) -> None:
    numbers = bring(desk, comments(5))
    person = visit(Role.LEAD)
    form = person.see("/model").xpath('//form[@action="/desk/next"]')[0]
    fields = {name: value for name, value in form.form_values() if name != "csrf"}
    path = person.send("/next", **fields).headers["location"]
    # Of scores from 0.1 to 0.9 it is the one of a half.
    assert f"/comments/{numbers[2]}?" in path
    assert "sort=uncertain" in path


class Strange(gettext.NullTranslations):
    """A language that nobody reads."""

    def gettext(self, message: str) -> str:
        """Return a message of strange letters with its placeholders."""
        parts = re.split(r"(%\(\w+\)s)", message)
        return "".join(part if part[:1] == "%" else re.sub(r"\w", "ø", part) for part in parts)

    def pgettext(self, _context: str, message: str) -> str:
        """Return the same whatever the context."""
        return self.gettext(message)

    def ngettext(self, _one: str, many: str, _number: int) -> str:
        """Return one form for all numbers."""
        return self.gettext(many)


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Show every message in a language that nobody reads."""
    monkeypatch.setattr(templates, "translator", lambda _: Translator("en", Strange()))
    templates.templates_in.cache_clear()
    yield
    templates.templates_in.cache_clear()


DATA = re.compile(
    r"\b(?:UTC|moderation|desk|user|add|python|train|decisions|DATABASE|policy|toml|CSV|csv|py|"
    r"mo|lea|ada|rea|Hillfolk|fake|Sok|hostileword|Quiet|tmp|pytest\S*|test\w*|Here|Gate|gauge|"
    r"[a-z]+-key)\b|/\S+|\b[0-9a-f]{8,}\b"
)
"""What is no word of the pages: names, texts, commands, files."""


@pytest.mark.usefixtures("foreign")
def test_every_word_of_every_page_comes_from_the_catalogue(visit: Visit, desk: Desk) -> None:
    number, other = bring(
        desk,
        [comment(f"Quiet {HOSTILE}.", author="Sok", flags=2), comment(f"Here {HOSTILE}.")],
    )
    desk.keys.create(None, "a-key", [Scope.SCORE])
    desk.models.promote(None, "fake@1", Path("/fake"), {"gate": {"auc": 0.5}})
    desk.labels.export(None)
    person = visit(Role.ADMIN)
    person.send(f"/comments/{other}/decide", ruling="reject:spam")
    assert person.get("/export/decisions.csv").is_success
    for path in (
        f"/comments/{number}",
        f"/comments/{other}",
        *("/queues/review", "/queues/decided", "/bulk?low=0", "/workbench", "/model", "/upload"),
        *("/users", "/keys", "/audit", "/password", "/sign-in"),
        *("/no-such-page", "/queues/review?low=2", "/comments/999"),
    ):
        page = person.get(path).text
        body = re.sub(r"<title>|<(?:kbd|code)[^>]*>.*?</(?:kbd|code)>", " ", page)
        # Months are of the language's own formats.
        body = re.sub(r"<script.*?</script>|<time.*?</time>", " ", body)
        shown = re.sub(r"<[^>]*>", " ", body.partition("<body")[2].partition(">")[2])
        named = " ".join(re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', body))
        left = set(re.findall(r"[A-Za-z]{2,}", DATA.sub(" ", f"{shown} {named}")))
        assert left - set(" ".join(PEOPLES).split()) == set(), path
