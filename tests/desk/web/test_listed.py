"""Words of the policy's lists on the page of a comment."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from moderation.desk import Desk
from moderation.desk.types import Role
from moderation.service.intake import Submission
from tests.desk.web.browsing import Open, press
from tests.desk.web.people import Person, bring, comment, words_of
from tests.service.fakes import HOSTILE

Visit = Callable[[Role], Person]
TEXT = f"😀 The Rotten  appléś say {HOSTILE}, you w3asel."
LISTS = '\n[words]\nreview = ["rotten apples"]\nblock = ["weasel"]\n'


@pytest.fixture(autouse=True)
def lists(tmp_path: Path) -> None:
    """Write word lists into the policy with which the desk is served."""
    (tmp_path / "policy.toml").write_text(f'name = "own"\n{LISTS}', "utf-8")


@pytest.fixture
def _policy_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the policy of `lists` where the fixture `site` would write another."""
    monkeypatch.setattr("tests.desk.web.conftest._policy", lambda folder: folder / "policy.toml")


def for_a_word() -> Submission:
    """Return a comment that is at the desk for a listed word too."""
    sent = comment(TEXT)
    return replace(sent, verdict=replace(sent.verdict, reasons=("ethnic_hostility", "word list")))


pytestmark = pytest.mark.usefixtures("_policy_kept")


def test_the_listed_words_are_marked_in_the_text_and_their_lists_named(
    visit: Visit, desk: Desk
) -> None:
    (number,) = bring(desk, [for_a_word()])
    page = visit(Role.MODERATOR).see(f"/comments/{number}")
    marks = {
        mark.text_content(): mark.get("title") for mark in page.xpath('//*[@id="passage"]/mark')
    }
    assert marks == {
        "Rotten  appléś": "Listed word (list “review”)",
        HOSTILE: "Ethnic hostility",
        "w3asel": "Listed word (list “block”)",
    }
    why = words_of(page, '//section[@aria-labelledby="why-title"]')
    assert "Listed word (list “review”): Rotten appléś" in why
    assert "Listed word (list “block”): w3asel" in why
    assert "Listed word (list “block”)" in words_of(page, '//*[@id="legend"]')


def test_a_comment_that_is_here_for_other_reasons_has_no_word_marked(
    visit: Visit, desk: Desk
) -> None:
    (number,) = bring(desk, [comment(TEXT)])
    page = visit(Role.MODERATOR).see(f"/comments/{number}")
    assert [mark.text_content() for mark in page.xpath('//*[@id="passage"]/mark')] == [HOSTILE]


def test_a_word_that_has_left_the_lists_is_said_to_have(visit: Visit, desk: Desk) -> None:
    sent = for_a_word()
    (number,) = bring(desk, [replace(sent, text=f"Nothing but {HOSTILE}.")])
    page = visit(Role.MODERATOR).see(f"/comments/{number}")
    assert "No word of the text is in the policy’s lists any more." in words_of(page)


def test_listed_words_stay_marked_while_evidence_is_corrected_and_are_no_evidence(
    open_page: Open, desk: Desk
) -> None:
    (number,) = bring(desk, [for_a_word()])
    page = open_page(Role.MODERATOR)
    press(page, "g")
    marks = page.locator("#passage mark")
    expect(marks).to_have_text(["Rotten  appléś", HOSTILE, "w3asel"])
    page.get_by_role("button", name="Remove").click()
    expect(marks).to_have_text(["Rotten  appléś", "w3asel"])
    expect(page.locator("#evidence li")).to_have_count(0)
    press(page, "r")
    assert desk.queue.get(number).decisions[0].ruling.spans == ()
