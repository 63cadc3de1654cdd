"""Webhooks: every decision arrives, signed, in order for each comment, whatever fails between."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from moderation.desk import Desk
from moderation.desk.decisions.events import Events
from moderation.desk.errors import NoSuchThing, NotAllowed
from moderation.desk.site import sender as module
from moderation.desk.site import webhooks
from moderation.desk.site.comments import SiteComments
from moderation.desk.site.sender import Sender
from moderation.desk.types import Outcome, RejectionReason, Ruling, User
from tests.desk.site.receiver import Receiver, hang, receiving
from tests.desk.site.test_comments import of_site
from tests.service.fakes import wait_until

APPROVE = Ruling(Outcome.APPROVE)
REJECT = Ruling(Outcome.REJECT, RejectionReason.INSULT)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look and try again soon: a test has no three days."""
    monkeypatch.setattr(module, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr(module, "ATTEMPT_SECONDS", 1.0)
    monkeypatch.setattr(webhooks, "PAUSES", (timedelta(seconds=0.1),))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a receiver."""
    with receiving() as receiver:
        yield receiver


@contextmanager
def sending(desk: Desk, *, private: bool = True) -> Iterator[None]:
    """Send in a thread, as a process does."""
    loop = asyncio.new_event_loop()
    sender = Sender(desk.store, desk.webhooks, Events(desk.store), private=private)
    task = loop.create_task(sender.run())

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


def decide_some(desk: Desk, user: User, number: int, source: str = "the-paper") -> list[int]:
    """Decide on comments, undo each decision and decide again: three events for each."""
    site = SiteComments(desk.store, Events(desk.store))
    comments = [
        site.put(of_site("one", str(place), source=source)).number for place in range(number)
    ]
    for comment in comments:
        made = desk.decisions.decide(user, comment, APPROVE)
        desk.decisions.undo(user, made.id)
        desk.decisions.decide(user, comment, REJECT)
    return comments


def in_order(messages: list[dict[str, Any]]) -> bool:
    """Tell whether the messages about each comment came in order."""
    by_comment: dict[str, list[int]] = {}
    for message in messages:
        by_comment.setdefault(message["id"], []).append(message["sequence"])
    return all(numbers == sorted(numbers) for numbers in by_comment.values())


def test_each_event_arrives_once_and_in_order_and_the_standard_s_library_verifies_it(
    desk: Desk, ana: User, receiver: Receiver
) -> None:
    _, secret = desk.webhooks.add(receiver.url, None, "(test)")
    with sending(desk):
        decide_some(desk, ana, 6)
        wait_until(lambda: len(receiver.accepted) == 18)
    assert in_order(receiver.accepted)
    told = [event.to_dict() for event in Events(desk.store).after(0, 100)]
    assert sorted(receiver.accepted, key=lambda each: each["sequence"]) == told
    headers, body = receiver.messages[0]
    Webhook(secret).verify(body, headers)
    assert json.loads(body)["type"] == "comment.decided"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)


def test_what_fails_is_tried_again_and_nothing_about_its_comment_overtakes_it(
    desk: Desk, ana: User, receiver: Receiver
) -> None:
    failures = {"0": 3, "2": 2}
    answers = iter((500, 302, 404, 503, 429))

    def answer(data: dict[str, Any]) -> int:
        if failures.get(data["id"]):
            failures[data["id"]] -= 1
            return next(answers)
        return 200

    receiver.answer = answer
    desk.webhooks.add(receiver.url, None, "(test)")
    with sending(desk):
        decide_some(desk, ana, 4)
        wait_until(lambda: len(receiver.accepted) == 12)
    assert in_order(receiver.accepted)
    # A repetition has the id of the first attempt.
    ids = [headers["webhook-id"] for headers, _ in receiver.messages]
    assert (len(ids), len(set(ids))) == (17, 12)


def test_a_dead_and_a_hanging_receiver_delay_nobody_else(
    desk: Desk, ana: User, receiver: Receiver
) -> None:
    with receiving() as hanging, receiving() as dead:
        dead_url = dead.url
        hanging.answer = hang
        desk.webhooks.add(hanging.url, None, "(test)")
        desk.webhooks.add("http://127.0.0.1:9/dead", None, "(test)")
        desk.webhooks.add(receiver.url, None, "(test)")
        assert dead_url
        with sending(desk):
            decide_some(desk, ana, 5)
            wait_until(lambda: len(receiver.accepted) == 15, seconds=5)
            assert hanging.accepted == []


def test_what_is_due_while_nobody_sends_arrives_when_somebody_does_again(
    desk: Desk, ana: User, receiver: Receiver
) -> None:
    desk.webhooks.add(receiver.url, None, "(test)")
    decide_some(desk, ana, 3)
    with sending(desk), sending(desk):  # two processes: one of them sends
        wait_until(lambda: len(receiver.accepted) >= 9)
    assert len(receiver.messages) == 9


def test_a_receiver_of_one_source_is_told_of_no_other(
    desk: Desk, ana: User, receiver: Receiver
) -> None:
    desk.webhooks.add(receiver.url, "the-paper", "(test)")
    decide_some(desk, ana, 1, source="a-blog")
    decide_some(desk, ana, 1)
    with sending(desk):
        wait_until(lambda: len(receiver.accepted) == 3)
    assert {each["source"] for each in receiver.accepted} == {"the-paper"}


def test_after_three_days_a_message_has_failed_and_a_lead_sends_it_again(
    desk: Desk, ana: User, lead: User, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MAX_AGE", timedelta(seconds=0.3))
    receiver.answer = lambda data: 500 if data["id"] == "0" else 204
    desk.webhooks.add(receiver.url, None, "(test)")
    with sending(desk):
        decide_some(desk, ana, 2)
        wait_until(lambda: len(desk.webhooks.failed()) == 3)
        (failure,) = {each.failure for each in desk.webhooks.failed()}
        assert failure == "status 500"
        assert {each.external_id for each in desk.webhooks.failed()} == {"0"}
        with pytest.raises(NotAllowed):
            desk.webhooks.send_again(ana)
        receiver.answer = lambda _: 204
        assert desk.webhooks.send_again(lead) == 3
        wait_until(lambda: len(receiver.accepted) == 6)
    with pytest.raises(NoSuchThing):
        desk.webhooks.send_again(lead)
    assert in_order(receiver.accepted)


def test_a_removed_webhook_is_sent_nothing_more(desk: Desk, ana: User, receiver: Receiver) -> None:
    removed, _ = desk.webhooks.add(receiver.url, None, "(test)")
    kept, _ = desk.webhooks.add(f"{receiver.url}/kept", None, "(test)")
    decide_some(desk, ana, 1)
    desk.webhooks.remove(removed.id, "(test)")
    assert desk.webhooks.all() == [kept]
    with sending(desk):
        wait_until(lambda: len(receiver.accepted) == 3)
    assert len(receiver.messages) == 3


def test_a_private_address_is_not_called_unless_it_is_permitted(
    desk: Desk, ana: User, receiver: Receiver
) -> None:
    desk.webhooks.add(receiver.url, None, "(test)")
    decide_some(desk, ana, 1)
    with sending(desk, private=False):
        wait_until(lambda: bool(_tries(desk)))
    assert receiver.messages == []


def _tries(desk: Desk) -> int:
    with desk.store.reading() as connection:
        found: int = connection.exec_driver_sql(
            "SELECT coalesce(max(tries), 0) FROM messages"
        ).scalar_one()
    return found
