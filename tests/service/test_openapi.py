"""The OpenAPI document is the truth: what it allows is taken, what it forbids is refused."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from requests import PreparedRequest
from requests.auth import AuthBase

from moderation.service.app import create_app
from moderation.service.security import SIGNATURE_HEADER, sign
from moderation.settings import Settings
from tests.service.fakes import client_of, fake_moderator

# Small enough to be tried.
SECRET = "a secret that only Coral knows"  # noqa: S105  # of this test alone
LIMITS: dict[str, Any] = {"max_text_chars": 200, "max_texts": 5, "coral_secrets": (SECRET,)}

REFUSALS = {"negative_data_rejection": {"expected-statuses": [400, 413, 415, 422]}}
# Perspective's methods refuse other languages and spans outside the text, which no schema can say.
# They take more than the document says to send: numbers as texts, and what else upstream took.
PERSPECTIVE = {
    "include-path-regex": "comments:",
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", 400]},
        "negative_data_rejection": {"expected-statuses": ["2xx", 400]},
    },
}
# Nor can one say how long a page's passages are: which inputs are tried changes with any code.
PAGES = {
    "include-path": "/v1/pages",
    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 413]}},
}
# A form has texts alone, and whatever they hold is read.
AKISMET = {
    "include-path-regex": "^/1.1/",
    "checks": {"negative_data_rejection": {"enabled": False}},
}

document = schemathesis.openapi.from_dict(
    create_app(Settings.model_validate(LIMITS), fake_moderator).openapi(),
    config=schemathesis.Config.from_dict(
        {"checks": REFUSALS, "operations": [PERSPECTIVE, PAGES, AKISMET]}
    ),
)


@pytest.fixture(scope="module")
def limited() -> Iterator[httpx.Client]:
    """Give a client of a service with these limits."""
    with client_of(**LIMITS) as client:
        yield client


class CoralSignature(AuthBase):
    """Signs what is sent to Coral's endpoint, so that it is read and not just refused."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign the bytes as they will be sent."""
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        assert isinstance(raw, bytes)
        if request.path_url.startswith("/coral/"):
            request.headers[SIGNATURE_HEADER] = sign(raw, SECRET)
        return request


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
    case.call_and_validate(base_url=str(limited.base_url), auth=CoralSignature())
