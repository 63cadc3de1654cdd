"""Fixtures of the tests of the desk's pages."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from moderation.desk import Desk
from moderation.desk.words import Role
from tests.desk.web.people import Person, add_people, site_of


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a new desk with one person of each role and no comments."""
    desk = Desk.open(f"sqlite:///{tmp_path / 'desk.db'}")
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
