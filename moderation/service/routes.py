"""The native endpoints."""

from collections.abc import Iterable
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from moderation.moderator import Moderator
from moderation.service.body import json_body
from moderation.service.engine import Engine
from moderation.service.schemas import (
    ErrorReply,
    ModelReply,
    ScoreReply,
    StatusReply,
    score_request_schema,
    texts_of,
)
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTES, Label


def engine_of(request: Request) -> Engine:
    """Return the engine of the application that serves `request`."""
    engine: Engine = request.app.state.engine
    return engine


def settings_of(request: Request) -> Settings:
    """Return the settings of the application that serves `request`."""
    settings: Settings = request.app.state.settings
    return settings


def ready_moderator(engine: Annotated[Engine, Depends(engine_of)]) -> Moderator:
    """Return the moderator, or refuse before the body is read."""
    return engine.moderator


Ready = Annotated[Moderator, Depends(ready_moderator)]


def error_replies(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return what an OpenAPI document says of a route's errors."""
    return {int(s): {"model": ErrorReply, "description": s.phrase} for s in statuses}


async def score(
    _: Ready,
    engine: Annotated[Engine, Depends(engine_of)],
    settings: Annotated[Settings, Depends(settings_of)],
    body: Annotated[Any, Depends(json_body)],
) -> dict[str, Any]:
    """Judge one text or several.

    Send `{"text": "…"}` or `{"texts": ["…", …]}`. The reply holds one verdict for each text, in
    the same order. Nothing of the texts is stored or logged.
    """
    verdicts = await engine.judge(texts_of(body, settings))
    return {"verdicts": [verdict.to_dict() for verdict in verdicts]}


async def describe_model(moderator: Ready) -> dict[str, Any]:
    """Describe the model and the policy in use, and what is scored."""
    return {
        "id": moderator.model.id,
        "policy": moderator.policy.name,
        "thresholds": moderator.model.thresholds,
        "review_thresholds": moderator.model.review_thresholds,
        "labels": list(Label),
        "attributes": [asdict(attribute) for attribute in ATTRIBUTES],
        "manifest": moderator.model.manifest,
    }


async def healthy() -> dict[str, str]:
    """Say that the process runs; it may not be ready to judge yet."""
    return {"status": "ok"}


async def ready(_: Ready) -> dict[str, str]:
    """Say that the model has been loaded and has judged a text."""
    return {"status": "ok"}


def native_routes(settings: Settings) -> Iterable[APIRouter]:
    """Return the routers of the native endpoints."""
    judging = APIRouter(prefix="/v1", tags=["judging"])
    judging.add_api_route(
        "/score",
        score,
        methods=["POST"],
        summary="Judge texts",
        response_model=ScoreReply,
        responses=error_replies(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.INTERNAL_SERVER_ERROR,
            HTTPStatus.SERVICE_UNAVAILABLE,
        ),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": score_request_schema(settings)}},
            }
        },
    )
    judging.add_api_route(
        "/model",
        describe_model,
        summary="Describe the model",
        response_model=ModelReply,
        responses=error_replies(HTTPStatus.SERVICE_UNAVAILABLE),
    )
    state = APIRouter(tags=["state"])
    state.add_api_route("/healthz", healthy, summary="Is it alive", response_model=StatusReply)
    state.add_api_route(
        "/readyz",
        ready,
        summary="Is it ready",
        response_model=StatusReply,
        responses=error_replies(HTTPStatus.SERVICE_UNAVAILABLE),
    )
    return judging, state
