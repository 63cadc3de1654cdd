"""The OpenAPI document is the truth: what it allows is taken, what it forbids is refused."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from moderation.service.app import create_app
from moderation.settings import Settings
from tests.service.fakes import client_of, fake_moderator

# Small enough to be tried.
LIMITS: dict[str, Any] = {"max_text_chars": 200, "max_texts": 5}

REFUSALS = {"negative_data_rejection": {"expected-statuses": [400, 413, 415, 422]}}

document = schemathesis.openapi.from_dict(
    create_app(Settings.model_validate(LIMITS), fake_moderator).openapi(),
    config=schemathesis.Config.from_dict({"checks": REFUSALS}),
)


@pytest.fixture(scope="module")
def limited() -> Iterator[httpx.Client]:
    """Give a client of a service with these limits."""
    with client_of(**LIMITS) as client:
        yield client


@document.parametrize()
@settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
def test_every_answer_is_one_that_the_document_promises(
    limited: httpx.Client, case: "schemathesis.Case[Any]"
) -> None:
    case.call_and_validate(base_url=str(limited.base_url))
