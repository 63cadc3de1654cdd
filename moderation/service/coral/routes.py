"""The endpoint."""

from contextlib import suppress
from http import HTTPStatus

from fastapi import APIRouter, FastAPI, Request, Response

from moderation.errors import InvalidInput, ModerationError
from moderation.service.coral.body import readings
from moderation.service.coral.decision import OTHER_CODE, answer, decide
from moderation.service.coral.schemas import EXAMPLE, REQUEST, CoralDecision
from moderation.service.coral.sent import as_beginning, sent_of
from moderation.service.coral.signature import HEADER, check_signature, expect_signature
from moderation.service.http.body import json_response, parse_json
from moderation.service.http.shortcut import take_first
from moderation.service.intake import is_wanted, offer
from moderation.service.native.schemas import ErrorReply
from moderation.service.state import engine_of, moderator_of, settings_of

PATH = "/coral/moderation"
REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
BEGINNING = 2_000
"""Characters of a comment over the limit that are judged: Coral waits for no more."""
NO_OPINION = HTTPStatus.NO_CONTENT
SIGNATURE = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "`sha256=` and the body's HMAC-SHA256 in hexadecimal.",
}


async def moderate(request: Request) -> Response:
    """Decide on a comment, as an external moderation phase of Coral.

    A comment that the policy allows is answered 204, and Coral goes on; what the others are told
    is in the policy, `[coral]`. A comment over the limit of length is held for a person; where a
    review desk is served, the verdict that it has there is its beginning's.
    The secrets with which Coral signs are the setting `coral_secrets`.
    """
    policy, settings = moderator_of(request).policy.coral, settings_of(request)
    signature = request.headers.get(HEADER, "")
    expect_signature(signature, settings.coral_secrets)
    raw = await request.body()
    check_signature(raw, signature, settings.coral_secrets)
    body = parse_json(raw)
    comment = _comment(body)
    if len(comment) > settings.max_text_chars:
        if is_wanted(request):
            await _offer_long(request, body, comment)
        return json_response(answer(policy.review, OTHER_CODE))
    texts = readings(comment, policy.body)
    verdicts = await engine_of(request).judge(texts) if texts else []
    await offer(request, sent_of(body, texts, verdicts))
    decision = decide(verdicts, policy) if texts else None
    return Response(status_code=NO_OPINION) if decision is None else json_response(decision)


async def _offer_long(request: Request, body: object, comment: str) -> None:
    """Hand on a comment that is too long, with the verdict on its beginning."""
    limit, form = settings_of(request).max_text_chars, moderator_of(request).policy.coral.body
    for whole in readings(comment.strip(), "text"):
        beginning = whole[: min(limit, BEGINNING)]
        texts = readings(beginning, form) or [beginning]
        # Coral publishes where there is no answer, and holds the comment itself where there is.
        with suppress(ModerationError):
            verdicts = await engine_of(request).judge(texts)
            read = sent_of(body, texts, verdicts)
            await offer(request, [as_beginning(one, whole) for one in read])


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
        responses={
            NO_OPINION.value: {"description": "No opinion: the policy allows the comment"},
            **{int(s): {"model": ErrorReply, "description": s.phrase} for s in REFUSALS},
        },
        openapi_extra={
            "parameters": [SIGNATURE],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": REQUEST, "example": EXAMPLE}},
            },
        },
    )
    app.include_router(router)
    take_first(app, PATH, moderate)
