"""Requests in the Perspective protocol, for its tests."""

from typing import Any

import httpx

ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
DETAIL = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"


def analyze(
    client: httpx.Client,
    text: str = "they say hostileword here",
    *names: str,
    params: dict[str, str] | None = None,
    **fields: Any,
) -> httpx.Response:
    """Ask for the scores of a text; TOXICITY where no attribute is named."""
    requested: dict[str, Any] = {name: {} for name in names or ("TOXICITY",)}
    body = {"comment": {"text": text}, "requestedAttributes": requested, **fields}
    return client.post(ANALYZE, json=body, params=params)


def suggest(client: httpx.Client, text: str = "calm", **fields: Any) -> httpx.Response:
    """Suggest that a text is toxic, or whatever `fields` say."""
    scores = {"TOXICITY": {"summaryScore": {"value": 1}}}
    body = {"comment": {"text": text}, "attributeScores": scores, **fields}
    return client.post(SUGGEST, json=body)


def values(reply: httpx.Response) -> dict[str, float]:
    """Return the summary scores of a reply, by name."""
    assert reply.status_code == 200, reply.text
    scores = reply.json().get("attributeScores", {})
    return {name: one["summaryScore"]["value"] for name, one in scores.items()}


def refused(reply: httpx.Response, error_type: str, message: str, **more: Any) -> bool:
    """Tell whether a reply is this error, in the envelope that clients parse."""
    assert reply.status_code == 400, reply.text
    detail = {"@type": DETAIL, "errorType": error_type, **more}
    expected = {
        "code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [detail]
    }  # fmt: skip
    assert reply.json() == {"error": expected}
    return True
