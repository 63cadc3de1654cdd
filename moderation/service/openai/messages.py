"""The messages of the endpoint: what may be asked, and what is answered."""

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, WithJsonSchema, model_validator

from moderation.errors import InvalidInput
from moderation.service.messages import (
    MODELS,
    AtMostTexts,
    Message,
    Refusal,
    Reply,
    Text,
    refuse,
)
from moderation.taxonomy import OPENAI_CATEGORIES

ITS_MODELS = ("omni-moderation-", "text-moderation-")
"""The beginnings of OpenAI's own model names; each stands for our default model."""


_ITS_MODEL = re.compile(f"(?:{'|'.join(ITS_MODELS)})[a-z0-9-]+")


class Part(Message):
    """A part of an input."""

    type: Literal["text"]
    text: Text

    @model_validator(mode="before")
    @classmethod
    def _no_image(cls, part: Any) -> Any:
        if isinstance(part, dict) and part.get("type") == "image_url":
            raise refuse(InvalidInput("Images cannot be judged here.", remedy="Send text only."))
        return part


Parts = list[Annotated[Part, Refusal("This part of the input is not a text.")]]
SEVERAL = Field(min_length=1)


def _form_of(value: object) -> str | None:
    """Return the form in which an input is sent, None if it is none."""
    if isinstance(value, str):
        return "text"
    if not isinstance(value, list) or not value:
        return None
    return "parts" if isinstance(value[0], dict) else "texts"


Input = Annotated[
    Annotated[Text, Field(title="One text"), Tag("text")]
    | Annotated[list[Text], SEVERAL, AtMostTexts("inputs"), Field(title="Some texts"), Tag("texts")]
    | Annotated[
        Parts, SEVERAL, AtMostTexts("inputs"), Field(title="One input in parts"), Tag("parts")
    ],
    Discriminator(_form_of),
]


class ModerationRequest(Message):
    """A request to moderate one input or several."""

    refusals: ClassVar = {
        "model_type": Refusal("The body is not a JSON object.", where="body"),
        "missing": Refusal("You must provide the parameter 'input'.", where="input"),
        "extra_forbidden": Refusal(
            "There is a parameter besides 'input' and 'model'.", where="body"
        ),
        "union_tag_not_found": Refusal(
            "The input is neither a text nor a list with texts in it.", where="input"
        ),
    }

    input: Input
    model: Annotated[
        str | None,
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": ["string", "null"], "enum": [MODELS, None]},
                    {"type": "string", "pattern": f"^({'|'.join(ITS_MODELS)})[a-z0-9-]+$"},
                ]
            }
        ),
        Refusal("The model's id must be a string."),
    ] = Field(None, description="OpenAI's own names stand for the default model.")

    @property
    def together(self) -> bool:
        """True if the texts are parts of one input, which gets one result."""
        return isinstance(self.input, list) and isinstance(self.input[0], Part)

    @property
    def texts(self) -> list[str]:
        """The texts to judge."""
        if isinstance(self.input, str):
            return [self.input]
        return [part.text if isinstance(part, Part) else part for part in self.input]

    @property
    def asked_model(self) -> str | None:
        """The id of the model that is to judge; None for the default one."""
        return None if self.model is None or _ITS_MODEL.fullmatch(self.model) else self.model


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


class ModerationResult(Reply):
    """The result for one input."""

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
    """An error, and the parameter that is wrong."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIErrorReply(Reply):
    """The shape of every error of this endpoint."""

    error: OpenAIErrorDetail
