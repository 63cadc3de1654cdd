"""Access and rates when the service asks for keys."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from moderation.service.api_keys import Scope
from tests.conftest import ROOT
from tests.service.fakes import client_of, is_error, wait_until
from tests.service.keys import create_key, revoke_key, url_in

TEXT = {"text": "calm"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a database of keys."""
    return url_in(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def guarded(url: str) -> Iterator[httpx.Client]:
    """Give a client of a service that asks for keys."""
    with client_of(authentication="keys", database=url, rate_limit=0) as client:
        yield client


def ask(client: httpx.Client, key: str) -> httpx.Response:
    return client.post("/v1/score", json=TEXT, headers={"Authorization": f"Bearer {key}"})


def test_nobody_without_a_good_key_is_served(guarded: httpx.Client, url: str) -> None:
    secret, _ = create_key(url, "mine", [Scope.SCORE])
    wait_until(lambda: ask(guarded, secret).is_success)
    for reply in (
        guarded.post("/v1/score", json=TEXT),
        guarded.post("/v1/score", content=b"not even read"),
        ask(guarded, secret + "x"),
        ask(guarded, secret[:-1]),
        guarded.post("/v1/score", json=TEXT, headers={"Authorization": f"Basic {secret}"}),
        guarded.post("/v1/score", json=TEXT, params={"key": "é\ud7ff"}),
        guarded.get("/metrics"),
    ):
        assert is_error(reply, 401, "unauthorised")
        assert reply.headers["www-authenticate"] == "Bearer"
        assert secret not in reply.text
    assert guarded.get("/healthz").is_success
    assert guarded.get("/readyz").is_success


def test_a_key_may_come_in_each_of_four_places(guarded: httpx.Client, url: str) -> None:
    secret, _ = create_key(url, "mine", [Scope.SCORE])
    wait_until(lambda: ask(guarded, secret).is_success)
    assert guarded.post("/v1/score", json=TEXT, headers={"X-API-Key": secret}).is_success
    assert guarded.post("/v1/score", json=TEXT, headers={"x-goog-api-key": secret}).is_success
    assert guarded.post("/v1/score", json=TEXT, params={"key": secret}).is_success
    lower = {"Authorization": f"bearer {secret}"}
    assert guarded.post("/v1/score", json=TEXT, headers=lower).is_success


def test_a_key_is_good_for_its_scopes_only(guarded: httpx.Client, url: str) -> None:
    score, _ = create_key(url, "score", [Scope.SCORE])
    admin, _ = create_key(url, "admin", [Scope.ADMIN])
    wait_until(lambda: ask(guarded, score).is_success)
    assert is_error(ask(guarded, admin), 403, "forbidden")
    assert is_error(guarded.get("/metrics", params={"key": score}), 403, "forbidden")
    assert guarded.get("/metrics", params={"key": admin}).is_success


def test_a_revoked_key_is_good_for_nothing_within_seconds(guarded: httpx.Client, url: str) -> None:
    secret, key = create_key(url, "gone", [Scope.SCORE])
    wait_until(lambda: ask(guarded, secret).is_success)
    revoke_key(url, key.id)
    revoked = time.monotonic()
    wait_until(lambda: ask(guarded, secret).status_code == 401)
    assert time.monotonic() - revoked < 3


def test_known_keys_stay_good_and_others_are_put_off_while_the_database_is_damaged(
    tmp_path: Path,
) -> None:
    """Nobody is let in who was not before, and no key that may be good is called wrong."""
    url = url_in(tmp_path)
    secret, _ = create_key(url, "mine", [Scope.SCORE])
    with client_of(authentication="keys", database=url) as client:
        assert ask(client, secret).is_success
        file = tmp_path / "keys.db"
        for path in tmp_path.iterdir():
            if path != file:
                path.unlink()
        file.write_bytes(b"damaged" * 10_000)
        wait_until(lambda: ask(client, "mod_another").status_code == 503)
        assert ask(client, secret).is_success


def test_a_key_over_its_rate_is_told_when_to_come_again(tmp_path: Path) -> None:
    url = url_in(tmp_path)
    secret, _ = create_key(url, "slow", [Scope.SCORE], rate=2)
    other, _ = create_key(url, "default", [Scope.SCORE])
    with client_of(authentication="keys", database=url, rate_limit=5) as client:
        first = ask(client, secret)
        assert first.headers["ratelimit-policy"] == '"key";q=2;w=60'
        assert first.headers["ratelimit"].startswith('"key";r=1;t=')
        assert first.headers["x-ratelimit-remaining"] == "1"
        assert ask(client, secret).is_success
        refused = ask(client, secret)
        assert is_error(refused, 429, "too_many_requests")
        assert 0 < int(refused.headers["retry-after"]) <= 30
        assert refused.headers["x-ratelimit-remaining"] == "0"
        assert ask(client, other).headers["x-ratelimit-limit"] == "5"


def test_on_loopback_nobody_needs_a_key(client: httpx.Client) -> None:
    reply = client.post("/v1/score", json=TEXT)
    assert reply.is_success
    assert "x-ratelimit-limit" not in reply.headers


def start(url: str, **settings: object) -> "subprocess.CompletedProcess[str]":
    program = (
        "from moderation.errors import ModerationError\n"
        "from moderation.service import server as module\n"
        "from moderation.settings import Settings\n"
        "module.run_single = lambda *_: print('served')\n"
        f"try: module.serve(Settings(**{settings | {'database': url}!r}))\n"
        "except ModerationError as error: print(error)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )


def test_a_service_that_others_can_reach_does_not_start_open(tmp_path: Path) -> None:
    url = url_in(tmp_path)
    refused = start(url, host="192.0.2.1").stdout
    assert "served" not in refused
    assert "moderation keys create" in refused
    assert "MODERATION_AUTHENTICATION=none" in refused
    assert start(url, host="192.0.2.1", authentication="none").stdout == "served\n"
    assert start(url).stdout == "served\n"
    assert start(url, authentication="keys").stdout != "served\n"
    _, key = create_key(url, "mine", [Scope.SCORE])
    assert start(url, host="192.0.2.1").stdout == "served\n"
    revoke_key(url, key.id)
    assert start(url, host="192.0.2.1").stdout != "served\n"


def test_the_document_says_exactly_where_a_key_is_asked_for(guarded: httpx.Client) -> None:
    document = guarded.get("/openapi.json").json()
    assert document["components"]["securitySchemes"].keys() == {
        "bearer",
        "google",
        "header",
        "query",
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            reply = guarded.request(method, path)
            refused = reply.status_code in {401, 403} and not path.startswith("/coral")
            refused |= reply.text == "invalid"  # in Akismet's words
            assert refused == ("security" in operation), (method, path)


def test_the_document_asks_for_no_key_where_the_service_does_not(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert "securitySchemes" not in document["components"]
    assert not any(
        "security" in each for path in document["paths"].values() for each in path.values()
    )
