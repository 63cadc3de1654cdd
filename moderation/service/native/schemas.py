"""The requests and replies of the service, as its OpenAPI document shows them."""

from http import HTTPStatus
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from moderation.pages import Kind, Part
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, Label
from moderation.verdict import Action

Probability = Annotated[float, Field(ge=0, le=1)]
AttributeName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(ATTRIBUTE_NAMES)})]
Scores = Annotated[
    dict[str, float],
    WithJsonSchema(
        {
            "type": "object",
            "description": "A calibrated probability for each attribute that was asked for.",
            "properties": {
                attribute.name: {
                    "type": "number",
                    "minimum": 0,
                    "maximum": 1,
                    "title": attribute.title,
                    "description": attribute.meaning,
                }
                for attribute in ATTRIBUTES
            },
            "minProperties": 1,
            "additionalProperties": False,
        }
    ),
]


class Reply(BaseModel):
    """A part of a reply: nothing is in it that is not listed."""

    model_config = ConfigDict(extra="forbid")


class SpanReply(Reply):
    """Evidence: the characters that made an attribute high."""

    start: Annotated[int, Field(ge=0, description="First character, counted in code points.")]
    end: Annotated[int, Field(ge=0, description="The character after the last.")]
    attribute: AttributeName
    score: Probability


class VerdictReply(Reply):
    """What the judge says of one text."""

    label: Label
    action: Annotated[Action, Field(description="What the newsroom's policy makes of it.")]
    scores: Scores
    spans: list[SpanReply]
    targets: Annotated[list[str], Field(description="The people an ethnic attack is aimed at.")]
    reasons: Annotated[
        list[str], Field(description="Why the policy acted: attributes, or `word list`.")
    ]
    model: Annotated[str, Field(description="The model that says so.")]


class ScoreReply(Reply):
    """A verdict for each text, in the order in which they were sent."""

    verdicts: list[VerdictReply]


class AttributeReply(Reply):
    """Something that is scored."""

    name: AttributeName
    title: str
    meaning: str
    harmful: Annotated[bool, Field(description="Whether a high score speaks against a text.")]


class MappedAttributeReply(AttributeReply):
    """Something that is scored, and its names in the other protocols."""

    perspective: Annotated[list[str], Field(description="Its names in Perspective's protocol.")]
    openai: Annotated[list[str], Field(description="OpenAI's categories that draw on it.")]
    coral: Annotated[str | None, Field(description="Coral's reason for a rejection by it.")]


class AttributesReply(Reply):
    """All that is scored, and the models that may be asked for."""

    attributes: list[MappedAttributeReply]
    labels: list[Label]
    models: Annotated[list[str], Field(description="Ids for `model`, the default first.")]


class PassageReply(Reply):
    """A piece of a page with one author."""

    kind: Annotated[Kind, Field(description="Who speaks: `article`, `comment` or `note`.")]
    part: Annotated[Part, Field(description="What it is on the page.")]
    author: Annotated[str | None, Field(description="The name a comment's writer gives.")]
    start: Annotated[
        int | None,
        Field(ge=0, description="First character, counted in a text page; null for HTML."),
    ]
    end: Annotated[int | None, Field(ge=0, description="The character after the last.")]
    text: str
    time: Annotated[
        str | None, Field(description="When a comment was written: ISO 8601, or its own words.")
    ]
    permalink: Annotated[str | None, Field(description="A comment's own address.")]
    position: Annotated[int | None, Field(ge=1, description="A comment's number on the page.")]
    parent: Annotated[
        int | None, Field(ge=1, description="The position of the comment that this one answers.")
    ]
    language: Annotated[
        str | None, Field(description="ISO 639 code; null where no language is certain.")
    ]
    verdict: Annotated[
        VerdictReply | None,
        Field(description="Null where the language is not one that is judged."),
    ]


class PageReply(Reply):
    """A page's article and comments, in the order of the page, each with its verdict."""

    title: str | None
    author: Annotated[str | None, Field(description="Who wrote the article.")]
    date: Annotated[str | None, Field(description="When it appeared, ISO 8601.")]
    language: Annotated[str | None, Field(description="What the page says of itself.")]
    passages: list[PassageReply]


class ModelReply(Reply):
    """The model and the policy in use."""

    id: str
    policy: str
    thresholds: Annotated[
        dict[str, float], Field(description="The score from which each label holds.")
    ]
    review_thresholds: Annotated[
        dict[str, float], Field(description='What the word "model" in a policy stands for.')
    ]
    labels: list[Label]
    attributes: list[AttributeReply]
    manifest: Annotated[
        dict[str, Any], Field(description="Where the model came from and what it scored.")
    ]


class StatusReply(Reply):
    """The service's state."""

    status: Annotated[str, Field(pattern="^ok$")]


class ErrorDetail(Reply):
    """What is wrong, where, and what to do about it."""

    code: str
    message: str
    where: str | None
    remedy: str | None


class ErrorReply(Reply):
    """The one shape of every error."""

    error: ErrorDetail


KEYS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    *KEYS,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def error_replies(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return what an OpenAPI document says of a route's errors."""
    return {int(s): {"model": ErrorReply, "description": s.phrase} for s in statuses}
