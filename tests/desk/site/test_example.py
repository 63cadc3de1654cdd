"""The example site follows the desk: from a comment to its publication, and through an appeal."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from moderation.desk import Desk
from moderation.desk.types import Filters, Outcome, Queue, RejectionReason, Ruling, User
from moderation.desk.web.app import installer
from moderation.service.api_keys import Scope
from moderation.service.app import create_app
from moderation.settings import Settings
from tests.service.fakes import HOSTILE, fake_moderator, is_ready, running, wait_until

EXAMPLES = Path(__file__).parents[3] / "examples"
BAD = f"They are {HOSTILE}."
REJECT = Ruling(Outcome.REJECT, RejectionReason.INSULT)


@pytest.fixture
def service(desk: Desk) -> Iterator[str]:
    """Serve the desk, with keys."""
    settings = Settings(authentication="keys", webhooks_private=True, log_level="warning")
    with running(create_app(settings, fake_moderator, None, [installer(desk)])) as address:
        with httpx.Client(base_url=address, trust_env=False) as client:
            wait_until(lambda: is_ready(client))
        yield address


class Newspaper:
    """The example, as a process that can be stopped and started again."""

    def __init__(self, service: str, key: str, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._environment = {
            **os.environ,
            "MODERATION_URL": service,
            "MODERATION_KEY": key,
            "SITE_URL": self.address,
            "SITE_DATABASE": str(folder / "newspaper.db"),
        }
        self.client = httpx.Client(base_url=self.address, trust_env=False, timeout=30)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        command = [sys.executable, "-m", "uvicorn", "newspaper:app", "--port", str(self.port)]
        command += ["--app-dir", str(EXAMPLES), "--log-level", "warning"]
        self._process = subprocess.Popen(command, env=self._environment)
        wait_until(self._answers)

    def stop(self) -> None:
        """End at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return self.client.get("/").is_success
        except httpx.TransportError:
            return False

    def shows(self, text: str) -> bool:
        """Tell whether a text is published."""
        return text in self.client.get("/").text


@pytest.fixture
def newspaper(desk: Desk, service: str, tmp_path: Path) -> Iterator[Newspaper]:
    """Give the example site, running."""
    secret, _ = desk.keys.create(None, "the paper", [Scope.SCORE, Scope.DESK])
    newspaper = Newspaper(service, secret, tmp_path)
    newspaper.start()
    yield newspaper
    newspaper.stop()
    newspaper.client.close()


def waiting(desk: Desk, queue: Queue = Queue.REVIEW) -> list[int]:
    return [line.id for line in desk.queue.lines(Filters(queue)).lines]


def test_a_comment_is_published_rejected_appealed_and_published_again(
    desk: Desk, newspaper: Newspaper, ana: User, bo: User
) -> None:
    for text in ("The ferry is late.", BAD):
        newspaper.client.post("/comments", data={"author": "Ann", "text": text})
    assert newspaper.shows("The ferry is late.")
    assert not newspaper.shows(BAD)
    (number,) = waiting(desk)
    desk.decisions.decide(ana, number, Ruling(Outcome.APPROVE))
    wait_until(lambda: newspaper.shows(BAD))
    newspaper.client.post("/comments/2/flag", data={"by": "a reader"})
    (number,) = waiting(desk, Queue.FLAGGED)
    desk.decisions.decide(ana, number, REJECT)
    wait_until(lambda: not newspaper.shows(BAD))
    appealed = newspaper.client.post("/comments/2/appeal", data={"statement": "I quoted it."})
    assert appealed.json()["appealed"]
    (number,) = waiting(desk, Queue.APPEALED)
    desk.decisions.decide(bo, number, Ruling(Outcome.APPROVE))
    wait_until(lambda: newspaper.shows(BAD))
    newspaper.client.post("/comments/2", data={"text": f"{BAD} And more."})
    assert not newspaper.shows(BAD)
    assert newspaper.shows("The ferry is late.")


def test_what_was_decided_while_the_site_was_away_is_followed_when_it_is_back(
    desk: Desk, newspaper: Newspaper, ana: User
) -> None:
    for place in range(3):
        newspaper.client.post("/comments", data={"author": "Ann", "text": f"{BAD} {place}"})
    newspaper.stop()
    first, _, last = sorted(waiting(desk))
    desk.decisions.decide(ana, first, Ruling(Outcome.APPROVE))
    undone = desk.decisions.decide(ana, last, Ruling(Outcome.APPROVE))
    desk.decisions.undo(ana, undone.id)
    newspaper.start()
    wait_until(lambda: newspaper.shows(f"{BAD} 0"))
    assert not newspaper.shows(f"{BAD} 1")
    assert not newspaper.shows(f"{BAD} 2")


def test_an_author_reads_the_newsrooms_text_for_the_reason_of_a_rejection(
    desk: Desk, newspaper: Newspaper, ana: User
) -> None:
    newspaper.client.post("/comments", data={"author": "Ann", "text": BAD})
    (number,) = waiting(desk)
    assert "Not published" in newspaper.client.get("/comments/1").text
    ruling = replace(REJECT, author_text="Please read <our rules>.", note="internal")
    desk.decisions.decide(ana, number, ruling)
    wait_until(lambda: "Please read" in newspaper.client.get("/comments/1").text)
    own = newspaper.client.get("/comments/1").text
    assert "Please read &lt;our rules&gt;." in own
    assert "internal" not in own
    assert newspaper.client.get("/comments/99").status_code == 404


def test_a_message_that_the_desk_has_not_signed_changes_nothing(newspaper: Newspaper) -> None:
    newspaper.client.post("/comments", data={"author": "Ann", "text": BAD})
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    assert newspaper.client.post("/decisions", json={}, headers=headers).status_code == 401
    assert not newspaper.shows(BAD)
