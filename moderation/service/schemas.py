"""The requests and replies of the service, as its OpenAPI document shows them."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from moderation.errors import InvalidInput, TooLarge
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, Label
from moderation.text.check import check_text
from moderation.verdict import Action

Probability = Annotated[float, Field(ge=0, le=1)]
AttributeName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(ATTRIBUTE_NAMES)})]
Scores = Annotated[
    dict[str, float],
    WithJsonSchema(
        {
            "type": "object",
            "description": "A calibrated probability for each attribute.",
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
            "required": list(ATTRIBUTE_NAMES),
            "additionalProperties": False,
        }
    ),
]

# What `check_text` asks, said so that every dialect of regular expressions takes it alike: the
# class holds what `str.strip` strips, which is not quite what `\s` holds in any other language.
NOT_BLANK = r"[^\t-\r\u001c- \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
NO_NUL = r"^[^\u0000]*$"


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


def score_request_schema(settings: Settings) -> dict[str, Any]:
    """Return the JSON schema of what `texts_of` takes."""
    text = {
        "type": "string",
        "minLength": 1,
        "maxLength": settings.max_text_chars,
        "allOf": [{"pattern": NOT_BLANK}, {"pattern": NO_NUL}],
        "description": "A comment, a paragraph or a whole article, in plain text.",
    }
    texts = {"type": "array", "items": text, "minItems": 1, "maxItems": settings.max_texts}
    return {
        "oneOf": [
            {
                "title": title,
                "type": "object",
                "properties": {name: schema},
                "required": [name],
                "additionalProperties": False,
            }
            for title, name, schema in (("One text", "text", text), ("Some texts", "texts", texts))
        ]
    }


def texts_of(body: object, settings: Settings) -> list[str]:
    """Return the texts of a request to score.

    Raises
    ------
    InvalidInput
        If it has another form than ``{"text": str}`` or ``{"texts": [str, ...]}``.
    InvalidText
        If a text is not a string, is blank, or holds NUL or lone surrogates.
    TooLarge
        If there are too many texts, or one is too long.
    """
    limit = settings.max_text_chars
    match body:
        case {"text": text, **others} if not others:
            return [check_text(text, where="text", limit=limit)]
        case {"texts": [], **others} if not others:
            raise InvalidInput(
                "The list of texts is empty.", where="texts", remedy="Send at least one text."
            )
        case {"texts": [_, *_] as texts, **others} if not others:
            if len(texts) > settings.max_texts:
                raise TooLarge(
                    f"There are {len(texts)} texts; the limit is {settings.max_texts}.",
                    where="texts",
                    remedy="Send them in several requests.",
                )
            return [
                check_text(text, where=f"texts[{position}]", limit=limit)
                for position, text in enumerate(texts)
            ]
    raise InvalidInput(
        "The body is not a request to score.",
        where="body",
        remedy='Send {"text": "..."} or {"texts": ["...", ...]}, and no other key.',
    )
