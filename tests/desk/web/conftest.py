"""Fixtures of the tests of the desk's pages."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from moderation.desk import Desk
from moderation.desk.types import Role
from tests.desk.web.browsing import Open
from tests.desk.web.people import NAMES, PASSWORD, Person, add_people, site_of

REFUSED = "the server responded with a status of 422"
"""What a browser says of its own of a form that was refused on its page."""


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Open]:
    """Give a way to open the desk as somebody; fail on any word in the console or other host."""
    said: list[str] = []
    hosts: set[str | None] = set()
    contexts: list[BrowserContext] = []

    def open_as(role: Role, **options: Any) -> Page:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(error.message))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        page.goto(f"{site}/desk")
        page.get_by_label("Name").fill(NAMES[role])
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="To review")).to_be_visible()
        page.wait_for_load_state("load")
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert hosts == {"127.0.0.1"}
    assert [each for each in said if REFUSED not in each] == []


@pytest.fixture
def desk(sqlite_file: Path, tmp_path: Path) -> Iterator[Desk]:
    """Give a new desk with one person of each role and no comments."""
    desk = Desk.open(f"sqlite:///{shutil.copy(sqlite_file, tmp_path / 'desk.db')}")
    add_people(desk)
    yield desk
    desk.close()


@pytest.fixture
def site(desk: Desk, tmp_path: Path) -> Iterator[str]:
    """Serve the desk; give the address."""
    with site_of(desk, policy=_policy(tmp_path)) as address:
        yield address


@pytest.fixture
def visit(site: str) -> Iterator[Callable[[Role], Person]]:
    """Give a way to sign somebody in."""
    with ExitStack() as stack:

        def sign_in(role: Role) -> Person:
            person = stack.enter_context(Person(site))
            assert person.sign_in(role).status_code == 303
            return person

        yield sign_in


def _policy(folder: Path) -> Path:
    """Return a policy file of the test's own, so that none in the user's folder is written."""
    file = folder / "policy.toml"
    file.write_text('name = "own"\n\n[review]\nethnic_hostility = 0.4\n', "utf-8")
    return file
