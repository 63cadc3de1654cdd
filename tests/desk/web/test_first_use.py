"""A person who has never seen the desk can decide 20 comments in their first two minutes."""

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect

from moderation.desk import Desk
from moderation.desk.types import Filters, Queue
from tests.conftest import ROOT
from tests.desk.web.browsing import look, shoot
from tests.desk.web.people import site_of

COMMENTS, SECONDS = 20, 120
WORDS_A_SECOND = 4
"""How fast an adult reads (240 words a minute)."""
CHOOSING = 1.5
"""Seconds to choose what to do with a comment that was read."""
SIGNING_IN = 5
"""Seconds to type the name and password that were printed."""


def test_twenty_comments_can_be_read_and_decided_in_the_first_two_minutes(
    browser: Browser, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    done = subprocess.run(
        [sys.executable, "-m", "moderation", "desk", "demo", "--database", url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = [line for line in done.stdout.splitlines() if "\tlead\t" in line]
    name, _, password = line.split("\t")
    desk = Desk.open(url)
    before = desk.queue.count(Filters(Queue.DECIDED)).number
    context = browser.new_context()
    with site_of(desk) as site:
        page = context.new_page()
        page.goto(f"{site}/desk")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="To review")).to_be_visible()
        shoot(page, "demo-queue")
        look(page)
        page.get_by_role("button", name="Start reviewing").click()
        words = 0
        for place in range(COMMENTS):
            words += len(page.locator("#passage").inner_text().split())
            if place == 3:
                shoot(page, "demo-comment")
            look(page)
            button = "Reject: " if place % 2 else "Approve"
            with page.expect_navigation():
                page.get_by_role("button", name=button).first.click()
    assert desk.queue.count(Filters(Queue.DECIDED)).number == before + COMMENTS
    assert SIGNING_IN + words / WORDS_A_SECOND + COMMENTS * CHOOSING < SECONDS
    context.close()
    desk.close()
