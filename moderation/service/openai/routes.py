"""The endpoint."""

import uuid
from http import HTTPStatus

from fastapi import APIRouter, FastAPI, Request, Response

from moderation.service.access.guard import guarded
from moderation.service.access.keys import Scope
from moderation.service.http.body import json_body, json_response
from moderation.service.http.protocol_errors import use_error_renderer
from moderation.service.http.shortcut import register
from moderation.service.intake import Submission, enqueue
from moderation.service.judging.engines import id_of
from moderation.service.messages import error_replies, json_request, schema_of
from moderation.service.openai.errors import render_error
from moderation.service.openai.messages import (
    ModerationReply,
    ModerationRequest,
    OpenAIErrorReply,
)
from moderation.service.openai.results import result_of
from moderation.service.state import engine_asked, moderator_of, settings_of
from moderation.settings import Settings

PATH = "/v1/moderations"
REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


@guarded(Scope.SCORE)
async def moderate(request: Request) -> Response:
    """Judge texts by OpenAI's categories.

    Not judged, and always 0 and false with no applied input type: `illicit`, `self-harm` and
    `sexual`, what they contain, and `violence/graphic`. Images are refused. Point OpenAI's own
    package here with `base_url`.
    """
    moderator_of(request)
    asked = ModerationRequest.read(await json_body(request), settings_of(request))
    texts = asked.texts
    verdicts = await engine_asked(request, asked.asked_model).judge(texts)
    pairs = zip(texts, verdicts, strict=True)
    await enqueue(request, [Submission(*pair, "openai") for pair in pairs])
    inputs = [verdicts] if asked.together else [[verdict] for verdict in verdicts]
    return json_response(
        {
            "id": f"modr-{uuid.uuid4().hex}",
            "model": verdicts[0].model,
            "results": [result_of(each) for each in inputs],
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
