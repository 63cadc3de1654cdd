"""Every request has an id, headers, a line in the log, and an answer whatever fails."""

import json
import logging
import re
from collections.abc import Sequence
from typing import Any, Never

import httpx
import pytest

from moderation.models.base import Judgement
from tests.service.fakes import FakeModel, client_of, fake_moderator, is_error, wait_until

PHRASE = "unrepeatable"


def own(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return the service's records.

    The test's own client logs what it sends. pytest hangs its handler on uvicorn's access log,
    which brings it back to life; `test_serve` shows that a real process writes none.
    """
    others = ("httpx", "httpcore", "uvicorn.access")
    return [record for record in caplog.records if not record.name.startswith(others)]


@pytest.mark.parametrize("path", ["/", "/docs", "/healthz", "/static/first.js", "/nothing"])
def test_every_answer_says_what_a_browser_may_do_with_it(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers or "Python" not in headers["server"]


def test_a_request_keeps_the_id_it_came_with(client: httpx.Client) -> None:
    reply = client.get("/healthz", headers={"X-Request-ID": "desk-7.a_B"})
    assert reply.headers["x-request-id"] == "desk-7.a_B"


@pytest.mark.parametrize("given", ["", "a b", "<b>", "x" * 65, "é".encode(), "a\tb"])
def test_an_unsafe_id_is_replaced(client: httpx.Client, given: str | bytes) -> None:
    raw = given if isinstance(given, bytes) else given.encode()
    headers = [(b"X-Request-ID", raw)]
    seen = client.get("/healthz", headers=headers).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", seen)


def test_each_request_gets_its_own_id(client: httpx.Client) -> None:
    ids = {client.get("/healthz").headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5


def test_errors_outside_a_route_have_the_one_shape(client: httpx.Client) -> None:
    assert is_error(client.get("/nothing"), 404, "not_found")
    assert is_error(client.get("/v1/score/"), 404, "not_found")
    assert is_error(client.get("/static/../app.py"), 404, "not_found")
    assert is_error(client.get("/static/%2e%2e/app.py"), 404, "not_found")
    wrong = client.get("/v1/score")
    assert is_error(wrong, 405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"
    assert is_error(client.request("PROPFIND", "/healthz"), 405, "method_not_allowed")


def test_the_log_has_a_line_for_each_request_and_no_text(
    capfd: pytest.CaptureFixture[str],
) -> None:
    json_type = {"Content-Type": "application/json"}
    requests: list[dict[str, Any]] = [
        {"method": "POST", "url": "/v1/score", "json": {"text": f"{PHRASE} hostileword"}},
        {"method": "POST", "url": "/v1/score", "content": PHRASE, "headers": json_type},
        {"method": "POST", "url": "/v1/score", "json": {PHRASE: PHRASE}},
        {"method": "GET", "url": "/healthz", "params": {"q": PHRASE}},
        {"method": "GET", "url": f"/{PHRASE}"},
        {"method": "GET", "url": f"/static/{PHRASE}"},
        {"method": "PROPFIND", "url": "/healthz", "params": {PHRASE: ""}},
    ]

    written: list[str] = []

    def events() -> list[dict[str, Any]]:
        written.append(capfd.readouterr().err)
        lines = "".join(written).splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [event for event in found if str(event.get("request")).startswith("log-")]

    with client_of(log_level="info") as client:
        for number, request in enumerate(requests):
            request["headers"] = request.get("headers", {}) | {"X-Request-ID": f"log-{number}"}
            client.request(**request)
        wait_until(lambda: len(events()) == len(requests))
    assert all(event["level"] == "INFO" and event["ms"] >= 0 for event in events())
    assert [f"{each['method']} {each['path']} {each['status']}" for each in events()] == [
        "POST /v1/score 200",
        "POST /v1/score 400",
        "POST /v1/score 422",
        "GET /healthz 200",
        "GET (no such path) 404",
        "GET /static 404",
        "(other) /healthz 405",
    ]
    assert PHRASE not in "".join(written).lower()


def test_a_failing_model_is_told_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(FakeModel):
        def judge(self, texts: Sequence[str]) -> list[Judgement]:
            if PHRASE in texts:
                fail(texts)
            return super().judge(texts)

    def fail(texts: Sequence[str]) -> Never:
        raise RuntimeError(f"cannot judge {texts}")

    with client_of(lambda: fake_moderator(Failing())) as client, caplog.at_level(logging.DEBUG):
        reply = client.post("/v1/score", json={"text": PHRASE}, headers={"X-Request-ID": "r-1"})
        assert is_error(reply, 500, "internal_error")
        assert "r-1" in reply.json()["error"]["remedy"]
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert client.post("/v1/score", json={"text": "calm"}).status_code == 200
    assert PHRASE not in reply.text
    logged = "\n".join(map(logging.Formatter().format, own(caplog)))
    assert PHRASE not in logged
    assert "RuntimeError" in logged
    assert "request r-1" in logged
