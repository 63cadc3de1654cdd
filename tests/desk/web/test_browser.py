"""The desk in a real browser: by keyboard, by mouse, on a phone, in the dark."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from moderation.desk import Desk
from moderation.desk.decisions.thresholds import MIN_DECISIONS
from moderation.desk.types import Outcome, RejectionReason, Role, Ruling
from moderation.desk.web.i18n import languages
from moderation.service.intake import Correction
from moderation.verdict import Span
from tests.desk.web.browsing import WIDTH, Open, number_on, press, shoot
from tests.desk.web.people import NAMES, PASSWORD, bring, comment, comments, decide_on, site_of
from tests.service.fakes import HOSTILE

PATHS = (
    *(
        "queues/review",
        "queues/corrected",
        "queues/decided",
        "bulk?low=0",
        "statistics",
        "second",
        "agreement",
        "sections",
        "workbench",
        "model",
        "upload",
    ),
    *("users", "keys", "audit", "password"),
)


def test_undo_by_key_shows_the_comment_again(open_page: Open, desk: Desk) -> None:
    bring(desk, comments(2))
    page = open_page(Role.MODERATOR)
    press(page, "g")
    first = number_on(page)
    press(page, "a")
    assert number_on(page) != first
    press(page, "u")
    assert number_on(page) == first
    assert desk.queue.get(first).line.decision is None


def test_evidence_is_marked_with_the_mouse_at_the_right_characters(
    open_page: Open, desk: Desk
) -> None:
    text = f"😀👩‍👩‍👧 before\r\n{HOSTILE} and \u202e quite vile, is it"
    (number,) = bring(desk, [comment(text)])
    page = open_page(Role.MODERATOR)
    press(page, "g")
    box = page.get_by_text("quite vile, is it").bounding_box()
    assert box
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    page.get_by_role("toolbar", name="Mark as").get_by_role("button", name="Insult").click()
    expect(page.locator("mark")).to_have_text([HOSTILE, "quite vile, is it"])
    shoot(page, "marked")
    page.get_by_role("button", name="Remove").first.click()
    expect(page.locator("mark")).to_have_text(["quite vile, is it"])
    press(page, "r")
    ruling = desk.queue.get(number).decisions[0].ruling
    start = text.index("quite")
    assert ruling.spans == (Span(start, len(text), "insult", 1.0),)


def test_evidence_is_marked_by_keyboard(open_page: Open, desk: Desk) -> None:
    (number,) = bring(desk, [comment(f"First words, then {HOSTILE} at last")])
    page = open_page(Role.MODERATOR)
    press(page, "g")
    for key in ("m", "Shift+ArrowRight", "Enter", "4"):
        page.keyboard.press(key)
    expect(page.locator("mark")).to_have_text(["First words", HOSTILE])
    expect(page.locator("#passage")).to_be_focused()
    assert desk.queue.get(number).decisions == ()
    press(page, "1")
    spans = desk.queue.get(number).decisions[0].ruling.spans
    assert spans
    assert spans[0] == Span(0, 11, "insult", 1.0)


def test_labels_are_corrected_and_a_note_left_by_keyboard(open_page: Open, desk: Desk) -> None:
    (number,) = bring(desk, [comment(f"They say {HOSTILE}.")])
    page = open_page(Role.MODERATOR)
    press(page, "g")
    page.keyboard.press("l")
    expect(page.get_by_label("Label", exact=True)).to_be_focused()
    page.keyboard.type("Inf")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("a sad remark")
    page.keyboard.press("Escape")
    press(page, "2")
    ruling = desk.queue.get(number).decisions[0].ruling
    assert (ruling.label, ruling.reason, ruling.note) == (
        "inflammatory",
        "inflammatory",
        "a sad remark",
    )


def test_the_keys_are_listed_and_can_be_turned_off(open_page: Open, desk: Desk) -> None:
    (number,) = bring(desk, [comment(f"They say {HOSTILE}.")])
    page = open_page(Role.MODERATOR)
    press(page, "g")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Undo your last decision")
    shoot(page, "keys")
    dialog.get_by_label("Single-key shortcuts are on").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("a")
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    assert desk.queue.get(number).decisions == ()


def test_a_lead_reads_the_curve_and_writes_the_policy(open_page: Open, desk: Desk) -> None:
    decide_on(desk, MIN_DECISIONS - 1)
    bring(desk, [comment("One more.", 0.99)])
    page = open_page(Role.LEAD)
    press(page, "g")
    press(page, "r")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Thresholds").click()
    expect(page.get_by_text("Share of all comments in which moderators found it")).to_be_visible()
    shoot(page, "workbench", whole=True)
    page.get_by_role("button", name="Save the policy").click()
    expect(page.locator(".told")).to_contain_text("The policy has been saved")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(open_page: Open, desk: Desk, scheme: str) -> None:
    sent = comment(f"They say \u202e{HOSTILE}\u202e and more.", author="Sok", flags=2)
    spans = [Span(9, 20, "ethnic_hostility", 0.9), Span(9, 12, "insult", 0.9)]
    marked = replace(sent, verdict=replace(sent.verdict, spans=tuple(spans)))
    number, second, *_ = bring(desk, [marked, *comments(4)])
    lead = next(user for user in desk.accounts.users() if user.role is Role.LEAD)
    desk.decisions.decide(lead, second, Ruling(Outcome.REJECT, RejectionReason.SPAM, note="Seen."))
    desk.accounts.change(None, NAMES[Role.READER], disabled=True)
    desk.models.promote(None, "first@1", Path("first"), {"gate": {"auc": 0.7}})
    page = open_page(Role.ADMIN, color_scheme=scheme)
    for path in (f"comments/{number}", f"comments/{second}", *PATHS):
        page.goto(f"{page.url.split('/desk')[0]}/desk/{path}")
        for details in page.locator("details").all():
            details.evaluate("(each) => { each.open = true }")
        shoot(page, f"{path.partition('?')[0].replace('/', '-')}-{scheme}", whole=True)
        assert page.evaluate(CONTRAST) == [], path


def test_every_field_and_button_has_a_name(open_page: Open, desk: Desk) -> None:
    (number,) = bring(desk, [comment(f"They say {HOSTILE}.", author="Sok", parent="So?")])
    page = open_page(Role.ADMIN)
    for path in (f"comments/{number}", *PATHS):
        page.goto(f"{page.url.split('/desk')[0]}/desk/{path}")
        assert page.evaluate(NAMELESS) == [], path
        assert page.locator("h1").count() == 1, path
        page.set_viewport_size({"width": WIDTH, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH, path
        if path.startswith("comments"):
            shoot(page, "comment-phone", whole=True)
        page.set_viewport_size({"width": 1280, "height": 800})


@pytest.mark.parametrize("language", languages())
def test_nothing_is_wider_than_a_small_phone(browser: Browser, desk: Desk, language: str) -> None:
    numbers = bring(desk, comments(6))
    for name, number in (("insult", numbers[0]), ("toxicity", numbers[-1])):
        text = desk.queue.get(number).text or ""
        desk.corrections.add(Correction(text, {name: 1.0}, "perspective", community="c" * 80))
    lead = next(user for user in desk.accounts.users() if user.role is Role.LEAD)
    for number in numbers[:3]:
        desk.decisions.decide(lead, number, Ruling(Outcome.REJECT, RejectionReason.THREAT))
    with (
        site_of(desk, desk_language=language) as address,
        browser.new_context(viewport={"width": WIDTH, "height": 740}) as context,
    ):
        page = context.new_page()
        page.goto(f"{address}/desk")
        page.locator("[name=name]").fill(NAMES[Role.ADMIN])
        page.locator("[name=password]").fill(PASSWORD)
        with page.expect_navigation(url="**/desk/queues/review"):
            page.keyboard.press("Enter")
        for path in (f"comments/{numbers[0]}", f"comments/{numbers[-1]}", *PATHS):
            page.goto(f"{address}/desk/{path}")
            assert page.locator("html").get_attribute("lang") == language
            for details in page.locator("details").all():
                details.evaluate("(each) => { each.open = true }")
            assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH, path


def test_without_javascript_one_decides_all_the_same(open_page: Open, desk: Desk) -> None:
    (number,) = bring(desk, [comment(f"They say {HOSTILE}.")])
    page = open_page(Role.MODERATOR, java_script_enabled=False)
    page.get_by_role("button", name="Start reviewing").click()
    expect(page.locator("mark")).to_have_text(HOSTILE)
    page.get_by_role("button", name="Approve").click()
    assert desk.queue.get(number).decisions[0].ruling.outcome is Outcome.APPROVE


CONTRAST = """() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return {rgb: [r, g, b], a};
  };
  const over = (top, alpha, below) => below.map((part, at) => top[at] * alpha + part * (1 - alpha));
  const light = (rgb) => rgb.map((part) => part / 255)
    .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const ratio = (element, pseudo) => {
    const around = [];
    for (let at = element; at; at = at.parentElement) around.unshift(getComputedStyle(at));
    if (pseudo) around.push(getComputedStyle(element, pseudo));
    let behind = [255, 255, 255];
    let opacity = 1;
    for (const style of around) {
      const own = parse(style.backgroundColor);
      opacity *= Number(style.opacity);
      behind = over(own.rgb, own.a * opacity, behind);
    }
    const ink = parse(around.at(-1).color);
    const [a, b] = [light(over(ink.rgb, ink.a * opacity, behind)), light(behind)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    const aside = element.closest(".unseen, .skip, svg, option, :disabled");
    if (aside || !element.checkVisibility()) continue;
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const drawn = ["::before", "::after"].filter(
      (each) => /\\w/.test(getComputedStyle(element, each).content.replace(/^(none|normal)$/, "")));
    for (const pseudo of [...(own ? [null] : []), ...drawn]) {
      const found = ratio(element, pseudo);
      if (found >= 4.5) continue;
      low.push(`${element.tagName} ${element.className} ${pseudo ?? ""} ${found.toFixed(2)}`);
    }
  }
  return low;
}"""
NAMELESS = """() => [...document.querySelectorAll(
  "input:not([type=hidden]):not([hidden]), select, textarea, button")]
  .filter((e) => !(e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim()))
  .map((e) => e.outerHTML.slice(0, 120))"""
