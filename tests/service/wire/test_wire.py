"""Clients get what they got: the answers to some hundreds of requests, recorded and replayed."""

import json
from collections.abc import Iterator

import pytest

from tests.service.wire.openapi import differences
from tests.service.wire.replay import OPENAPI, Services, read_answers, services
from tests.service.wire.requests import Recorded, requests

RECORDED = read_answers()
CORAL = "/post/requestBody/content/application/json/schema/properties/"
TRUER = {
    # It is read, though nothing in it can be wrong.
    f"//coral/moderation{CORAL}story",
    f"//coral/moderation{CORAL}author",
    f"//coral/moderation{CORAL}tenantDomain",
}
"""Where the OpenAPI document promises something else than the recorded one, and why."""


@pytest.fixture(scope="module")
def service() -> Iterator[Services]:
    with services() as service:
        yield service


def test_every_request_of_the_recording_is_replayed() -> None:
    assert list(RECORDED) == [request.name for request in requests()]


@pytest.mark.parametrize("recorded", requests(), ids=lambda recorded: recorded.name[:80])
def test_the_answer_is_the_one_that_was_recorded(service: Services, recorded: Recorded) -> None:
    assert service.ask(recorded) == RECORDED[recorded.name]


def test_the_openapi_document_promises_what_it_promised(service: Services) -> None:
    recorded = json.loads(OPENAPI.read_text("utf-8"))
    found = differences(recorded, service.openapi())
    assert {place for place, _, _ in found} == TRUER
