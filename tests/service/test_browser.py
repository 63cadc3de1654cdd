"""The service's pages in a real browser."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from moderation.models.base import Judgement
from moderation.service.api_keys import Scope
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES
from moderation.verdict import Span
from tests.service.fakes import FakeModel, client_of, fake_moderator
from tests.service.keys import create_key, url_in


@pytest.fixture
def page(browser: Browser, client: httpx.Client) -> Iterator[Page]:
    """Give the first page, and fail on any message in its console or request to another host."""
    said: list[str] = []
    hosts: set[str | None] = set()
    page = browser.new_page()
    page.set_default_timeout(10_000)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(error.message))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.goto(str(client.base_url))
    yield page
    page.close()
    assert hosts == {"127.0.0.1"}
    # A refused request is told on the console by the browser itself.
    assert [each for each in said if not each.startswith("Failed to load resource")] == []


def test_a_person_sees_the_verdict_and_its_evidence_after_an_emoji(page: Page) -> None:
    page.get_by_label("Comment", exact=True).fill(
        "😀👩‍👩‍👧 they say hostileword, twice: hostileword."
    )
    page.get_by_role("button", name="Judge").click()
    expect(page.locator("mark")).to_have_text(["hostileword", "hostileword"])
    expect(page.locator(".tag").first).to_have_text("Ethnic hostility")
    verdict = page.locator("#verdict")
    expect(verdict.locator(".label-name:visible")).to_have_text("Ethnic hostility")
    expect(verdict.get_by_text("The policy sends it for review.")).to_be_visible()
    expect(verdict.locator("#targets")).to_contain_text("Hillfolk")
    expect(page.get_by_role("status")).to_contain_text("Ethnic hostility. Review")
    expect(page.locator("#model")).to_have_text("fake@1")


def test_evidence_that_overlaps_is_shown_once_with_all_its_names(browser: Browser) -> None:
    text = "😀 calm, hostileword and more, calm"

    class Overlapping(FakeModel):
        def judge(self, texts: Sequence[str]) -> list[Judgement]:
            spans = (Span(8, 19, "ethnic_hostility", 0.9), Span(15, 28, "insult", 0.8))
            return [Judgement(dict.fromkeys(ATTRIBUTE_NAMES, 0.9), spans, ()) for _ in texts]

    with client_of(lambda: fake_moderator(Overlapping())) as client:
        page = browser.new_page()
        page.goto(str(client.base_url))
        page.get_by_label("Comment", exact=True).fill(text)
        page.get_by_role("button", name="Judge").click()
        expect(page.locator("mark")).to_have_text(["hostileword and more"])
        expect(page.locator("mark .more")).to_have_text(["word"])
        expect(page.locator(".tag")).to_have_text(["Ethnic hostility · Insult"])
        page.close()


def test_every_attribute_has_its_score_and_a_bar_as_long(page: Page) -> None:
    page.get_by_label("Comment", exact=True).fill("hostileword")
    page.get_by_role("button", name="Judge").click()
    rows = page.locator(".scores tbody tr")
    expect(rows.locator("th")).to_have_text([attribute.title for attribute in ATTRIBUTES])
    expect(rows.locator(".value")).to_have_text(
        ["0.90" if each.name == "ethnic_hostility" else "0.10" for each in ATTRIBUTES]
    )
    row = page.locator("[data-attribute=ethnic_hostility] .bar")
    assert row.evaluate("bar => bar.style.getPropertyValue('--score')") == "0.9"


def test_markup_in_a_comment_stays_text(page: Page) -> None:
    text = '<img src=x onerror="document.title=1"><b>hostileword</b><script>bad()</script>'
    page.get_by_label("Comment", exact=True).fill(text)
    page.get_by_role("button", name="Judge").click()
    expect(page.locator("mark")).to_have_text("hostileword")
    passage = page.locator("#passage")
    assert passage.locator("img, b, script").count() == 0
    shown = passage.evaluate(
        "p => { const copy = p.cloneNode(true);"
        " copy.querySelectorAll('.tag').forEach(tag => tag.remove()); return copy.textContent; }"
    )
    assert shown == text
    assert page.title() == "Moderation: judge a comment"


def test_the_keyboard_is_enough(page: Page) -> None:
    expect(page.get_by_label("Comment", exact=True)).to_be_focused()
    page.keyboard.type("a calm word")
    page.keyboard.press("Control+Enter")
    verdict = page.locator("#verdict")
    expect(verdict.locator(".label-name:visible")).to_have_text("Civil")
    expect(page.get_by_text("No words stand out.")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Judge")).to_be_focused()
    page.keyboard.press("Tab")
    example = page.get_by_role("button", name="A civil comment")
    expect(example).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#passage")).to_contain_text("parking rules")


def test_an_error_is_told_and_goes_away(page: Page) -> None:
    field = page.get_by_label("Comment", exact=True)
    judge = page.get_by_role("button", name="Judge")
    problem = page.get_by_role("alert")
    judge.click()
    expect(problem).to_have_text("Write or paste a comment first.")
    expect(field).to_be_focused()
    page.evaluate("document.getElementById('text').value = 'a'.repeat(50001)")
    judge.click()
    expect(problem).to_contain_text("The text has 50001 characters; the limit is 50000.")
    field.fill("a calm word")
    judge.click()
    expect(page.locator("#verdict")).to_be_visible()
    expect(problem).to_be_hidden()


def test_a_service_that_is_gone_is_told(browser: Browser) -> None:
    page = browser.new_page()
    with client_of() as client:
        page.goto(str(client.base_url))
    page.get_by_label("Comment", exact=True).fill("a calm word")
    page.get_by_role("button", name="Judge").click()
    expect(page.get_by_role("alert")).to_contain_text("The service cannot be reached.")
    page.close()


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_no_page_is_wider_than_a_phone(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(page.url.rstrip("/") + path)
    if path == "/":
        page.get_by_label("Comment", exact=True).fill("hostileword" * 30 + " and " + "x" * 400)
        page.get_by_role("button", name="Judge").click()
        expect(page.locator("mark").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_where_keys_are_asked_for_the_page_takes_one(browser: Browser, tmp_path: Path) -> None:
    secret, _ = create_key(url_in(tmp_path), "mine", [Scope.SCORE])
    with client_of(authentication="keys", database=url_in(tmp_path)) as keyed:
        page = browser.new_page()
        page.goto(str(keyed.base_url))
        page.get_by_label("Comment", exact=True).fill("calm")
        page.get_by_role("button", name="Judge").click()
        expect(page.get_by_role("alert")).to_contain_text("carries no API key")
        page.get_by_label("API key").fill(secret)
        page.get_by_role("button", name="Judge").click()
        expect(page.locator("#verdict")).to_be_visible()
        page.close()


def test_a_page_of_another_site_cannot_post_to_the_service(
    browser: Browser, client: httpx.Client
) -> None:
    page = browser.new_page()
    aim = f"{client.base_url}".rstrip("/")
    form = f'<form method="post" enctype="text/plain" action="{aim}/v1/pages"><button>Go</button>'
    page.route(
        "http://elsewhere.example/",
        lambda route: route.fulfill(body=form, content_type="text/html"),
    )
    page.goto("http://elsewhere.example/")
    with page.expect_navigation():
        page.get_by_role("button").click()
    expect(page.locator("body")).to_contain_text('"code":"foreign_origin"')
    page.goto(aim)
    page.get_by_label("Comment", exact=True).fill("calm")
    page.get_by_role("button", name="Judge").click()
    expect(page.locator("#verdict")).to_be_visible()
    page.close()
