"""Corrections are shown beside their comment, and one press confirms or dismisses one."""

from collections.abc import Callable

import pytest

from moderation.desk import Desk
from moderation.desk.types import CorrectionState, Filters, Outcome, Queue, RejectionReason, Role
from moderation.service.api_keys import Scope
from moderation.service.intake import Correction
from moderation.verdict import Action
from tests.desk.sending import sent, verdict
from tests.desk.web.people import Person, bring, comment, told_in, words_of
from tests.service.fakes import HOSTILE

Visit = Callable[[Role], Person]
TEXT = "The ferry is late again, and so are you."


def corrected(desk: Desk, text: str = TEXT, key: str | None = None, **scores: float) -> int:
    """Let a site correct a comment that the policy allowed; return the comment's number."""
    allowed = sent(text, verdict=verdict(action=Action.ALLOW))
    given = scores or {"insult": 1.0}
    desk.corrections.add(Correction(text, given, "perspective", key=key, comment=allowed))
    lines = desk.queue.lines(Filters(Queue.CORRECTED)).lines
    return next(line.id for line in lines if line.excerpt == text)


def state_of(desk: Desk, number: int) -> CorrectionState:
    (received,) = desk.queue.get(number).corrections
    return received.state


def only_id(desk: Desk, number: int) -> str:
    (received,) = desk.queue.get(number).corrections
    return received.id


def test_a_correction_says_who_sent_it_what_it_says_and_what_became_of_it(
    visit: Visit, desk: Desk
) -> None:
    _, key = desk.keys.store.create("the <b>evening</b> paper", [Scope.SUGGEST])
    number = corrected(desk, key=key.id)
    person = visit(Role.MODERATOR)
    queue = person.see("/queues/corrected")
    assert TEXT in words_of(queue)
    assert "1 correction" in words_of(queue)
    page = person.see(f"/comments/{number}?queue=corrected")
    words = words_of(page, '//section[@aria-labelledby="corrected-title"]')
    assert "Insult 1.00" in words
    assert "the Perspective API" in words
    assert "API key the <b>evening</b> paper" in words
    assert "It was corrected" not in words_of(page)  # readers' flag says it
    person.send(f"/comments/{number}/dismiss", correction=only_id(desk, number))
    words = words_of(person.see(f"/comments/{number}"))
    assert "dismissed by mo" in words
    assert "It was corrected; the policy does not hold it." in words


def test_one_press_decides_as_a_correction_says_and_goes_on(visit: Visit, desk: Desk) -> None:
    number, other = corrected(desk), corrected(desk, "Another one.", toxicity=0.0)
    person = visit(Role.MODERATOR)
    page = person.see(f"/comments/{number}?queue=corrected")
    (button,) = page.xpath(f'//form[@action="/desk/comments/{number}/confirm"]//button')
    assert button.text_content() == "Confirm and reject: Insult"
    form = button.getparent()
    fields = {name: value for name, value in form.form_values() if name != "csrf"}
    reply = person.send(f"/comments/{number}/confirm", **fields)
    assert f"/comments/{other}?" in reply.headers["location"]
    ruling = desk.queue.get(number).decisions[0].ruling
    assert (ruling.outcome, ruling.reason) == (Outcome.REJECT, RejectionReason.INSULT)
    assert ruling.attributes == {"insult": 1.0}
    assert state_of(desk, number) is CorrectionState.CONFIRMED
    assert "Confirm and approve" in words_of(person.see(reply.headers["location"]))
    # Sent again, it makes no second decision.
    person.send(f"/comments/{number}/confirm", **fields)
    assert len(desk.queue.get(number).decisions) == 1


def test_one_that_names_no_reason_is_confirmed_by_a_rejection_for_the_right_one(
    visit: Visit, desk: Desk
) -> None:
    number = corrected(desk, toxicity=1.0)
    person = visit(Role.MODERATOR)
    page = person.see(f"/comments/{number}?queue=corrected")
    assert page.xpath('//form[contains(@action, "/confirm")]') == []
    assert "It names no reason." in words_of(page)
    refused = person.send(f"/comments/{number}/confirm", correction=only_id(desk, number))
    assert refused.status_code == 404
    person.send(f"/comments/{number}/decide", queue="corrected", ruling="reject:spam")
    assert state_of(desk, number) is CorrectionState.CONFIRMED


def test_one_of_a_decided_comment_can_be_dismissed_or_followed_by_undoing(
    visit: Visit, desk: Desk
) -> None:
    text = f"They say {HOSTILE}."
    (number,) = bring(desk, [comment(text)])
    person = visit(Role.MODERATOR)
    person.send(f"/comments/{number}/decide", ruling="reject:ethnic_hostility")
    desk.corrections.add(Correction(text, {"toxicity": 0.0}, "akismet"))
    waiting = person.see("/queues/decided?corrected=1")
    assert HOSTILE in words_of(waiting)
    page = person.see(f"/comments/{number}")
    assert "Undo the decision to follow a correction." in words_of(page)
    assert page.xpath('//form[contains(@action, "/confirm")]') == []
    reply = person.send(f"/comments/{number}/confirm", correction=only_id(desk, number))
    assert told_in(reply) == "already_decided"
    reply = person.send(f"/comments/{number}/dismiss", correction=only_id(desk, number))
    assert told_in(reply) == "dismissed"
    assert "There are no comments here." in words_of(person.see("/queues/decided?corrected=1"))


@pytest.mark.parametrize("act", ["confirm", "dismiss"])
def test_a_correction_that_is_none_is_not_found(visit: Visit, desk: Desk, act: str) -> None:
    number = corrected(desk)
    other = corrected(desk, "Another one.")
    person = visit(Role.MODERATOR)
    for which in ("", "none", only_id(desk, other)):
        reply = person.send(f"/comments/{number}/{act}", correction=which)
        assert reply.status_code == 404
    assert state_of(desk, number) is CorrectionState.OPEN


def test_readers_see_corrections_and_settle_none(visit: Visit, desk: Desk) -> None:
    number = corrected(desk)
    page = visit(Role.READER).see(f"/comments/{number}")
    assert "Insult 1.00" in words_of(page)
    assert page.xpath('//section[@aria-labelledby="corrected-title"]//button') == []


def test_what_clients_of_each_protocol_send_is_at_the_desk(
    visit: Visit, desk: Desk, site: str
) -> None:
    person = visit(Role.MODERATOR)
    person.client.post(
        f"{site}/v1alpha1/comments:suggestscore",
        json={
            "comment": {"text": "A calm one."},
            "attributeScores": {"THREAT": {"summaryScore": {"value": 0.9}}},
            "communityId": "a community",
        },
    ).raise_for_status()
    form = {"comment_content": "<p>Another calm one.</p>", "comment_author": "Bo", "blog": "a blog"}
    person.client.post(f"{site}/1.1/submit-spam", data=form).raise_for_status()
    lines = desk.queue.lines(Filters(Queue.CORRECTED)).lines
    found = {line.source: desk.queue.get(line.id) for line in lines}
    assert found["perspective"].verdict.model == found["akismet"].verdict.model == "fake@1"
    assert found["perspective"].community == "a community"
    assert (found["akismet"].text, found["akismet"].line.author) == ("Another calm one.", "Bo")
    assert {each.line.action for each in found.values()} == {Action.ALLOW}
