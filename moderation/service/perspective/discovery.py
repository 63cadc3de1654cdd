"""The documents of Perspective's methods: for OpenAPI, and Google's discovery document.

Google's clients build themselves from the discovery document.
"""

import typing
from functools import cache
from types import NoneType, UnionType
from typing import Any

from pydantic import BaseModel, Field

from moderation.service.messages import Reply, json_request, schema_of
from moderation.service.perspective.batch import BATCH_PATH
from moderation.service.perspective.fields import Meanings
from moderation.service.perspective.messages import (
    AnalyzeCommentRequest,
    ArticleAndParentComment,
    AttributeParameters,
    AttributeScores,
    Context,
    Score,
    SpanScore,
    SuggestCommentScoreRequest,
    TextEntry,
)
from moderation.service.perspective.replies import (
    FIELDS,
    PARAMETERS,
    AnalyzeCommentResponse,
    MethodReply,
    SuggestCommentScoreResponse,
)
from moderation.settings import Settings

VERSION = "v1alpha1"
REVISION = "20261130"
"""The date of the document's last change, which clients may compare."""


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
    summary: str, request: dict[str, Any], example: dict[str, Any], response: type[MethodReply]
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
            # A reply that `fields` has cut is not the one documented; the description mentions it.
            "parameters": [
                parameter.openapi() for parameter in PARAMETERS if parameter is not FIELDS
            ],
        },
    }


MESSAGES: tuple[type[BaseModel], ...] = (
    TextEntry,
    Context,
    ArticleAndParentComment,
    AttributeParameters,
    AnalyzeCommentRequest,
    AnalyzeCommentResponse,
    AttributeScores,
    SpanScore,
    Score,
    SuggestCommentScoreRequest,
    SuggestCommentScoreResponse,
)
SIMPLE: dict[object, dict[str, str]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "format": "int32"},
    float: {"type": "number", "format": "float"},
}


@cache
def discovery_document() -> dict[str, Any]:
    """Return the document without the address at which the service is called."""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": f"commentanalyzer:{VERSION}",
        "name": "commentanalyzer",
        "version": VERSION,
        "revision": REVISION,
        "title": "Perspective Comment Analyzer API",
        "description": "Scores comments, in the protocol of the Perspective API.",
        "protocol": "rest",
        "ownerName": "moderation",
        "ownerDomain": "localhost",
        "servicePath": "",
        "batchPath": BATCH_PATH.removeprefix("/"),
        "parameters": {parameter.name: parameter.discovery() for parameter in PARAMETERS},
        "schemas": {message.__name__: discovery_schema(message) for message in MESSAGES},
        "resources": {
            "comments": {
                "methods": {
                    "analyze": _method(
                        "analyze",
                        "Scores a comment.",
                        AnalyzeCommentRequest,
                        AnalyzeCommentResponse,
                    ),
                    "suggestscore": _method(
                        "suggestscore",
                        "Says what a comment's scores should have been.",
                        SuggestCommentScoreRequest,
                        SuggestCommentScoreResponse,
                    ),
                }
            }
        },
    }


def discovery_schema(message: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of a message in Google's form, which has no required fields."""
    properties = {}
    for name, field in message.model_fields.items():
        shown = _schema(field.annotation)
        for mark in field.metadata:
            if isinstance(mark, Meanings):
                shown |= _choice(mark)
        if field.description:
            shown["description"] = field.description
        properties[field.alias or name] = shown
    return {"id": message.__name__, "type": "object", "properties": properties}


def _schema(annotation: Any) -> dict[str, Any]:
    """Return the schema of a type; None as an alternative means that it may be absent."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    shown: dict[str, Any]
    if origin is typing.Annotated or origin in {typing.Union, UnionType}:
        shown = _schema(next(kind for kind in arguments if kind is not NoneType))
    elif origin is list:
        shown = {"type": "array", "items": _schema(arguments[0])}
    elif origin is dict:
        shown = {"type": "object", "additionalProperties": _schema(arguments[1])}
    elif origin is typing.Literal or annotation in SIMPLE:
        shown = dict(SIMPLE[str if origin else annotation])
    else:
        shown = {"$ref": getattr(annotation, "discovery_id", "") or annotation.__name__}
    return shown


def _choice(meanings: Meanings) -> dict[str, Any]:
    return {
        "enum": list(meanings.by_name),
        "enumDescriptions": list(meanings.by_name.values()),
    }


def _method(
    name: str, description: str, request: type[BaseModel], response: type[BaseModel]
) -> dict[str, Any]:
    path = f"{VERSION}/comments:{name}"
    return {
        "id": f"commentanalyzer.comments.{name}",
        "path": path,
        "flatPath": path,
        "httpMethod": "POST",
        "description": description,
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": request.__name__},
        "response": {"$ref": response.__name__},
    }
