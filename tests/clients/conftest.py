"""Fixtures of the tests with other people's clients: a live service, and what they need."""

from collections.abc import Iterator

import httpx
import pytest

from moderation.service.corrections import CorrectionsFile
from tests.service.fakes import client_of


@pytest.fixture(scope="module")
def corrections(tmp_path_factory: pytest.TempPathFactory) -> CorrectionsFile:
    """Give the store of a live service."""
    return CorrectionsFile(tmp_path_factory.mktemp("data") / "corrections.jsonl")


@pytest.fixture(scope="module")
def live(corrections: CorrectionsFile) -> Iterator[httpx.Client]:
    """Give a client of a live service on the loopback; its `base_url` is what others call."""
    with client_of(corrections=corrections.path) as client:
        yield client


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def address(live: httpx.Client) -> str:
    """Return the live service's address."""
    return str(live.base_url)
