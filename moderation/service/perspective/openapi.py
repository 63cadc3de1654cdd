"""The methods as the service's OpenAPI document shows them."""

from typing import Any

from pydantic import Field

from moderation.service.messages import Reply, json_request, schema_of
from moderation.service.perspective.messages import (
    AnalyzeCommentRequest,
    SuggestCommentScoreRequest,
)
from moderation.service.perspective.parameters import FIELDS, PARAMETERS
from moderation.service.perspective.replies import (
    AnalyzeCommentResponse,
    Response,
    SuggestCommentScoreResponse,
)
from moderation.settings import Settings


class PerspectiveErrorDetail(Reply):
    """The part of google.rpc.Status that upstream sends."""

    code: int
    message: str
    status: str
    details: list[dict[str, Any]] = Field(default_factory=list)
    errors: list[dict[str, Any]] = Field(default_factory=list)


class PerspectiveErrorReply(Reply):
    """The shape of every error of these methods."""

    error: PerspectiveErrorDetail


REFUSALS = {
    400: "Refused; the detail has an errorType",
    403: "No key, or one that is not for this",
    429: "Too many requests",
    500: "Internal error",
    503: "Not ready, or busy",
}
COMMENT = {"text": "The council meets on Tuesday."}
ANALYZE_EXAMPLE = {"comment": COMMENT, "requestedAttributes": {"TOXICITY": {}}}
SUGGEST_EXAMPLE = {
    "comment": COMMENT,
    "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}},
}
DISCOVERY: dict[int | str, dict[str, Any]] = {
    404: {"model": PerspectiveErrorReply, "description": "No such version"}
}


def analyze_route(settings: Settings) -> dict[str, Any]:
    """Return the documentation of the method `analyze`."""
    return _route(
        "Score a comment (Perspective)",
        schema_of(AnalyzeCommentRequest, settings),
        ANALYZE_EXAMPLE,
        AnalyzeCommentResponse,
    )


def suggest_route(settings: Settings) -> dict[str, Any]:
    """Return the documentation of the method `suggestscore`."""
    return _route(
        "Suggest a comment's scores (Perspective)",
        schema_of(SuggestCommentScoreRequest, settings),
        SUGGEST_EXAMPLE,
        SuggestCommentScoreResponse,
    )


def _route(
    summary: str, request: dict[str, Any], example: dict[str, Any], response: type[Response]
) -> dict[str, Any]:
    return {
        "summary": summary,
        "response_model": response,
        "responses": {
            status: {"model": PerspectiveErrorReply, "description": meaning}
            for status, meaning in REFUSALS.items()
        },
        "openapi_extra": {
            "requestBody": json_request(request, example=example),
            # A reply that `fields` has cut is no longer the one documented; the text names it.
            "parameters": [
                parameter.openapi() for parameter in PARAMETERS if parameter is not FIELDS
            ],
        },
    }
