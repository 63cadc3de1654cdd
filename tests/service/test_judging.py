"""A client that has gone is judged no more, and a request costs its length."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from moderation.models.base import Judgement
from moderation.service.api_keys import Scope
from moderation.service.app import create_app
from moderation.settings import Settings
from tests.service.fakes import (
    FakeModel,
    client_of,
    fake_moderator,
    is_error,
    is_ready,
    running,
    score,
    wait_until,
)
from tests.service.keys import create_key, url_in

PAGE = "A headline\n\n" + "\n\n".join(f"A paragraph of some words, number {n}." for n in range(9))


class Patient(FakeModel):
    """Judges step by step, and no faster than it is let; remembers how many texts it has judged."""

    def __init__(self) -> None:
        self.judged = 0
        self.go_on = threading.Event()

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Judge, slowly where there is much to judge."""
        if sum(map(len, texts)) > 1_000:
            time.sleep(0.01)
            assert self.go_on.wait(20)
        self.judged += len(texts)
        return super().judge(texts)


@contextmanager
def served(model: FakeModel) -> Iterator[tuple[str, Callable[[], int]]]:
    """Give a service's address, and what tells how many of its requests wait."""
    chosen = Settings(log_level="warning", max_wait_ms=20_000)
    app = create_app(chosen, lambda: fake_moderator(model))
    with running(app) as address:
        with httpx.Client(base_url=address, trust_env=False) as client:
            wait_until(lambda: is_ready(client))
        yield address, lambda: app.state.engine.waiting


def send_and_hang_up(address: str, path: str, raw: bytes, meanwhile: Callable[[], None]) -> None:
    """Send a whole request, do something, and close the connection without reading."""
    kind = b"text/plain" if path == "/v1/pages" else b"application/json"
    with socket.create_connection((urlsplit(address).hostname, urlsplit(address).port)) as wire:
        wire.sendall(
            b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
            % (path.encode(), kind, len(raw))
        )
        wire.sendall(raw)
        meanwhile()


MANY = ["many words " * 300] * 500


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("/v1/score", json.dumps({"texts": MANY}).encode()),
        ("/v1/moderations", json.dumps({"input": MANY}).encode()),
        ("/v1/pages", "\n\n".join(MANY).encode()),
    ],
)
def test_what_was_asked_by_a_client_that_has_gone_is_not_judged(path: str, raw: bytes) -> None:
    """Those who stay are answered, before and after."""
    model = Patient()
    with served(model) as (address, waiting), httpx.Client(base_url=address) as client:
        stays: list[httpx.Response] = []
        texts = ["stays " * 300] * 10
        staying = threading.Thread(
            target=lambda: stays.append(score(client, {"texts": texts})), daemon=True
        )

        def meanwhile() -> None:
            wait_until(lambda: waiting() >= 1)
            staying.start()
            wait_until(lambda: waiting() >= 2)

        send_and_hang_up(address, path, raw, meanwhile)
        assert score(client, {"text": "short"}).is_success
        wait_until(lambda: waiting() == 1)
        model.go_on.set()
        staying.join(20)
        assert len(stays[0].json()["verdicts"]) == 10
        wait_until(lambda: waiting() == 0)
        assert model.judged < 100


def test_a_patient_client_gets_all_its_verdicts(client: httpx.Client) -> None:
    texts = [f"number {n} " + "hostileword" * (n % 2) + " words" * 50 for n in range(300)]
    verdicts = score(client, {"texts": texts}).json()["verdicts"]
    assert [each["label"] for each in verdicts] == ["civil", "ethnic_hostility"] * 150


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, str]]:
    """Give a client of a service that asks for keys, and the URL of their database."""
    url = url_in(tmp_path_factory.mktemp("keys"))
    create_key(url, "first", [Scope.SCORE])
    with client_of(authentication="keys", database=url) as client:
        yield client, url


def native(text: str) -> dict[str, Any]:
    return {"url": "/v1/score", "json": {"texts": [text, "calm"]}}


def openai(text: str) -> dict[str, Any]:
    return {"url": "/v1/moderations", "json": {"input": [text, "calm"]}}


def perspective(text: str) -> dict[str, Any]:
    body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]}
    return {"url": "/v1alpha1/comments:analyze", "json": body}


def page(text: str) -> dict[str, Any]:
    content = f"{PAGE}\n\n{text}"
    return {"url": "/v1/pages", "content": content, "headers": {"Content-Type": "text/plain"}}


DOORS = {"native": native, "openai": openai, "perspective": perspective, "page": page}
SENTENCE = "The council met on Tuesday and spoke of the bridge again. "


@pytest.mark.parametrize("name", DOORS)
def test_a_request_costs_a_unit_for_each_thousand_characters(
    keyed: tuple[httpx.Client, str], name: str
) -> None:
    client, url = keyed
    secret, _ = create_key(url, name, [Scope.SCORE], rate=100)

    def ask(text: str) -> httpx.Response:
        asked = DOORS[name](text)
        headers = asked.pop("headers", {}) | {"X-API-Key": secret}
        return client.post(**asked, headers=headers)

    wait_until(lambda: ask("calm words").is_success)
    left = int(ask("calm words").headers["x-ratelimit-remaining"])
    reply = ask(SENTENCE * 172)  # just under ten thousand characters
    assert reply.is_success
    # A share may come back meanwhile.
    paid = left - int(reply.headers["x-ratelimit-remaining"])
    assert 8 <= paid <= 11
    assert left - paid >= int(ask("calm words").headers["x-ratelimit-remaining"])


def test_a_request_for_which_too_little_is_left_is_refused_before_it_is_judged(
    keyed: tuple[httpx.Client, str],
) -> None:
    client, url = keyed
    secret, _ = create_key(url, "slow", [Scope.SCORE], rate=20)

    def ask(texts: list[str]) -> httpx.Response:
        return client.post("/v1/score", json={"texts": texts}, headers={"X-API-Key": secret})

    wait_until(lambda: ask(["calm"]).is_success)
    assert ask(["calm " * 2_000]).is_success
    refused = ask(["calm " * 2_000])
    assert is_error(refused, 429, "too_many_requests")
    assert "count as 10" in refused.json()["error"]["message"]
    assert 0 < int(refused.headers["retry-after"]) <= 30
    # What was left is left for those who ask for less.
    assert ask(["calm"]).is_success


def test_a_request_that_costs_more_than_the_limit_passes_once_and_is_paid_off(
    keyed: tuple[httpx.Client, str],
) -> None:
    client, url = keyed
    secret, _ = create_key(url, "small", [Scope.SCORE], rate=6)
    other, _ = create_key(url, "other", [Scope.SCORE], rate=6)

    def ask(texts: list[str], key: str = secret) -> httpx.Response:
        return client.post("/v1/score", json={"texts": texts}, headers={"X-API-Key": key})

    # A key that is not known yet is charged nothing.
    wait_until(lambda: ask(["calm " * 8_000]).is_success)
    refused = ask(["calm"])
    assert is_error(refused, 429, "too_many_requests")
    assert 300 < int(refused.headers["retry-after"]) <= 400
    assert ask(["calm"], other).is_success
    assert is_error(ask(["calm " * 8_000], other), 429, "too_many_requests")
