"""The page of an author: what became of the comments, and deciding on all that wait."""

from collections.abc import Callable

from playwright.sync_api import expect

from moderation.desk import Desk
from moderation.desk.types import Role
from tests.desk.web.browsing import LOOKING, WIDTH, Open, shoot
from tests.desk.web.people import Person, bring, comment, told_in, words_of

Visit = Callable[[Role], Person]
TURNED = "So\u202ek"


def address(author: str, source: str = "native") -> str:
    return f"/authors?author={author}&source={source}"


def test_it_counts_what_became_of_the_comments_and_lists_each_with_its_state(
    visit: Visit, desk: Desk
) -> None:
    numbers = bring(desk, [comment(f"text {place}", author="Sok") for place in range(4)])
    bring(desk, [comment("a text of somebody else", author="Dara")])
    person = visit(Role.MODERATOR)
    for number, ruling in zip(numbers, ("approve", "reject:insult", "reject:spam"), strict=False):
        person.send(f"/comments/{number}/decide", ruling=ruling)
    page = person.see(address("Sok"))
    assert "Approved: 1, rejected: 2, waiting: 1." in words_of(page)
    lines = [words_of(line, ".") for line in page.xpath("//article")]
    assert len(lines) == 4
    assert "waiting" in lines[0]
    assert "Rejected" in lines[1]
    assert "Approved" in lines[3]
    assert page.xpath('//input[@class="pick"]/@name') == [f"pick.{numbers[3]}"]


def test_all_that_wait_are_decided_there_and_the_page_comes_again(visit: Visit, desk: Desk) -> None:
    first, second = bring(desk, [comment(f"text {place}", author="Sok") for place in range(2)])
    person = visit(Role.MODERATOR)
    form = person.see(address("Sok")).xpath('//form[@id="picked"]')[0]
    fields = {name: value for name, value in form.form_values() if name != "csrf"}
    picked = {f"pick.{first}": "1", f"pick.{second}": "1"}
    reply = person.send("/picked", **fields, **picked, ruling="reject:spam")
    assert told_in(reply) == "picked"
    assert reply.headers["location"] == "/desk/authors?author=Sok&source=native"
    page = person.see(address("Sok"))
    assert "rejected: 2, waiting: 0" in words_of(page)
    assert page.xpath('//form[@id="picked"]') == []


def test_the_same_name_at_another_source_is_shown_apart(visit: Visit, desk: Desk) -> None:
    bring(desk, [comment("a text", author="Sok")])
    person = visit(Role.READER)
    assert "There are no comments here." in words_of(person.see(address("Sok", "coral")))
    assert len(person.see("/authors?author=Sok").xpath("//article")) == 1
    assert person.get("/authors").status_code == 404


def test_lists_and_comments_lead_there(visit: Visit, desk: Desk) -> None:
    (number,) = bring(desk, [comment("a text", author="Sok & Co")])
    person, path = visit(Role.READER), "/desk/authors?author=Sok+%26+Co&source=native"
    for page in ("/queues/review", f"/comments/{number}"):
        (link,) = set(person.see(page).xpath('//a[contains(@href, "/authors?")]/@href'))
        assert link.replace("%20", "+") == path
    assert len(person.see(path).xpath("//article")) == 1


def test_a_name_with_hidden_characters_is_not_shown_as_anothers(visit: Visit, desk: Desk) -> None:
    bring(desk, [comment("one text", author="Sok"), comment("another", author=TURNED)])
    bring(desk, [comment("a third", author="So\u200bk"), comment("a fourth", author="ស\u200bុខ")])
    person = visit(Role.READER)
    shown = [
        name.xpath('.//*[@class="odd"]/@data-odd')
        for name in person.see("/queues/review").xpath('//article//a[contains(@href, "/authors?")]')
    ]
    # The Khmer name needs its joiner.
    assert sorted(shown) == [[], [], ["RLO"], ["ZWSP"]]
    page = person.see("/authors?author=So%E2%80%AEk")
    assert len(page.xpath("//article")) == 1
    assert page.xpath('//h1//*[@class="odd"]/@data-odd') == ["RLO"]
    # The filter of a queue keeps such a value, and shows what is in it.
    filters = person.see("/queues/review?author=So%E2%80%AEk")
    assert filters.xpath('//input[@name="author"]/@type') == ["hidden"]
    assert filters.xpath('//input[@name="author"]/@value') == [TURNED]
    assert len(filters.xpath("//article")) == 1


def test_one_box_chooses_all_that_wait(open_page: Open, desk: Desk) -> None:
    numbers = bring(desk, [comment(f"text {place}", author="Sok") for place in range(3)])
    page = open_page(Role.MODERATOR, viewport={"width": WIDTH, "height": 740})
    page.goto(page.url.split("/desk")[0] + "/desk" + address("Sok"))
    page.get_by_label("Choose all that wait").check()
    expect(page.locator("#picked-count")).to_have_text("Chosen: 3")
    page.get_by_label(f"Choose comment {numbers[0]}").uncheck()
    expect(page.locator("#picked-count")).to_have_text("Chosen: 2")
    expect(page.get_by_label("Choose all that wait")).not_to_be_checked()
    shoot(page, "author-phone", whole=True)
    page.wait_for_timeout(LOOKING)
    with page.expect_navigation():
        page.keyboard.press("a")
    expect(page.get_by_role("status").first).to_have_text("Decided.")
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
