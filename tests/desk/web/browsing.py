"""Steps in a browser that several tests share."""

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.conftest import ROOT

SHOTS = ROOT / "reports" / "desk"
WIDTH = 360
"""Of a small phone."""
LOOKING = 350
"""Milliseconds until a page takes a decision, and some."""
Open = Callable[..., Page]
"""Opens the desk as somebody with a role; other arguments are the browser's."""


def shoot(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep a picture of a page, for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=whole)


def look(page: Page) -> None:
    """Look at a page for a moment, as everybody does: it takes no decision before that."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(LOOKING)


def press(page: Page, key: str) -> None:
    """Look at a page, press a key that leads to another, and wait for that."""
    look(page)
    with page.expect_navigation():
        page.keyboard.press(key)


def number_on(page: Page) -> int:
    """Return the number of the comment that is shown."""
    return int(urlsplit(page.url).path.rpartition("/")[2])
