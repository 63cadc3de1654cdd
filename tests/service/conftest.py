"""Fixtures of the service's tests."""

from collections.abc import Iterator

import httpx
import pytest

from tests.service.fakes import client_of


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    """Give a client of a ready service with default settings and the fake model."""
    with client_of() as client:
        yield client
