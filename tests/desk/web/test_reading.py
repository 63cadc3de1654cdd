"""The page of a comment as it is read: its context first, the reader's own time, on a phone."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from moderation.desk import Desk
from moderation.desk.types import Role
from tests.desk.web.browsing import Open, press, shoot
from tests.desk.web.people import bring, comment, comments
from tests.service.fakes import HOSTILE

NOON = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
PHONE = {"width": 390, "height": 844}


def top(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box
    return box["y"]


def test_times_are_in_the_readers_zone_and_utc_is_in_the_title(open_page: Open, desk: Desk) -> None:
    bring(desk, [comment("a text", time=NOON)])
    page = open_page(Role.MODERATOR, timezone_id="Asia/Phnom_Penh")
    time = page.locator("article time")
    expect(time).to_have_text("1 Mar 2026, 19:05")
    expect(time).to_have_attribute("title", "1 Mar 2026, 12:05 UTC")
    plain = open_page(Role.LEAD, timezone_id="Asia/Phnom_Penh", java_script_enabled=False)
    expect(plain.locator("article time")).to_have_text("1 Mar 2026, 12:05 UTC")


def test_what_a_comment_is_about_stands_before_it_and_before_the_scores(
    open_page: Open, desk: Desk
) -> None:
    said = comment(
        f"They say {HOSTILE} and more.",
        author="Sok",
        title="The ferry is late",
        parent="Who runs it?",
    )
    bring(desk, [said, comment("another", score=0.1)])
    page = open_page(Role.MODERATOR, viewport={"width": 1200, "height": 900})
    press(page, "g")
    assert top(page, ".context") < top(page, "#passage") < top(page, "#legend")
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    text, label = (page.locator(each).evaluate(size) for each in ("#passage", ".label.small"))
    assert text > label
    expect(page.locator("mark")).to_have_css("text-decoration-line", "underline")
    expect(page.locator("#legend")).to_have_text("Ethnic hostility")
    expect(page.locator(".left")).to_have_text("2 left")
    shoot(page, "reading", whole=True)
    page.emulate_media(color_scheme="dark")
    shoot(page, "reading-dark", whole=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_the_deciding_buttons_stay_at_the_bottom(
    open_page: Open, desk: Desk, scheme: str
) -> None:
    long = comment(f"They say {HOSTILE}. " + "More words follow. " * 200, title="The ferry is late")
    bring(desk, [long, *comments(2)])
    page = open_page(Role.MODERATOR, viewport=PHONE, color_scheme=scheme)
    press(page, "g")
    for _ in range(2):
        for name in ("Approve", "Skip", "Ask a lead"):
            expect(page.get_by_role("button", name=name).first).to_be_in_viewport(ratio=1)
        shoot(page, f"phone-{scheme}")
        page.mouse.wheel(0, 700)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    foot, bar = page.locator(".foot").bounding_box(), page.locator(".big").bounding_box()
    assert foot
    assert bar
    assert foot["y"] + foot["height"] <= bar["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
