"""The endpoint."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response

from moderation.errors import InvalidInput
from moderation.service.body import parse_json
from moderation.service.coral.body import readings
from moderation.service.coral.decision import OTHER_CODE, answer, decide
from moderation.service.coral.schemas import EXAMPLE, REQUEST, CoralDecision
from moderation.service.coral.signature import check_signature
from moderation.service.dependencies import Ready, engine_of, settings_of
from moderation.service.engine import Engine
from moderation.service.native.schemas import ErrorReply
from moderation.settings import Settings

PATH = "/coral/moderation"
REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
NO_OPINION = HTTPStatus.NO_CONTENT


async def signed_body(
    request: Request,
    settings: Annotated[Settings, Depends(settings_of)],
    x_coral_signature: Annotated[
        str, Header(description="`sha256=` and the body's HMAC-SHA256 in hexadecimal.")
    ] = "",
) -> Any:
    """Return the body as built-in values, once it is known to be Coral's."""
    raw = await request.body()
    check_signature(raw, x_coral_signature, settings.coral_secrets)
    return parse_json(raw)


async def moderate(
    moderator: Ready,
    engine: Annotated[Engine, Depends(engine_of)],
    settings: Annotated[Settings, Depends(settings_of)],
    body: Annotated[Any, Depends(signed_body)],
) -> Any:
    """Decide on a comment, as an external moderation phase of Coral.

    A comment that the policy allows is answered 204, and Coral goes on; what the others are told
    is in the policy, `[coral]`. A comment over the limit of length is held for a person unread.
    The secrets with which Coral signs are the setting `coral_secrets`.
    """
    policy = moderator.policy.coral
    comment = _comment(body)
    if len(comment) > settings.max_text_chars:
        return answer(policy.review, OTHER_CODE)
    texts = readings(comment, policy.body)
    decision = decide(await engine.judge(texts), policy) if texts else None
    return Response(status_code=NO_OPINION) if decision is None else decision


def _comment(body: object) -> str:
    match body:
        case {"comment": {"body": str(text)}}:
            return text
        case {"comment": {"body": None}}:  # a picture alone
            return ""
    raise InvalidInput("The request has no comment with a body.", where="comment.body")


def install(app: FastAPI) -> None:
    """Add the protocol to the service."""
    router = APIRouter(tags=["Coral"])
    router.add_api_route(
        PATH,
        moderate,
        methods=["POST"],
        summary="Decide on a comment for Coral",
        response_model=CoralDecision,
        response_model_exclude_none=True,
        responses={
            NO_OPINION.value: {"description": "No opinion: the policy allows the comment"},
            **{int(s): {"model": ErrorReply, "description": s.phrase} for s in REFUSALS},
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": REQUEST, "example": EXAMPLE}},
            }
        },
    )
    app.include_router(router)
