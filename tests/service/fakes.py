"""A small judge with a plain rule, and a service that runs while a test needs it."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from moderation.models.base import Judgement
from moderation.moderator import Moderator
from moderation.policy import Policy
from moderation.service.app import create_app
from moderation.service.connections import protocol
from moderation.service.process import max_connections
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.verdict import Span

HOSTILE = "hostileword"
TARGET = "Hillfolk"


class FakeModel:
    """Finds every `HOSTILE` and calls it ethnic hostility; everything else is civil."""

    id = "fake@1"
    thresholds = {"news": 0.5, "inflammatory": 0.5, "ethnic_hostility": 0.5}  # noqa: RUF012
    review_thresholds = {"inflammatory": 0.4, "ethnic_hostility": 0.4}  # noqa: RUF012
    manifest: dict[str, Any] = {"scores": {"auc": 0.5}}  # noqa: RUF012

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Apply the rule to each text."""
        return [self._judge(text) for text in texts]

    def _judge(self, text: str) -> Judgement:
        starts = [at for at in range(len(text)) if text.startswith(HOSTILE, at)]
        spans = [Span(at, at + len(HOSTILE), "ethnic_hostility", 0.9) for at in starts]
        scores = dict.fromkeys(ATTRIBUTE_NAMES, 0.1)
        if spans:
            scores["ethnic_hostility"] = 0.9
        return Judgement(scores, tuple(spans), (TARGET,) if spans else ())


def fake_moderator(
    model: FakeModel | None = None, languages: Sequence[str] | None = None
) -> Moderator:
    """Return a real moderator with the fake model and the shipped policy."""
    return Moderator(model or FakeModel(), Policy.load(), languages)


@contextmanager
def running(app: FastAPI, **options: Any) -> Iterator[str]:
    """Serve `app` on a free port of the loopback, with uvicorn's options; give its address."""
    http = protocol(app.state.settings, max_connections())
    config = uvicorn.Config(app, port=0, http=http, log_config=None, access_log=False, **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def client_of(
    load: Callable[[], Moderator] | None = None, *, wait: bool = True, **settings: Any
) -> Iterator[httpx.Client]:
    """Give a client of a service with these settings, ready unless told not to wait."""
    # Quiet, unless a test is about the log: its lines would stand between the tests'.
    chosen = Settings(**{"log_level": "warning"} | settings)
    load = load or partial(fake_moderator, languages=chosen.languages)
    with (
        running(create_app(chosen, load)) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=30) as client,
    ):
        if wait:
            wait_until(lambda: is_ready(client))
        yield client


def is_ready(client: httpx.Client) -> bool:
    """Tell whether the service has a model; fail if it never will."""
    reply = client.get("/readyz")
    assert "could not be loaded" not in reply.text
    return reply.is_success


def score(client: httpx.Client, body: object) -> httpx.Response:
    """Ask for verdicts with any JSON for a body, lone surrogates and null among it."""
    headers = {"Content-Type": "application/json"}
    return client.post("/v1/score", content=json.dumps(body), headers=headers)


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until `true()` holds, or fail."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "this did not come to hold in time"
        time.sleep(0.01)


def is_error(reply: httpx.Response, status: int, code: str) -> bool:
    """Tell whether a reply is this error in the one shape; say what differs when it is not."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "where", "remedy"}
    assert body["error"]["code"] == code
    return True
