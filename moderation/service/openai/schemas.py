"""The requests and replies of the endpoint, as the OpenAPI document shows them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from moderation.service.native.requests import text_schema
from moderation.settings import Settings
from moderation.taxonomy import OPENAI_CATEGORIES

ITS_MODELS = ("omni-moderation-", "text-moderation-")
"""What the names of OpenAI's own models begin with; each stands for our default model."""


def _by_category(value: dict[str, Any], meaning: str) -> WithJsonSchema:
    names = [category.name for category in OPENAI_CATEGORIES]
    return WithJsonSchema(
        {
            "type": "object",
            "description": meaning,
            "properties": dict.fromkeys(names, value),
            "required": names,
            "additionalProperties": False,
        }
    )


class Reply(BaseModel):
    """A part of a reply: nothing is in it that is not listed."""

    model_config = ConfigDict(extra="forbid")


class ModerationResult(Reply):
    """What is said of one input."""

    flagged: Annotated[
        bool, Field(description="Whether the newsroom's policy holds or blocks the text.")
    ]
    categories: Annotated[
        dict[str, bool],
        _by_category(
            {"type": "boolean"}, "The categories of a flagged text; false where not judged."
        ),
    ]
    category_scores: Annotated[
        dict[str, float],
        _by_category(
            {"type": "number", "minimum": 0, "maximum": 1},
            "Calibrated probabilities; 0 where not judged.",
        ),
    ]
    category_applied_input_types: Annotated[
        dict[str, list[Literal["text"]]],
        _by_category(
            {"type": "array", "items": {"const": "text"}},
            "What was judged; empty for a category that cannot be judged here.",
        ),
    ]


class ModerationReply(Reply):
    """A result for each input."""

    id: Annotated[str, Field(pattern="^modr-")]
    model: Annotated[str, Field(description="The id of the model that judged: ours.")]
    results: list[ModerationResult]


class OpenAIErrorDetail(Reply):
    """What is wrong, and with which parameter."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIErrorReply(Reply):
    """The shape of every error of this endpoint."""

    error: OpenAIErrorDetail


def request_schema(settings: Settings, models: list[str]) -> dict[str, Any]:
    """Return the JSON schema of what `read_request` takes.

    Parameters
    ----------
    settings : Settings
    models : list of str
        The ids that may be asked for.
    """
    text = text_schema(settings)
    part = {
        "type": "object",
        "properties": {"type": {"const": "text"}, "text": text},
        "required": ["type", "text"],
        "additionalProperties": False,
    }
    lists = {"type": "array", "minItems": 1, "maxItems": settings.max_texts}
    return {
        "type": "object",
        "properties": {
            "input": {
                "oneOf": [
                    {"title": "One text", **text},
                    {"title": "Some texts", **lists, "items": text},
                    {"title": "One input in parts", **lists, "items": part},
                ]
            },
            "model": {
                "description": "OpenAI's own names stand for the default model.",
                "anyOf": [
                    {"type": ["string", "null"], "enum": [*models, None]},
                    {"type": "string", "pattern": f"^({'|'.join(ITS_MODELS)})[a-z0-9-]+$"},
                ],
            },
        },
        "required": ["input"],
        "additionalProperties": False,
    }
