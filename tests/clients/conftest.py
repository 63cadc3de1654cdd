"""Fixtures of the tests with other people's clients: a live service, and what they need."""

from collections.abc import Iterator

import httpx
import pytest

from moderation.database.store import Store
from moderation.service.correction_store import CorrectionStore
from tests.service.fakes import client_of
from tests.service.keys import url_in


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of the database of a live service."""
    return url_in(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def corrections(database: str) -> Iterator[CorrectionStore]:
    """Give the corrections of a live service, as another process sees them."""
    store = Store.open(database)
    yield CorrectionStore(lambda: store)
    store.close()


@pytest.fixture(scope="module")
def live(database: str) -> Iterator[httpx.Client]:
    """Give a client of a live service on the loopback; its `base_url` is what others call."""
    with client_of(database=database) as client:
        yield client


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def address(live: httpx.Client) -> str:
    """Return the live service's address."""
    return str(live.base_url)
