"""Working through a queue: what a moderator sees, decides, takes back."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from lxml import html

from moderation.desk import Desk
from moderation.desk.types import Filters, Outcome, Queue, RejectionReason, Role, Ruling
from moderation.taxonomy import ATTRIBUTES, Label
from moderation.verdict import Span
from tests.desk.web.people import NAMES, Person, bring, comment, comments, told_in, words_of
from tests.service.fakes import HOSTILE

Visit = Callable[[Role], Person]
TEXT = f"A calm start, then {HOSTILE} and an end."
MODELS = [TEXT.index(HOSTILE), TEXT.index(HOSTILE) + len(HOSTILE), "ethnic_hostility"]
"""The evidence that the model has found in it."""


def added(*rows: list[Any]) -> str:
    """Return the fields that the page's script sends when evidence is marked."""
    return json.dumps({"added": rows, "removed": []})


def begin(person: Person, **query: str) -> str:
    """Take the next comment; return the path of its page."""
    return person.send("/next", queue="review", **query).headers["location"]


def number_in(path: str) -> int:
    return int(path.split("/comments/")[1].split("?", maxsplit=1)[0])


def test_the_worst_comment_comes_first_and_each_decision_brings_the_next(
    visit: Visit, desk: Desk
) -> None:
    numbers = bring(desk, comments(3))
    person = visit(Role.MODERATOR)
    path, seen = begin(person), []
    for ruling in ("approve", "reject:insult", "reject:ethnic_hostility"):
        seen.append(number_in(path))
        path = person.send(f"/comments/{seen[-1]}/decide", ruling=ruling, queue="review").headers[
            "location"
        ]
    assert seen == numbers[::-1]
    assert "That was the last one" in person.get(path).text
    rulings = [desk.queue.get(number).decisions[0].ruling for number in seen]
    assert [each.outcome for each in rulings] == ["approve", "reject", "reject"]
    assert [each.reason for each in rulings] == [None, "insult", "ethnic_hostility"]


def test_two_moderators_get_different_comments(visit: Visit, desk: Desk) -> None:
    desk.intake.take(comments(2))
    mo, lea = visit(Role.MODERATOR), visit(Role.LEAD)
    assert number_in(begin(mo)) != number_in(begin(lea))
    assert "/queues/review" in begin(visit(Role.ADMIN))


def test_a_comment_decided_meanwhile_is_refused_politely_and_stays_as_it_was(
    visit: Visit, desk: Desk
) -> None:
    (number,) = desk.intake.take([comment(TEXT)])
    mo = visit(Role.MODERATOR)
    begin(mo)
    lead = next(user for user in desk.accounts.users() if user.name == NAMES[Role.LEAD])
    desk.queue.release(
        next(user for user in desk.accounts.users() if user.name == NAMES[Role.MODERATOR]), number
    )
    desk.decisions.decide(lead, number, Ruling(Outcome.APPROVE))
    reply = mo.send(f"/comments/{number}/decide", ruling="reject:spam", queue="review")
    assert reply.status_code == 409
    page = html.fromstring(reply.text)
    assert "has already decided" in words_of(page, '//*[@role="alert"]')
    assert "Approved by lea" in words_of(page)
    assert len(desk.queue.get(number).decisions) == 1


def test_the_same_form_sent_twice_makes_one_decision(visit: Visit, desk: Desk) -> None:
    (number,) = desk.intake.take([comment(TEXT)])
    person = visit(Role.MODERATOR)
    token = person.see(begin(person)).xpath('//input[@name="token"]/@value')[0]
    for _ in range(2):
        reply = person.send(
            f"/comments/{number}/decide", ruling="approve", token=token, queue="review"
        )
        assert told_in(reply) == "done"
    assert len(desk.queue.get(number).decisions) == 1


def test_labels_targets_scores_evidence_and_a_note_are_kept_as_corrected(
    visit: Visit, desk: Desk
) -> None:
    (number,) = desk.intake.take([comment(TEXT)])
    visit(Role.MODERATOR).send(
        f"/comments/{number}/decide",
        ruling="reject:inflammatory",
        right_label="inflammatory",
        targets_before="Hillfolk",
        spans=json.dumps({"added": [[2, 6, "insult"]], "removed": [MODELS]}),
        note="Not about a people.",
        **{"attribute.insult": "1", "attribute.threat": "0", "attribute.toxicity": ""},
    )
    ruling = desk.queue.get(number).decisions[0].ruling
    assert ruling.outcome is Outcome.REJECT
    assert ruling.reason is RejectionReason.INFLAMMATORY
    assert ruling.label is Label.INFLAMMATORY
    assert ruling.attributes == {"insult": 1.0, "threat": 0.0}
    assert ruling.targets == ()
    assert ruling.spans == (Span(2, 6, "insult", 1.0),)
    assert ruling.note == "Not about a people."


def test_what_is_left_as_it_was_stays_the_models(visit: Visit, desk: Desk) -> None:
    (number,) = desk.intake.take([comment(TEXT)])
    visit(Role.MODERATOR).send(
        f"/comments/{number}/decide",
        ruling="approve",
        targets_before="Hillfolk",
        spans="",
        **{"target.Hillfolk": "1"},
    )
    ruling = desk.queue.get(number).decisions[0].ruling
    assert ruling.targets is None
    assert ruling.spans is None
    assert ruling.label is None


@pytest.mark.parametrize(
    "fields",
    [
        {"ruling": ""},
        {"ruling": "burn"},
        {"ruling": "reject:whim"},
        {"ruling": "reject"},
        {"ruling": "approve", "right_label": "nice"},
        {"ruling": "approve", "attribute.colour": "1"},
        {"ruling": "approve", "attribute.insult": "0.7"},
        {"ruling": "approve", "spans": '{"added": [[1, 2'},
        {"ruling": "approve", "spans": '{"added": [[1, 2]], "removed": []}'},
        {"ruling": "approve", "spans": "7"},
        {"ruling": "approve", "spans": "[[1, 2, 3]]"},
        {"ruling": "approve", "spans": added(["1", "2", "insult"])},
        {"ruling": "approve", "spans": added([1, True, "insult"])},
        {"ruling": "approve", "spans": added([1, 2, []])},
        {"ruling": "approve", "spans": added([1, 2, "colour"])},
        {"ruling": "approve", "spans": added([5, 5000, "insult"])},
        {"ruling": "approve", "spans": added([9, 3, "insult"])},
        {"ruling": "approve", "spans": added(*[[1, 2, "insult"]] * 2_000)},
        {"ruling": "approve", "spans": "[" * 100_000},
    ],
)
def test_a_form_that_no_page_would_send_decides_nothing(
    visit: Visit, desk: Desk, fields: dict[str, str]
) -> None:
    (number,) = desk.intake.take([comment(TEXT)])
    reply = visit(Role.MODERATOR).send(f"/comments/{number}/decide", **fields)
    assert reply.status_code == 422
    assert 'role="alert"' in reply.text
    assert desk.queue.get(number).decisions == ()


def test_undo_brings_the_comment_back_to_decide_anew(visit: Visit, desk: Desk) -> None:
    (number,) = desk.intake.take([comment(TEXT)])
    person = visit(Role.MODERATOR)
    begin(person)
    person.send(f"/comments/{number}/decide", ruling="approve", queue="review")
    page = person.see(f"/comments/{number}")
    form = page.xpath('//form[contains(@action, "/undo")]')[0]
    reply = person.send(form.get("action").removeprefix("/desk"), queue="review")
    assert number_in(reply.headers["location"]) == number
    assert desk.queue.get(number).line.decision is None
    again = person.send(form.get("action").removeprefix("/desk"), queue="review")
    assert "had already been undone" in person.get(again.headers["location"]).text


def test_a_comment_that_is_skipped_comes_after_all_others(visit: Visit, desk: Desk) -> None:
    desk.intake.take(comments(2))
    person = visit(Role.MODERATOR)
    first = number_in(begin(person))
    reply = person.send(f"/comments/{first}/skip", queue="review")
    second = number_in(reply.headers["location"])
    assert second != first
    assert f"skip={first}" in reply.headers["location"]
    done = person.send(
        f"/comments/{second}/decide", ruling="approve", queue="review", skip=str(first)
    )
    assert told_in(done) == "done"


def test_filters_and_order_hold_while_one_works(visit: Visit, desk: Desk) -> None:
    numbers = bring(desk, comments(6))
    person = visit(Role.MODERATOR)
    where = {"page": "https://news.example/1", "sort": "oldest", "high": "0.9"}
    path = begin(person, **where)
    assert number_in(path) == numbers[1]
    page = person.see(path)
    fields = {
        each.get("name"): each.get("value")
        for each in page.xpath('//form[@id="ruling"]//input[@type="hidden"]')
    }
    fields.pop("csrf")
    reply = person.send(f"/comments/{numbers[1]}/decide", **fields, ruling="approve")
    assert number_in(reply.headers["location"]) == numbers[3]


def test_a_note_is_left_without_deciding(visit: Visit, desk: Desk) -> None:
    (number,) = desk.intake.take([comment(TEXT)])
    person = visit(Role.MODERATOR)
    reply = person.send(f"/comments/{number}/note", note="Ask the <b>editor</b>.", queue="review")
    page = person.see(reply.headers["location"])
    assert "Ask the <b>editor</b>." in words_of(page)
    assert desk.queue.get(number).line.decision is None


def test_every_score_is_explained_and_the_policys_reason_is_told(visit: Visit, desk: Desk) -> None:
    (number,) = desk.intake.take([comment(TEXT, 0.9)])
    page = visit(Role.READER).see(f"/comments/{number}")
    told = words_of(page)
    for attribute in ATTRIBUTES:
        assert attribute.title in told
        assert attribute.meaning in told
    assert "At or above the policy’s threshold of 0.40." in told
    assert "Reasons: Ethnic hostility" in told
    assert "Groups attacked: Hillfolk" in told
    assert [mark.text for mark in page.xpath("//mark")] == [HOSTILE]


def test_what_a_comment_stands_in_is_shown_with_its_authors_history_and_its_likes(
    visit: Visit, desk: Desk
) -> None:
    more: dict[str, Any] = {
        "author": "Sok",
        "page": "https://news.example/1",
        "title": "The bridge",
    }
    old, like, number = bring(
        desk,
        [
            comment(f"Something else, {HOSTILE}.", **more),
            comment(f"The very same words about the old market and {HOSTILE} again, friends."),
            comment(
                f"The very same words about the old market and {HOSTILE} again, dear friends.",
                parent="The parent said so.",
                article="The article told of the bridge.",
                **more,
            ),
        ],
    )
    person = visit(Role.LEAD)
    person.send(f"/comments/{old}/decide", ruling="reject:spam")
    person.send(f"/comments/{like}/decide", ruling="approve")
    told = words_of(person.see(f"/comments/{number}"))
    assert "The parent said so." in told
    assert "The article told of the bridge." in told
    assert "The bridge" in told
    assert "Approved: 0, rejected: 1, waiting: 0." in told
    assert "% similar" in told
    assert "dear" not in told.split("% similar")[1]


def test_readers_see_everything_and_are_offered_no_decision(visit: Visit, desk: Desk) -> None:
    (number,) = desk.intake.take([comment(TEXT)])
    person = visit(Role.READER)
    page = person.see(f"/comments/{number}")
    assert page.xpath('//form[@id="ruling"]') == []
    assert person.send(f"/comments/{number}/decide", ruling="approve").status_code == 403
    assert person.send("/next", queue="review").status_code == 403
    assert desk.queue.count(Filters(Queue.DECIDED)).number == 0


def test_an_erased_comment_shows_that_and_nothing_of_its_text(visit: Visit, desk: Desk) -> None:
    (number,) = desk.intake.take([comment(TEXT, author="Sok", parent="The parent said so.")])
    assert visit(Role.LEAD).send(f"/comments/{number}/erase").status_code == 403
    person = visit(Role.ADMIN)
    assert person.send(f"/comments/{number}/erase").status_code == 303
    assert "has been erased" in words_of(person.see(f"/comments/{number}"))
    for path in (f"/comments/{number}", "/queues/review", "/audit"):
        told = words_of(person.see(path))
        assert "calm start" not in told
        assert "Sok" not in told
        assert "parent said" not in told
