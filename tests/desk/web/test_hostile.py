"""A comment that is made to harm the desk does nothing on it, on both databases."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from moderation.desk import Desk
from moderation.desk.types import Role
from tests.desk.web.browsing import WIDTH, Open, shoot
from tests.desk.web.people import add_people, bring, comment
from tests.service.fakes import HOSTILE

EVIL = (
    '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    f"\u202e\u2067{HOSTILE} turned\r\nand\u0007 {'a' + chr(0x301) * 300} {'x' * 2_000}"
)


def test_hostile_markup_overrides_and_a_million_characters_do_nothing_and_can_be_read(
    open_page: Open, desk: Desk
) -> None:
    long = f"{HOSTILE} " + "word \u202e" * 200_000
    evil, many = bring(
        desk,
        [
            comment(EVIL, author=EVIL[:200], title=EVIL[:200], page=EVIL[:200], parent=EVIL),
            comment(long, article=long, flags=1),
        ],
    )
    page = open_page(Role.LEAD, viewport={"width": WIDTH, "height": 740})
    for path in (
        "queues/review",
        "queues/flagged",
        f"comments/{evil}",
        f"comments/{many}",
        f"comments/{many}?part=3",
        "bulk?low=0",
    ):
        page.goto(f"{page.url.split('/desk')[0]}/desk/{path}")
        assert page.title() not in {"1", "2"}
        assert page.locator("main script, main img").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
        assert "\u202e" not in page.locator("main").inner_text()
        shoot(page, "hostile-" + path.replace("/", "-").partition("?")[0])
    page.goto(f"{page.url.split('/desk')[0]}/desk/comments/{many}")
    expect(page.locator("mark").first).to_have_text(HOSTILE)
    page.get_by_role("link", name="Next part").click()
    expect(page.get_by_text("Part 2 of")).to_be_visible()
    height = page.locator("#passage").bounding_box()
    assert height
    assert height["height"] < 700


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    """Give a desk with people and no comments, on the one database and on the other."""
    desk = Desk.open(url)
    add_people(desk)
    yield desk
    desk.close()
