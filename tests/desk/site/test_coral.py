"""The bridge to Coral: its queue comes to the desk, and decisions reach the other side."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from moderation.desk import Desk
from moderation.desk.site import coral, sender
from moderation.desk.types import Filters, Outcome, Queue, RejectionReason, Ruling, User
from moderation.desk.web.app import installer
from moderation.service.app import create_app
from moderation.service.security import SIGNATURE_HEADER, sign
from moderation.settings import Settings
from tests.service.fakes import HOSTILE, fake_moderator, is_ready, running, wait_until

SECRET, TOKEN = "a secret of sixteen", "a token of a moderator"
BAD = f"<div>They are {HOSTILE}, &amp; all of them.</div>"
ENTERED, LEFT = "COMMENT_ENTERED_MODERATION_QUEUE", "COMMENT_LEFT_MODERATION_QUEUE"


@dataclass
class Coral:
    """A server that speaks the calls of Coral's API that the bridge makes."""

    comments: dict[str, dict[str, Any]] = field(default_factory=dict)
    decided: list[tuple[str, str, str]] = field(default_factory=list)
    status: int = 200
    url: str = ""

    def add(self, comment_id: str, body: str = BAD, status: str = "SYSTEM_WITHHELD") -> None:
        """Have a comment in the queue."""
        self.comments[comment_id] = {
            "id": comment_id,
            "body": body,
            "status": status,
            "createdAt": "2026-03-01T10:00:00.000Z",
            "revision": {"id": f"{comment_id} r{len(body)}"},
            "author": {"username": "Dara"},
            "parent": None,
            "story": {"url": "https://paper.example/a", "metadata": {"title": "The ferry"}},
        }

    def answer(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a query or a mutation."""
        variables = sent["variables"]
        if "mutation" not in sent["query"]:
            return {"data": {"comment": self.comments.get(variables["id"])}}
        given = variables["input"]
        name = "approveComment" if "approveComment" in sent["query"] else "rejectComment"
        self.decided.append((name, given["commentID"], given["commentRevisionID"]))
        comment = self.comments[given["commentID"]]
        comment["status"] = "APPROVED" if name == "approveComment" else "REJECTED"
        return {"data": {name: {"comment": {"id": comment["id"], "status": comment["status"]}}}}


@contextmanager
def serving() -> Iterator[Coral]:
    """Serve Coral's API on a free port of the loopback."""
    server_of = Coral()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
            authorised = self.headers["authorization"] == f"Bearer {TOKEN}"
            answer = server_of.answer(sent) if authorised and server_of.status == 200 else {}
            body = json.dumps(answer).encode()
            self.send_response(server_of.status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server_of.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server_of
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def server() -> Iterator[Coral]:
    """Give a Coral."""
    with serving() as server:
        yield server


@pytest.fixture
def client(desk: Desk, server: Coral, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """Give a client of a service with a bridge to that Coral."""
    monkeypatch.setattr(sender, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr(coral, "EVERY_SECONDS", 0.2)
    settings = Settings(
        log_level="warning", coral_url=server.url, coral_token=TOKEN, coral_secrets=[SECRET]
    )
    app = create_app(settings, fake_moderator, None, [installer(desk)])
    with (
        running(app) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=30) as client,
    ):
        wait_until(lambda: is_ready(client))
        yield client


def tell(client: httpx.Client, comment_id: str, kind: str = ENTERED, secret: str = SECRET) -> int:
    """Send what Coral's webhook sends, and return the status."""
    body = json.dumps({"id": "e1", "type": kind, "data": {"commentID": comment_id}}).encode()
    headers = {SIGNATURE_HEADER: sign(body, secret), "Content-Type": "application/json"}
    return client.post(coral.PATH, content=body, headers=headers).status_code


def waiting(desk: Desk, queue: Queue) -> list[int]:
    return [line.id for line in desk.queue.lines(Filters(queue)).lines]


def test_what_enters_coral_s_queue_comes_to_the_desk_with_author_and_story(
    client: httpx.Client, desk: Desk, server: Coral
) -> None:
    server.add("a")
    server.add("b", "<div>The ferry is late.</div>")
    assert [tell(client, each) for each in ("a", "b", "unknown")] == [204, 204, 204]
    found = [desk.queue.get(number) for number in waiting(desk, Queue.FLAGGED)]
    assert {each.text for each in found} == {
        f"They are {HOSTILE}, & all of them.",
        "The ferry is late.",
    }
    line = found[0].line
    assert (line.author, line.page, line.title) == ("Dara", "https://paper.example/a", "The ferry")
    assert tell(client, "a") == 204  # told again, it is the same entry
    assert len(waiting(desk, Queue.FLAGGED)) == 2


def test_a_decision_at_the_desk_is_made_in_coral(
    client: httpx.Client, desk: Desk, server: Coral, ana: User
) -> None:
    for comment_id in ("a", "b"):
        server.add(comment_id)
        tell(client, comment_id)
    first, second = sorted(waiting(desk, Queue.FLAGGED))
    desk.decisions.decide(ana, first, Ruling(Outcome.APPROVE))
    desk.decisions.decide(ana, second, Ruling(Outcome.REJECT, RejectionReason.INSULT))
    wait_until(lambda: len(server.decided) == 2)
    revision = f"r{len(BAD)}"
    assert sorted(server.decided) == [
        ("approveComment", "a", f"a {revision}"),
        ("rejectComment", "b", f"b {revision}"),
    ]


def test_a_decision_in_coral_closes_the_entry_whether_or_not_it_tells(
    client: httpx.Client, desk: Desk, server: Coral
) -> None:
    for comment_id in ("a", "b", "c"):
        server.add(comment_id)
        tell(client, comment_id)
    server.comments["a"]["status"] = "REJECTED"
    assert tell(client, "a", LEFT) == 204
    server.comments["b"]["status"] = "APPROVED"  # and says nothing
    wait_until(lambda: len(waiting(desk, Queue.FLAGGED)) == 1)
    outcomes = {
        desk.queue.get(number).external_id: desk.queue.get(number).decisions[0]
        for number in waiting(desk, Queue.DECIDED)
    }
    assert {name: made.ruling.outcome for name, made in outcomes.items()} == {
        "a": Outcome.REJECT,
        "b": Outcome.APPROVE,
    }
    assert {made.by for made in outcomes.values()} == {coral.USER}
    assert server.decided == []


def test_a_decision_in_coral_closes_what_waits_here_for_a_lead(
    client: httpx.Client, desk: Desk, server: Coral, ana: User
) -> None:
    """It need not tell of it."""
    coral.coral_user(desk.store)
    for comment_id in ("a", "b"):
        server.add(comment_id)
        tell(client, comment_id)
    for number in waiting(desk, Queue.FLAGGED):
        desk.escalations.ask(ana, number)
    assert len(waiting(desk, Queue.LEADS)) == 2
    server.comments["a"]["status"] = "REJECTED"
    assert tell(client, "a", LEFT) == 204
    server.comments["b"]["status"] = "APPROVED"  # and says nothing
    wait_until(lambda: not waiting(desk, Queue.LEADS))
    decided = [desk.queue.get(number) for number in waiting(desk, Queue.DECIDED)]
    assert {each.external_id: each.decisions[0].ruling.outcome for each in decided} == {
        "a": Outcome.REJECT,
        "b": Outcome.APPROVE,
    }
    assert all(each.settled for comment in decided for each in comment.escalations)
    assert server.decided == []


def test_a_comment_edited_in_coral_is_not_decided_by_the_decision_on_its_old_text(
    client: httpx.Client, desk: Desk, server: Coral, ana: User
) -> None:
    server.add("a")
    tell(client, "a")
    (number,) = waiting(desk, Queue.FLAGGED)
    server.add("a", f"{BAD}<div>And more.</div>")
    desk.decisions.decide(ana, number, Ruling(Outcome.APPROVE))
    wait_until(lambda: bool(waiting(desk, Queue.FLAGGED)))
    (new,) = waiting(desk, Queue.FLAGGED)
    assert desk.queue.get(new).text == f"They are {HOSTILE}, & all of them.\nAnd more."
    assert server.decided == []


def test_while_coral_is_away_decisions_wait_and_its_events_are_refused(
    client: httpx.Client, desk: Desk, server: Coral, ana: User
) -> None:
    server.add("a")
    tell(client, "a")
    (number,) = waiting(desk, Queue.FLAGGED)
    server.status = 500
    assert tell(client, "a") == 503
    desk.decisions.decide(ana, number, Ruling(Outcome.APPROVE))
    server.status = 200
    wait_until(lambda: bool(server.decided), seconds=30)


def test_an_event_without_coral_s_signature_is_refused(
    client: httpx.Client, desk: Desk, server: Coral
) -> None:
    server.add("a")
    assert tell(client, "a", secret="another secret of 16") == 401  # noqa: S106
    assert client.post(coral.PATH, json={}).status_code == 401
    assert waiting(desk, Queue.FLAGGED) == []
    assert tell(client, "a") == 204
