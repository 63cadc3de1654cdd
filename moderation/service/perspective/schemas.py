"""The methods as the service's OpenAPI document shows them."""

from typing import Any, get_args

from moderation.service.messages import NO_NUL, NOT_BLANK
from moderation.service.perspective.parameters import TRUTHS
from moderation.service.perspective.requests import MOST_BYTES, ScoreType
from moderation.settings import Settings
from moderation.taxonomy import BY_PERSPECTIVE_NAME

Schema = dict[str, Any]


def _object(properties: Schema, *required: str, **more: Any) -> Schema:
    """Return the schema of a message; null is the same as absent."""
    shown = {
        name: schema if name in required else {"anyOf": [schema, {"type": "null"}]}
        for name, schema in properties.items()
    }
    schema = {"type": "object", "properties": shown, "additionalProperties": False, **more}
    return schema | ({"required": list(required)} if required else {})


def _by_attribute(value: Schema, **more: Any) -> Schema:
    properties = dict.fromkeys(BY_PERSPECTIVE_NAME, value)
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


STRING: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
ENTRY = _object({"text": STRING, "type": {"enum": ["TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"]}})
TYPE: Schema = {"enum": ["TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT"]}
TYPES: Schema = {"enum": list(get_args(ScoreType))}
SCORE = _object({"value": {"type": "number", "minimum": 0, "maximum": 1}, "type": TYPES}, "value")
UNIT: Schema = {"type": "integer", "minimum": 0, "description": "In UTF-16 code units."}
SPAN = _object({"begin": UNIT, "end": UNIT, "score": SCORE}, "begin", "end", "score")
SCORES = _object({"summaryScore": SCORE, "spanScores": _list(SPAN)}, "summaryScore")
SUGGESTED = _object({"summaryScore": SCORE, "spanScores": _list(SPAN)})
TAGS = _list(
    {
        "type": "string",
        "pattern": "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,8}$",
        "description": "ISO 639 codes or BCP 47 tags; `analyze` takes those of the settings.",
    }
)
COMMON: Schema = {
    "context": {
        "anyOf": [
            _object({"entries": _list(ENTRY), "articleAndParentComment": {"type": "null"}}),
            _object(
                {
                    "entries": {"type": "null"},
                    "articleAndParentComment": _object({"article": ENTRY, "parentComment": ENTRY}),
                }
            ),
        ]
    },
    "languages": TAGS,
    "doNotStore": FLAG,
    "clientToken": STRING,
    "sessionId": STRING,
    "communityId": STRING,
}
PARAMETERS = _object({"scoreType": {"enum": ["PROBABILITY"]}, "scoreThreshold": {"type": "number"}})
LANGUAGES = {"languages": _list(STRING), "detectedLanguages": _list(STRING)}
ANALYZE_REPLY = _object(
    {"attributeScores": _by_attribute(SCORES), **LANGUAGES, "clientToken": STRING}
)
SUGGEST_REPLY = _object(
    {
        "clientToken": STRING,
        "detectedLanguages": _list(STRING),
        "requestedLanguages": _list(STRING),
    }
)
STATUS = _object(
    {
        "error": _object(
            {
                "code": {"type": "integer"},
                "message": STRING,
                "status": STRING,
                "details": _list({"type": "object"}),
                "errors": _list({"type": "object"}),
            },
            "code",
            "message",
            "status",
        )
    },
    "error",
)
QUERY = [
    {"name": name, "in": "query", "required": False, "schema": schema, "description": meaning}
    for name, schema, meaning in (
        ("key", STRING, "API key, where keys are asked for."),
        ("alt", {"enum": ["json"]}, "Form of the reply."),
        ("prettyPrint", {"enum": list(TRUTHS)}, "Whether the reply is indented."),
        ("quotaUser", STRING, "Accepted, and without effect."),
        ("$.xgafv", {"enum": ["1", "2"]}, "Form of errors."),
    )
]
REFUSALS = {
    400: "Refused; the detail has an errorType",
    403: "No key, or one that is not for this",
    429: "Too many requests",
    500: "Internal error",
    503: "Not ready, or busy",
}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _described(summary: str, body: Schema, reply: Schema, example: Schema) -> Schema:
    refusals = {
        code: {"description": meaning, "content": _json(STATUS)}
        for code, meaning in REFUSALS.items()
    }
    return {
        "summary": summary,
        "responses": {200: {"description": "OK", "content": _json(reply)}, **refusals},
        "openapi_extra": {
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": body, "example": example}},
            },
            "parameters": QUERY,
        },
    }


SAID: Schema = {"text": "The council meets on Tuesday."}
ANALYZE_EXAMPLE: Schema = {"comment": SAID, "requestedAttributes": {"TOXICITY": {}}}
SUGGEST_EXAMPLE: Schema = {
    "comment": SAID,
    "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}},
}


def analyze_route(settings: Settings) -> Schema:
    """Return what documents the method `analyze`."""
    body = _object(
        {
            "comment": _comment(settings),
            **COMMON,
            "requestedAttributes": _by_attribute(PARAMETERS, minProperties=1),
            "spanAnnotations": FLAG,
            "dropUnsupportedAttributes": FLAG,
        },
        "comment",
        "requestedAttributes",
    )
    return _described("Score a comment (Perspective)", body, ANALYZE_REPLY, ANALYZE_EXAMPLE)


def suggest_route(settings: Settings) -> Schema:
    """Return what documents the method `suggestscore`."""
    scores = _by_attribute(SUGGESTED, minProperties=1)
    body = _object(
        {"comment": _comment(settings), **COMMON, "attributeScores": scores},
        "comment",
        "attributeScores",
    )
    summary = "Suggest a comment's scores (Perspective)"
    return _described(summary, body, SUGGEST_REPLY, SUGGEST_EXAMPLE)


def _comment(settings: Settings) -> Schema:
    text = {
        "type": "string",
        "minLength": 1,
        "maxLength": min(MOST_BYTES, settings.max_text_chars),
        "allOf": [{"pattern": NOT_BLANK}, {"pattern": NO_NUL}],
        "description": f"Plain text; at most {MOST_BYTES} bytes of UTF-8.",
    }
    return _object({"text": text, "type": TYPE}, "text")


DISCOVERY: dict[int | str, Schema] = {
    404: {"description": "No such version", "content": _json(STATUS)}
}
