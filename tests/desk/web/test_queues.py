"""Lists of comments: queues, filters, order, search."""

from collections.abc import Callable

from moderation.desk import Desk
from moderation.desk.types import Queue, Role
from tests.desk.sending import unread
from tests.desk.web.people import Person, bring, comment, comments, words_of
from tests.service.fakes import HOSTILE

Visit = Callable[[Role], Person]


def listed(person: Person, path: str) -> list[int]:
    links = person.see(path).xpath('//article[@data-line]//p[contains(@class, "excerpt")]/a/@href')
    return [int(link.split("/comments/")[1].split("?")[0]) for link in links]


def test_each_queue_can_be_ordered(visit: Visit, desk: Desk) -> None:
    numbers = bring(desk, comments(4))
    person = visit(Role.READER)
    assert listed(person, "/queues/review") == numbers[::-1]
    assert listed(person, "/queues/review?sort=oldest") == numbers
    assert listed(person, "/queues/review?sort=newest") == numbers[::-1]
    # Scores of 1/8, 3/8, 5/8 and 7/8: of two that are as near to a half the newer comes first.
    uncertain = [numbers[place] for place in (2, 1, 3, 0)]
    assert listed(person, "/queues/review?sort=uncertain") == uncertain


def test_filters_narrow_a_queue_and_say_how_many_pass(visit: Visit, desk: Desk) -> None:
    numbers = bring(desk, comments(6))
    person = visit(Role.READER)
    by_page = "/queues/review?page=https://news.example/1&sort=oldest"
    assert listed(person, by_page) == numbers[1::2]
    assert "3 comments found" in words_of(person.see(by_page))
    assert listed(person, "/queues/review?author=author+1&sort=oldest") == [numbers[1], numbers[4]]
    assert (
        listed(person, "/queues/review?attribute=ethnic_hostility&low=0.5&sort=oldest")
        == (numbers[3:])
    )
    assert listed(person, "/queues/review?target=Hillfolk&high=0.1") == [numbers[0]]
    assert listed(person, "/queues/review?label=civil") == []
    assert listed(person, "/queues/review?until=2020-01-01") == []
    assert len(listed(person, "/queues/review?since=2020-01-01")) == 6


def test_words_are_found_in_the_text(visit: Visit, desk: Desk) -> None:
    bring(desk, comments(3))
    (number,) = bring(desk, [comment(f"The ferry was {HOSTILE} late.")])
    person = visit(Role.READER)
    assert listed(person, "/queues/review?words=ferry") == [number]
    assert listed(person, "/queues/review?words=%22%27%29+OR+*") == []


def test_a_long_queue_comes_page_by_page_without_gaps_or_twice(visit: Visit, desk: Desk) -> None:
    numbers = desk.intake.take(comments(120))
    person, path, seen = visit(Role.READER), "/queues/review", list[int]()
    while path:
        seen += listed(person, path)
        path = next(iter(person.see(path).xpath('//a[@rel="next"]/@href')), "")
    assert sorted(seen) == sorted(numbers)


def test_flagged_comments_have_a_queue_of_their_own(visit: Visit, desk: Desk) -> None:
    bring(desk, comments(2))
    (number,) = bring(desk, [comment(f"Flagged, {HOSTILE}.", flags=3)])
    person = visit(Role.READER)
    assert listed(person, "/queues/flagged") == [number]
    assert "flagged by 3 readers" in words_of(person.see("/queues/flagged"))


def test_decided_comments_can_be_looked_up_by_outcome_and_person(visit: Visit, desk: Desk) -> None:
    first, second = bring(desk, comments(2))
    mo, lea = visit(Role.MODERATOR), visit(Role.LEAD)
    mo.send(f"/comments/{first}/decide", ruling="approve", words="nothing else")
    lea.send(f"/comments/{second}/decide", ruling="reject:spam")
    assert listed(mo, "/queues/decided") == [second, first]
    assert listed(mo, "/queues/decided?outcome=approve") == [first]
    assert listed(mo, "/queues/decided?by=lea") == [second]
    assert listed(mo, f"/queues/{Queue.REVIEW}") == []


def test_hostile_text_and_names_are_text_in_every_list(visit: Visit, desk: Desk) -> None:
    evil = f"</p><script>document.title=1</script>\u202e{HOSTILE}" + "x" * 1_000_000
    name = '"><img src=x onerror=alert(1)>\u202e'
    (number,) = bring(desk, [comment(evil, author=name, page=name, title=name, flags=1)])
    person = visit(Role.LEAD)
    paths = [
        "/queues/review",
        "/queues/flagged",
        f"/comments/{number}",
        f"/comments/{number}?part=99",
        "/bulk?low=0",
        "/queues/review?author=%22%3E%3Cscript%3E",
    ]
    for path in paths:
        page = person.get(path)
        assert page.status_code == 200
        assert "<script>document" not in page.text
        assert "<img src=x" not in page.text
        assert '<script>"' not in page.text
        assert "\u202e" not in page.text
        assert len(page.text) < 100_000


def test_a_comment_that_was_not_judged_says_its_language(visit: Visit, desk: Desk) -> None:
    (judged,) = bring(desk, comments(1))
    (number,) = desk.intake.take([unread("Die Brücke ist schon wieder zu.")])
    person = visit(Role.MODERATOR)
    assert listed(person, "/queues/review") == [judged, number]
    assert "Not judged: in German" in words_of(person.see("/queues/review"))
    assert listed(person, "/queues/review?label=unjudged") == [number]
    page = person.see(f"/comments/{number}")
    assert "Not judged: in German" in words_of(page)
    assert "its language (the model does not know it)" in words_of(page)
    assert page.xpath('//table[@class="scores"]') == []
    assert person.see(f"/comments/{judged}").xpath('//table[@class="scores"]')
