"""The routes for sites: a comment's life over HTTP, from the first scoring to an appeal."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from moderation.desk import Desk
from moderation.desk.types import Filters, Outcome, Queue, RejectionReason, Ruling, User
from moderation.desk.web.app import installer
from moderation.service.api_keys import Scope
from moderation.service.app import create_app
from moderation.settings import Settings
from tests.service.fakes import HOSTILE, fake_moderator, is_ready, running, wait_until

APPROVE = Ruling(Outcome.APPROVE)
REJECT = Ruling(Outcome.REJECT, RejectionReason.INSULT)
PATH = "/v1/comments/the-paper/41"
BAD, FINE = f"They are {HOSTILE}, all of them.", "The ferry leaves at nine."


@pytest.fixture
def client(desk: Desk) -> Iterator[httpx.Client]:
    """Give a client with a key of scope `desk`, of a service that asks for keys."""
    settings = Settings(authentication="keys", log_level="warning")
    secret, _ = desk.keys.create(None, "the paper", [Scope.DESK, Scope.SCORE])
    app = create_app(settings, fake_moderator, None, [installer(desk)])
    with (
        running(app) as address,
        httpx.Client(
            base_url=address, trust_env=False, headers={"X-API-Key": secret}, timeout=30
        ) as client,
    ):
        wait_until(lambda: is_ready(client))
        yield client


def number_of(desk: Desk, queue: Queue = Queue.REVIEW) -> int:
    (line,) = desk.queue.lines(Filters(queue)).lines
    return line.id


def score(client: httpx.Client, text: str, **context: str) -> dict[str, Any]:
    named = {"id": "41", "source": "the-paper"} | context
    reply = client.post("/v1/score", json={"text": text, "context": named})
    assert reply.is_success, reply.text
    verdict: dict[str, Any] = reply.json()["verdicts"][0]
    return verdict


def test_a_decision_changes_what_the_same_request_is_answered(
    client: httpx.Client, desk: Desk, ana: User
) -> None:
    first = score(client, BAD)
    assert (first["action"], "decision" in first) == ("review", False)
    decided = desk.decisions.decide(ana, number_of(desk), APPROVE)
    second = score(client, BAD)
    assert (second["action"], second["label"]) == ("allow", "ethnic_hostility")
    assert second["decision"]["outcome"] == "approved"
    # Its neighbours, by id, by site and by text, are judged as ever.
    for text, context in ((BAD, {"id": "42"}), (BAD, {"source": "a-blog"}), (f"{BAD}!", {})):
        assert score(client, text, **context)["action"] == "review"
    assert decided.comment_id == 1


def test_a_comment_s_life_by_its_address(client: httpx.Client, desk: Desk, ana: User) -> None:
    assert client.get(PATH).status_code == 404
    new = client.put(PATH, json={"text": BAD, "author": "Ann", "url": "https://p.example/a"})
    assert new.status_code == 200
    assert (new.json()["state"], new.json()["verdict"]["action"]) == ("waiting", "review")
    made = desk.decisions.decide(ana, number_of(desk), REJECT)
    rejected = client.get(PATH).json()
    assert (rejected["state"], rejected["decision"]["reasons"]) == ("rejected", ["insult"])
    appeal = client.post(f"{PATH}/appeals", json={"statement": "It was a quotation."})
    assert (appeal.json()["appealed"], appeal.json()["state"]) == (True, "rejected")
    again = client.post(f"{PATH}/appeals", json={"statement": "Another."})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "already_appealed")
    edited = client.put(PATH, json={"text": FINE}).json()
    assert (edited["state"], edited["revision"]) == ("approved", 2)
    flagged = client.post(f"{PATH}/flags", json={"by": "reader 7", "reason": "spam"}).json()
    assert (flagged["flags"], flagged["state"]) == (1, "waiting")
    assert client.delete(PATH).json()["state"] == "withdrawn"
    listed = client.get("/v1/decisions").json()
    assert [each["id"] for each in listed["decisions"]] == ["41"]
    assert listed["decisions"][0]["sequence"] == rejected["decision"]["sequence"]
    later = client.get("/v1/decisions", params={"after": listed["next"]}).json()
    assert later == {"decisions": [], "next": listed["next"]}
    assert made.id > 0


def test_an_id_may_be_an_address_with_slashes(client: httpx.Client) -> None:
    for external_id in ("https://paper.example/a/b", "a b", "41/flags", "ខ្មែរ"):
        path = f"/v1/comments/the-paper/{external_id}"
        assert client.put(path, json={"text": BAD}).json()["id"] == external_id
        assert client.get(path).json()["id"] == external_id


REFUSED: list[tuple[str, str, object, int, str]] = [
    ("PUT", PATH, {"text": " "}, 422, "invalid_text"),
    ("PUT", PATH, {"text": "a", "more": 1}, 422, "invalid_input"),
    ("PUT", PATH, {"text": "a", "published": "yesterday"}, 422, "invalid_input"),
    ("PUT", "/v1/comments/upload/41", {"text": "a"}, 422, "invalid_input"),
    ("POST", f"{PATH}/flags", {"reason": "no reader"}, 422, "invalid_input"),
    ("POST", f"{PATH}/flags", {"by": "r"}, 404, "no_such_thing"),
    ("POST", f"{PATH}/appeals", {"statement": ""}, 422, "invalid_text"),
    ("DELETE", PATH, None, 404, "no_such_thing"),
    ("GET", "/v1/decisions?after=-1", None, 422, "invalid_input"),
    ("GET", "/v1/decisions?limit=5000", None, 422, "invalid_input"),
    ("POST", "/v1/webhooks", {"url": "http://paper.example"}, 422, "address_refused"),
    ("POST", "/v1/webhooks", {"url": "https://10.0.0.1/x"}, 422, "address_refused"),
    ("DELETE", "/v1/webhooks/none", None, 404, "no_such_thing"),
    (
        "POST",
        "/v1/score",
        {"text": "a", "context": {"source": "the-paper"}},
        422,
        "invalid_input",
    ),
    (
        "POST",
        "/v1/score",
        {"texts": ["a", "b"], "context": {"source": "the-paper", "id": "1"}},
        422,
        "invalid_input",
    ),
]


def test_what_is_wrong_is_said_in_the_one_shape(client: httpx.Client) -> None:
    for method, path, body, status, code in REFUSED:
        reply = client.request(method, path, json=body)
        error = reply.json()["error"]
        assert (reply.status_code, error["code"]) == (status, code), (method, path, body)
        assert error["message"]


def test_a_key_without_the_scope_is_refused_and_never_sent_to_a_page(
    client: httpx.Client, desk: Desk
) -> None:
    secret, _ = desk.keys.create(None, "a scorer", [Scope.SCORE])
    wait_until(
        lambda: client.get("/v1/decisions", headers={"X-API-Key": secret}).status_code == 403
    )
    for headers in ({"X-API-Key": secret}, {"X-API-Key": "unknown"}):
        reply = client.put(PATH, json={"text": FINE}, headers=headers)
        assert reply.status_code in {401, 403}
        assert "location" not in reply.headers
    assert client.put(PATH, json={"text": FINE}).is_success


def test_a_webhook_s_secret_is_shown_once(client: httpx.Client) -> None:
    made = client.post("/v1/webhooks", json={"url": "https://paper.example/hook"})
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    listed = client.get("/v1/webhooks")
    assert [each["url"] for each in listed.json()["webhooks"]] == ["https://paper.example/hook"]
    assert secret not in listed.text
    assert client.delete(f"/v1/webhooks/{made.json()['id']}").status_code == 204
    assert client.get("/v1/webhooks").json() == {"webhooks": []}
