"""The endpoint."""

import uuid
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI

from moderation.service.body import json_body
from moderation.service.dependencies import Ready, engines_of, settings_of
from moderation.service.engines import Engines, id_of
from moderation.service.openai.errors import tell
from moderation.service.openai.requests import read_request
from moderation.service.openai.results import result_of
from moderation.service.openai.schemas import ModerationReply, OpenAIErrorReply, request_schema
from moderation.service.operation.access import require
from moderation.service.operation.keys import Scope
from moderation.service.protocol_errors import tell_with
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


async def moderate(
    _: Ready,
    engines: Annotated[Engines, Depends(engines_of)],
    settings: Annotated[Settings, Depends(settings_of)],
    body: Annotated[Any, Depends(json_body)],
) -> dict[str, Any]:
    """Judge texts by OpenAI's categories.

    Not judged, and always 0 and false with no applied input type: `illicit`, `self-harm` and
    `sexual`, what they contain, and `violence/graphic`. Images are refused. Point OpenAI's own
    package here with `base_url`.
    """
    asked = read_request(body, settings)
    verdicts = await engines.find(asked.model).judge(asked.texts)
    inputs = [verdicts] if asked.together else [[verdict] for verdict in verdicts]
    return {
        "id": f"modr-{uuid.uuid4().hex}",
        "model": verdicts[0].model,
        "results": [result_of(each) for each in inputs],
    }


def install(app: FastAPI, settings: Settings) -> None:
    """Add the protocol to the service."""
    ids = [id_of(entry) for entry in (settings.model, *settings.models)]
    router = APIRouter(tags=["OpenAI"], dependencies=[Depends(require(Scope.SCORE))])
    router.add_api_route(
        PATH,
        moderate,
        methods=["POST"],
        summary="Moderate, as OpenAI does",
        response_model=ModerationReply,
        responses={int(s): {"model": OpenAIErrorReply, "description": s.phrase} for s in REFUSALS},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": request_schema(settings, ids),
                        "example": {"input": "The council meets on Tuesday."},
                    }
                },
            }
        },
    )
    app.include_router(router)
    tell_with(app, PATH, tell)
