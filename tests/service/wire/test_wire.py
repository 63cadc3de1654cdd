"""Clients get what they got: the answers to some hundreds of requests, recorded and replayed."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.service.wire.openapi import differences
from tests.service.wire.replay import OPENAPI, Services, read_answers, services
from tests.service.wire.requests import Recorded, requests

RECORDED = read_answers()
TRUER = {
    r"//coral/moderation/.*/properties/(story|author|tenantDomain)": (
        "these are read, though nothing in them can be wrong"
    ),
    r"//v1alpha1/.*/scoreType/anyOf/0/enum": "SCORE_TYPE_UNSPECIFIED is taken for PROBABILITY",
    r"//v1alpha1/.*/requestBody/.*/spanScores/anyOf/0/items/(properties/begin: null|required)": (
        "protocol buffers leave out a 0, so that begin may be absent"
    ),
    r"//v1alpha1/.*/responses/200/.*: null": "what a reply has not is absent, and never null",
    r"//.*/responses/[45].*/properties/error/properties/(details|errors): null": "likewise",
    r"//v1alpha1/.*/responses/200/.*/required": "a reply always has these",
    r"//v1/(score|moderations)/.*/requestBody/.*/(contains|items/(allOf|minLength|pattern))": (
        "a list may hold blank texts besides one that is none"
    ),
    r"//v1/(score|moderations)/.*/responses/200/.*/(verdicts|results)/items/[^/]*": (
        "a blank text gets its error in its place"
    ),
    r"//v1alpha1/.*/requestBody/(.*/)?additionalProperties": (
        "fields that are not listed are not read, as upstream's clients rely on"
    ),
    r"//v1alpha1/comments:analyze/.*/patternProperties": (
        "upstream's other attributes are known, and names with a version"
    ),
    r"//v1/score/.*/context/.*/(dependentSchemas|properties/source)": (
        "a text's source makes its id one comment for ever"
    ),
    r"//v1/(score|pages)/.*/responses/200/.*/verdict(s/items/[^/]*)?/properties/decision": (
        "a verdict follows a person's decision"
    ),
}
"""The places where the OpenAPI document promises something else than the recorded one, and why."""


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
    places = [place for place, _, _ in differences(recorded, service.openapi())]
    named = {place: [kind for kind in TRUER if re.fullmatch(kind, place)] for place in places}
    assert [place for place, kinds in named.items() if not kinds] == []
    assert {kind for kinds in named.values() for kind in kinds} == TRUER.keys()
