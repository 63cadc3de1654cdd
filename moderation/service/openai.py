"""OpenAI's moderation endpoint: its messages, results by its categories, and its errors."""

import re
import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Discriminator, Field, Tag, WithJsonSchema, model_validator
from starlette.types import Scope as ASGIScope

from moderation.errors import InvalidInput, InvalidText, ModerationError
from moderation.service.api_keys import Scope
from moderation.service.auth import guarded
from moderation.service.engine import id_of, judge_of, moderator_of
from moderation.service.errors import use_error_renderer
from moderation.service.intake import Submission, enqueue
from moderation.service.messages import (
    MODELS,
    AtMostTexts,
    Message,
    Refusal,
    Reply,
    Text,
    Texts,
    error_replies,
    json_request,
    refuse,
    schema_of,
)
from moderation.service.middleware import register
from moderation.service.request import json_response, read_message
from moderation.settings import Settings
from moderation.taxonomy import OPENAI_CATEGORIES, PRESENT, Category
from moderation.verdict import Action, Verdict, rounded

PATH = "/v1/moderations"
APPLIED_INPUT_TYPES = {
    category.name: ["text"] if category.any_of else [] for category in OPENAI_CATEGORIES
}
"""The types of input that each category judges: none for one that cannot be judged here."""
REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)

OWN_MODELS = ("omni-moderation-", "text-moderation-")
"""The beginnings of OpenAI's own model names; each stands for our default model."""
_OWN_MODEL = re.compile(f"(?:{'|'.join(OWN_MODELS)})[a-z0-9-]+")


class InputPart(Message):
    """A part of an input."""

    type: Literal["text"]
    text: Text

    @model_validator(mode="before")
    @classmethod
    def _no_image(cls, part: Any) -> Any:
        if isinstance(part, dict) and part.get("type") == "image_url":
            raise refuse(InvalidInput("Images cannot be judged here.", remedy="Send text only."))
        return part


Parts = list[Annotated[InputPart, Refusal("This part of the input is not a text.")]]


def _form_of(value: object) -> str | None:
    """Return the form of an input, None if it has none of the three."""
    if isinstance(value, str):
        return "text"
    if not isinstance(value, list) or not value:
        return None
    return "parts" if isinstance(value[0], dict) else "texts"


Input = Annotated[
    Annotated[Text, Field(title="One text"), Tag("text")]
    | Annotated[Texts, AtMostTexts("inputs"), Field(title="Some texts"), Tag("texts")]
    | Annotated[
        Parts,
        Field(min_length=1),
        AtMostTexts("inputs"),
        Field(title="One input in parts"),
        Tag("parts"),
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
                    {"type": "string", "pattern": f"^({'|'.join(OWN_MODELS)})[a-z0-9-]+$"},
                ]
            }
        ),
        Refusal("The model's id must be a string."),
    ] = Field(None, description="OpenAI's own names stand for the default model.")

    @property
    def together(self) -> bool:
        """True if the texts are parts of one input, which gets one result."""
        return isinstance(self.input, list) and isinstance(self.input[0], InputPart)

    @property
    def texts(self) -> list[str]:
        """The texts to judge."""
        if isinstance(self.input, str):
            return [self.input]
        return [part.text if isinstance(part, InputPart) else part for part in self.input]

    @property
    def judging_model(self) -> str | None:
        """The id of the model that is to judge; None for the default one."""
        return None if self.model is None or _OWN_MODEL.fullmatch(self.model) else self.model


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


class OpenAIErrorDetail(Reply):
    """An error, and the parameter that is wrong."""

    message: str
    type: str
    param: str | None
    code: str | None


class BlankResult(ModerationResult):
    """The result for a blank text among others: not flagged, nothing judged, and the error."""

    error: OpenAIErrorDetail


class ModerationReply(Reply):
    """A result for each input."""

    id: Annotated[str, Field(pattern="^modr-")]
    model: Annotated[str, Field(description="The id of the model that judged: ours.")]
    results: list[ModerationResult | BlankResult]


class OpenAIErrorReply(Reply):
    """The shape of every error of this endpoint."""

    error: OpenAIErrorDetail


def result_of(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the result for one input.

    Parameters
    ----------
    verdicts : sequence of Verdict
        One for each part of the input; a category is as high as in the worst part.
    """
    scores = {
        category.name: max(
            (category.score(v.scores) or 0.0 for v in verdicts if v.judged), default=0.0
        )
        for category in OPENAI_CATEGORIES
    }
    flagged = any(verdict.action is not Action.ALLOW for verdict in verdicts)
    return {
        "flagged": flagged,
        "categories": {
            category.name: flagged and any(_holds(category, verdict) for verdict in verdicts)
            for category in OPENAI_CATEGORIES
        },
        "category_scores": {name: rounded(score) for name, score in scores.items()},
        "category_applied_input_types": APPLIED_INPUT_TYPES,
    }


def blank_result(error: InvalidText) -> dict[str, Any]:
    """Return the result for a blank text among others.

    OpenAI's clients expect a result for each input, with every category in it.
    """
    nothing: dict[str, list[str]] = {category.name: [] for category in OPENAI_CATEGORIES}
    return result_of(()) | {"category_applied_input_types": nothing, "error": detail_of(error)}


def _holds(category: Category, verdict: Verdict) -> bool:
    """Tell whether a category is among those for which the policy acted.

    The policy alone decides whether a text is flagged. Of a flagged text, those categories are
    named that rest on the policy's own reasons, or that more likely hold than not.
    """
    if verdict.action is Action.ALLOW or not verdict.judged:
        return False
    scores = {n: 1.0 if n in verdict.reasons else s for n, s in verdict.scores.items()}
    score = category.score(scores)
    return score is not None and score >= PRESENT


class ErrorKind(NamedTuple):
    """OpenAI's type of an error, and its code, where it has one of its own."""

    type: str
    code: str | None = None


INVALID_REQUEST = "invalid_request_error"
# A status that is not here becomes 400: the caller has to mend something in the request.
ERROR_KINDS: Mapping[int, ErrorKind] = {
    HTTPStatus.BAD_REQUEST: ErrorKind(INVALID_REQUEST),
    HTTPStatus.UNAUTHORIZED: ErrorKind(INVALID_REQUEST, "invalid_api_key"),
    HTTPStatus.FORBIDDEN: ErrorKind(INVALID_REQUEST, "insufficient_permissions"),
    HTTPStatus.NOT_FOUND: ErrorKind(INVALID_REQUEST),
    HTTPStatus.METHOD_NOT_ALLOWED: ErrorKind(INVALID_REQUEST, "method_not_supported"),
    HTTPStatus.TOO_MANY_REQUESTS: ErrorKind("requests", "rate_limit_exceeded"),
    HTTPStatus.INTERNAL_SERVER_ERROR: ErrorKind("server_error"),
    HTTPStatus.SERVICE_UNAVAILABLE: ErrorKind("server_error"),
}
PARAMETERS = ("input", "model")


def render_error(error: ModerationError, _: ASGIScope) -> Response:
    """Return the response to an error of any part of the service, as OpenAI's clients expect it."""
    detail = detail_of(error)
    return JSONResponse({"error": detail}, status_code=_status_of(error))


def detail_of(error: ModerationError) -> dict[str, Any]:
    """Return an error as OpenAI words it."""
    status = _status_of(error)
    kind = ERROR_KINDS[status]
    where = error.where
    return {
        "message": f"{error.message} {error.remedy}".strip(),
        "type": kind.type,
        "param": where if where.startswith(PARAMETERS) else None,
        "code": kind.code or (error.code if status == HTTPStatus.BAD_REQUEST else None),
    }


def _status_of(error: ModerationError) -> int:
    return error.status if error.status in ERROR_KINDS else HTTPStatus.BAD_REQUEST


def _answer(answer: Verdict | InvalidText) -> dict[str, Any]:
    return blank_result(answer) if isinstance(answer, InvalidText) else result_of([answer])


@guarded(Scope.SCORE)
async def moderate(request: Request) -> Response:
    """Judge texts by OpenAI's categories.

    A text in a language that the model does not know is flagged if the policy holds it; its scores
    are 0. A blank text among others gets a result with an `error`, and no applied input types. Not
    judged, and always 0 and false with no applied input type: `illicit`, `self-harm` and `sexual`,
    what they contain, and `violence/graphic`. Images are refused. Point OpenAI's own package here
    with `base_url`.
    """
    moderator_of(request)
    message = await read_message(request, ModerationRequest.read)
    texts = message.texts
    answers = await judge_of(request, message.judging_model).judge_listed(texts, "input")
    answered = zip(texts, answers, strict=True)
    judged = [(text, answer) for text, answer in answered if isinstance(answer, Verdict)]
    await enqueue(request, (Submission(*each, source="openai") for each in judged))
    verdicts = [verdict for _, verdict in judged]
    return json_response(
        {
            "id": f"modr-{uuid.uuid4().hex}",
            "model": verdicts[0].model,
            "results": [result_of(verdicts)] if message.together else list(map(_answer, answers)),
        }
    )


def install(app: FastAPI, settings: Settings) -> None:
    """Add the protocol to the service."""
    ids = [id_of(entry) for entry in (settings.model, *settings.models)]
    router = APIRouter(tags=["OpenAI"])
    router.add_api_route(
        PATH,
        moderate,
        methods=["POST"],
        summary="Moderate, as OpenAI does",
        response_model=ModerationReply,
        responses=error_replies(*REFUSALS, model=OpenAIErrorReply),
        openapi_extra={
            "requestBody": json_request(
                schema_of(ModerationRequest, settings, ids),
                example={"input": "The council meets on Tuesday."},
            )
        },
    )
    app.include_router(router)
    register(app, PATH, moderate)
    use_error_renderer(app, PATH, render_error)
