"""The endpoints of the native protocol, and those for the service's state."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response

from moderation.pages import HTML, TEXT, read_page
from moderation.service.api_keys import Scope
from moderation.service.auth import guarded
from moderation.service.engine import engines_of, id_of, judge_of, moderator_of
from moderation.service.intake import Submission, enqueue, standing_of
from moderation.service.messages import KEYS, error_replies, json_request
from moderation.service.middleware import register
from moderation.service.native.messages import (
    MODEL,
    AttributeReply,
    AttributesReply,
    ModelReply,
    PageReply,
    ScoreReply,
    StatusReply,
    read_score_request,
    score_request_schema,
)
from moderation.service.native.pages import PageReaders, judge_passages, sent_page
from moderation.service.request import json_response, read_message, settings_of
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTES, OPENAI_CATEGORIES, Label
from moderation.verdict import Action, Verdict

REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    *KEYS,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
PAGE = "The page, as it is."


@guarded(Scope.SCORE)
async def score(request: Request) -> Response:
    """Judge one text or several.

    Send `{"text": "…"}` or `{"texts": ["…", …]}`. The reply holds one verdict for each text, in
    the same order; a blank text among others gets an error in its place. `"model"` chooses among
    the models that `GET /v1/attributes` lists: one that nobody has asked for yet is loaded, and
    answers 503 until it is. `"attributes"` leaves the other attributes' scores and evidence out of
    the reply; label and action stay what they are.
    `"context"` says where the texts come from. Nothing of them is logged; where a review desk is
    served, texts that the policy does not allow are kept there, unless the request has the header
    `X-Do-Not-Store: 1`. With `"source"` and `"id"` one text is a comment of a site's: sent again
    with another text, it is edited, and where a person has decided on this text, the verdict has
    the `"decision"`, and its action follows that.
    """
    moderator_of(request)
    message = await read_message(request, read_score_request)
    verdicts = await judge_of(request, message.model).judge_listed(message.texts, "texts")
    replies = list(map(message.reply, verdicts))
    context: dict[str, Any] = {"source": "native", **(message.context or {})}
    comments = [
        Submission(text, verdict, **context)
        for text, verdict in zip(message.texts, verdicts, strict=True)
        if isinstance(verdict, Verdict)
    ]
    if message.context and "source" in message.context:
        comments = await _standing(request, comments[0], replies[0])
    await enqueue(request, comments)
    return json_response({"verdicts": replies})


async def _standing(
    request: Request, comment: Submission, reply: dict[str, Any]
) -> list[Submission]:
    """Let the reply on a site's comment follow a person's decision; return what is to be kept."""
    known, decision = await standing_of(
        request, comment.source, str(comment.external_id), comment.text
    )
    if decision is not None:
        action = Action.ALLOW if decision.is_approval else Action.BLOCK
        reply |= {"action": action.value, "decision": decision.to_dict()}
        return []
    # An allowed comment that is not at the desk cannot be an edit of one there.
    return [replace(comment, of_site=True)] if known or not comment.is_allowed else []


@guarded(Scope.SCORE)
async def judge_page(request: Request) -> Response:
    """Find a page's article and comments, and judge each passage of them.

    Send the page itself, `text/html` or `text/plain`; no address is ever fetched. A page that takes
    too long or too much memory to read (`page_seconds`, `page_memory_mb`) is refused. Furniture
    (menus, share buttons, advertisements) is left out. Nothing of the page is logged; comments
    that the policy does not allow go to the review desk as those of `POST /v1/score` do, with the
    page's address, where the header `Content-Location` tells it.
    """
    moderator_of(request)
    sent = await sent_page(request)
    judge = judge_of(request, request.query_params.get("model"))
    address = request.headers.get("content-location")
    readers: PageReaders = request.app.state.readers
    page = await readers.read(sent)
    reply, comments = await judge_passages(page, judge, settings_of(request), address)
    await enqueue(request, comments)
    return json_response(reply)


@guarded(Scope.SCORE)
async def list_attributes(request: Request) -> Response:
    """List what is scored, its names in the other protocols, and the models to choose from."""
    reply = {
        "attributes": [
            {
                "name": attribute.name,
                "title": attribute.title,
                "meaning": attribute.meaning,
                "harmful": attribute.harmful,
                "perspective": attribute.perspective,
                "openai": [
                    category.name
                    for category in OPENAI_CATEGORIES
                    if attribute.name in category.any_of + category.and_of
                ],
                "coral": attribute.coral,
            }
            for attribute in ATTRIBUTES
        ],
        "labels": list(Label),
        "models": engines_of(request).ids,
    }
    return json_response(reply)


@guarded(Scope.SCORE)
async def describe_model(request: Request) -> Response:
    """Describe the model and the policy in use, and what is scored."""
    moderator = moderator_of(request)
    reply = {
        "id": moderator.model.id,
        "policy": moderator.policy.name,
        "languages": moderator.languages,
        "thresholds": moderator.model.thresholds,
        "review_thresholds": moderator.model.review_thresholds,
        "labels": list(Label),
        "attributes": [
            AttributeReply.model_validate(attribute, from_attributes=True).model_dump()
            for attribute in ATTRIBUTES
        ],
        "manifest": moderator.model.manifest,
    }
    return json_response(reply)


async def healthy() -> dict[str, str]:
    """Say that the process runs; it may not be ready to judge yet."""
    return {"status": "ok"}


async def ready(request: Request) -> dict[str, str]:
    """Say that the model has been loaded and has judged a text."""
    moderator_of(request)
    return {"status": "ok"}


def install(app: FastAPI, settings: Settings) -> None:
    """Add the native endpoints to the service."""
    ids = [id_of(entry) for entry in (settings.model, *settings.models)]
    readers = app.state.readers = PageReaders(read_page, settings)
    judging = APIRouter(prefix="/v1", tags=["judging"], lifespan=readers.lifespan)
    judging.add_api_route(
        "/score",
        score,
        methods=["POST"],
        summary="Judge texts",
        response_model=ScoreReply,
        responses=error_replies(*REFUSALS),
        openapi_extra={"requestBody": json_request(score_request_schema(settings, ids))},
    )
    judging.add_api_route(
        "/pages",
        judge_page,
        methods=["POST"],
        summary="Judge a page",
        response_model=PageReply,
        responses=error_replies(*REFUSALS),
        openapi_extra={
            "parameters": [
                {
                    "name": "model",
                    "in": "query",
                    "description": MODEL,
                    "schema": {"type": "string", "enum": ids},
                }
            ],
            "requestBody": {
                "required": True,
                "content": {kind: {"schema": {"description": PAGE}} for kind in (TEXT, HTML)},
            },
        },
    )
    judging.add_api_route(
        "/attributes",
        list_attributes,
        summary="List what is scored",
        response_model=AttributesReply,
        responses=error_replies(*KEYS),
    )
    judging.add_api_route(
        "/model",
        describe_model,
        summary="Describe the model",
        response_model=ModelReply,
        responses=error_replies(*KEYS, HTTPStatus.SERVICE_UNAVAILABLE),
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
    for router in (judging, state):
        app.include_router(router)
    register(app, "/v1/score", score)
