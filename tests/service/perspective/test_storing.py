"""A wish that nothing be stored is heard in every spelling, though unknown fields are not read."""

from typing import Any

import pytest

from moderation.service.perspective.messages import AnalyzeCommentRequest
from moderation.settings import Settings


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, False),
        ({"doNotStore": True}, True),
        ({"do_not_store": True}, True),
        ({"donotstore": True}, True),
        ({"DoNotStore": "true"}, True),
        ({"do-not-store": True, "other": 1}, True),
        ({"doNotStore": False, "do_not_store": True}, True),
        ({"do_not_store": True, "doNotStore": None}, True),
        ({"doNotStore": "false", "donotstore": "TRUE"}, True),
        ({"doNotStore": False}, False),
        ({"doNotStore": None, "other": 1}, False),
        ({"storeThis": True}, False),
    ],
)
def test_nothing_is_stored_where_any_spelling_says_so(
    fields: dict[str, Any], *, expected: bool
) -> None:
    body = {"comment": {"text": "calm"}, "requestedAttributes": {"TOXICITY": {}}, **fields}
    assert AnalyzeCommentRequest.read(body, Settings()).do_not_store is expected
