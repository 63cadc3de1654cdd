"""A service that is killed while decisions are made and messages are due loses none of them."""

import signal
import subprocess
import sys
from functools import partial
from typing import Any

from moderation.desk import Desk
from moderation.desk.decisions.events import Events
from moderation.desk.site.comments import SiteComments
from moderation.desk.types import Outcome, RejectionReason, Ruling, User
from tests.desk.site.receiver import receiving
from tests.desk.site.test_comments import of_site
from tests.service.fakes import wait_until

REJECT = Ruling(Outcome.REJECT, RejectionReason.INSULT)
COMMENTS, KILLS = 12, 3
SENDER = """
import asyncio, sys
from datetime import timedelta
from moderation.desk import Desk
from moderation.desk.decisions.events import Events
from moderation.desk.site import sender, webhooks
sender.EVERY_SECONDS = 0.05
webhooks.PAUSES = (timedelta(seconds=0.1),)
desk = Desk.open(sys.argv[1])
print("open", flush=True)
asyncio.run(sender.Sender(desk.store, desk.webhooks, Events(desk.store), private=True).run())
"""


def start(url: str) -> subprocess.Popen[bytes]:
    """Send in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", SENDER, url], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"open\n"
    return process


def test_each_decision_arrives_in_order_though_the_sender_is_killed_again_and_again(
    desk: Desk, url: str, ana: User
) -> None:
    site = SiteComments(desk.store, Events(desk.store))
    numbers = [site.put(of_site("one", str(place))).number for place in range(COMMENTS)]
    with receiving() as receiver:

        def has_taken(messages: int) -> bool:
            return len(receiver.accepted) >= messages

        def arrived() -> set[int]:
            return {each["sequence"] for each in receiver.accepted}

        answers = 0

        def answer(_: dict[str, Any]) -> int:
            nonlocal answers
            answers += 1
            return 500 if answers % 4 == 0 else 204

        receiver.answer = answer
        desk.webhooks.add(receiver.url, None, "(test)")
        told = 0
        for kill in range(KILLS):
            process = start(url)
            for number in numbers[kill::KILLS]:
                made = desk.decisions.decide(ana, number, Ruling(Outcome.APPROVE))
                desk.decisions.undo(ana, made.id)
                desk.decisions.decide(ana, number, REJECT)
            told += 3 * len(numbers[kill::KILLS])
            wait_until(partial(has_taken, told // 2))
            process.send_signal(signal.SIGKILL)
            process.wait()
        process = start(url)
        try:
            wait_until(lambda: len(arrived()) == 3 * COMMENTS)
        finally:
            process.kill()
            process.wait()
    assert arrived() == {event.sequence for event in Events(desk.store).after(0, 1_000)}
    for external_id in map(str, range(COMMENTS)):
        first_times = list(
            dict.fromkeys(
                each["sequence"] for each in receiver.accepted if each["id"] == external_id
            )
        )
        assert first_times == sorted(first_times)
    # What the killed process had sent, and could not note, has come again, with its first id.
    ids = {headers["webhook-id"] for headers, _ in receiver.messages}
    assert len(ids) == 3 * COMMENTS
