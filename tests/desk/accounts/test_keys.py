"""Keys in the desk's database: known at once, off the service's own time, and never for long."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from moderation.desk import Desk
from moderation.desk.web.app import installer
from moderation.errors import DatabaseError
from moderation.moderator import Moderator
from moderation.policy import Policy
from moderation.service.api_keys import Scope
from moderation.service.app import create_app
from moderation.service.key_store import KeyStore
from moderation.settings import Settings
from tests.service.fakes import FakeModel, is_ready, running, wait_until


def gone(_: KeyStore) -> list[object]:
    raise DatabaseError("gone")


def test_keys_that_were_known_stay_good_while_the_database_is_gone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long that takes; others cannot be looked up, and are not said to be wrong."""
    secret, key = desk.keys.create(None, "site", [Scope.SCORE])
    _, revoked = desk.keys.create(None, "old", [Scope.SCORE])
    desk.keys.revoke(None, revoked.id)
    clock = [time.monotonic()]
    monkeypatch.setattr("moderation.service.key_store.monotonic", lambda: clock[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KeyStore, "all", gone)
        for later in (30, 31, 86_400):
            clock[0] += later
            assert desk.keys.store.is_stale()
            desk.keys.store.look()
            assert not desk.keys.store.is_stale()
            assert desk.keys.store.find(secret) == key
            with pytest.raises(DatabaseError, match="cannot be looked up"):
                desk.keys.store.find("another")
    clock[0] += 2
    desk.keys.store.look()
    assert desk.keys.store.find(secret) == key
    assert desk.keys.store.find("another") is None


def test_a_key_that_another_process_revoked_is_refused_when_looked_at_again(
    desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, key = desk.keys.create(None, "site", [Scope.SCORE])
    other = Desk.open(url)
    other.keys.store.look()
    assert other.keys.store.find(secret) == key
    desk.keys.revoke(None, key.id)
    monkeypatch.setattr("moderation.service.key_store.LOOK_AGAIN_SECONDS", 0.0)
    other.keys.store.look()
    assert other.keys.store.find(secret) is None
    other.close()


@contextmanager
def served(desk: Desk) -> Iterator[httpx.Client]:
    settings = Settings(authentication="keys")
    app = create_app(
        settings, lambda: Moderator(FakeModel(), Policy.load()), None, [installer(desk)]
    )
    with running(app) as address, httpx.Client(base_url=address, trust_env=False) as client:
        wait_until(lambda: is_ready(client))
        yield client


def test_the_service_answers_others_while_the_keys_are_looked_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And those who have a key too, with what was known."""
    secret, _ = desk.keys.create(None, "site", [Scope.SCORE])
    with served(desk) as client:
        sent: dict[str, Any] = {"headers": {"X-API-Key": secret}, "json": {"text": "a"}}
        assert client.post("/v1/score", **sent).status_code == 200

        def slow(_: KeyStore) -> list[object]:
            time.sleep(4)
            raise DatabaseError("gone")

        monkeypatch.setattr(KeyStore, "all", slow)
        time.sleep(1.1)
        began = time.monotonic()
        assert client.post("/v1/score", **sent).status_code == 200
        assert time.monotonic() - began < 3.5
        began = time.monotonic()
        assert client.post("/v1/score", **sent).status_code == 200
        assert time.monotonic() - began < 1
