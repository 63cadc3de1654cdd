"""The routes of webhooks: addresses are added, listed and removed, with API keys."""

import asyncio
from functools import partial
from http import HTTPStatus

from fastapi import APIRouter, FastAPI, Request, Response

from moderation.desk.site.addresses import check_url
from moderation.desk.site.messages import (
    NewWebhookReply,
    WebhookRequest,
    WebhooksReply,
    webhook_reply,
)
from moderation.desk.site.webhooks import Webhooks
from moderation.service.api_keys import Scope
from moderation.service.auth import guarded, key_id_of
from moderation.service.messages import KEYS, UNPARSED, error_replies, json_request, schema_of
from moderation.service.request import json_response, read_message, settings_of
from moderation.settings import Settings


@guarded(Scope.DESK)
async def add_webhook(request: Request) -> Response:
    """Add an address to which decisions are sent as they are made or undone.

    Messages are signed as Standard Webhooks says, with the secret that is shown here and never
    again. They are sent at least once, in order for each comment, for up to three days.
    """
    message = await read_message(request, WebhookRequest.read)
    url = check_url(message.url, private=settings_of(request).webhooks_private)
    add = partial(_webhooks(request).add, url, message.source, _by(request))
    webhook, secret = await asyncio.to_thread(add)
    response = json_response({**webhook_reply(webhook), "secret": secret})
    response.status_code = HTTPStatus.CREATED
    return response


@guarded(Scope.DESK)
async def list_webhooks(request: Request) -> Response:
    """List the webhooks, without their secrets."""
    webhooks = await asyncio.to_thread(_webhooks(request).all)
    return json_response({"webhooks": list(map(webhook_reply, webhooks))})


@guarded(Scope.DESK)
async def remove_webhook(request: Request) -> Response:
    """Remove a webhook; what is due to it is not sent any more."""
    remove = partial(_webhooks(request).remove, request.path_params["id"], _by(request))
    await asyncio.to_thread(remove)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def install(app: FastAPI, webhooks: Webhooks) -> None:
    """Add the routes to the service."""
    app.state.webhooks = webhooks
    settings: Settings = app.state.settings
    router = APIRouter(tags=["sites"])
    router.add_api_route(
        "/v1/webhooks",
        add_webhook,
        methods=["POST"],
        status_code=HTTPStatus.CREATED,
        summary="Add a webhook",
        response_model=NewWebhookReply,
        responses=error_replies(*UNPARSED, *KEYS, HTTPStatus.SERVICE_UNAVAILABLE),
        openapi_extra={"requestBody": json_request(schema_of(WebhookRequest, settings))},
    )
    router.add_api_route(
        "/v1/webhooks",
        list_webhooks,
        summary="List the webhooks",
        response_model=WebhooksReply,
        responses=error_replies(*KEYS, HTTPStatus.SERVICE_UNAVAILABLE),
    )
    router.add_api_route(
        "/v1/webhooks/{id}",
        remove_webhook,
        methods=["DELETE"],
        status_code=HTTPStatus.NO_CONTENT,
        summary="Remove a webhook",
        response_class=Response,
        responses=error_replies(*KEYS, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE),
        openapi_extra={
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
            ]
        },
    )
    app.include_router(router)


def _webhooks(request: Request) -> Webhooks:
    webhooks: Webhooks = request.app.state.webhooks
    return webhooks


def _by(request: Request) -> str:
    """Return the name of the caller for the audit log, in brackets as of all that are no users."""
    return f"(key {key_id_of(request) or 'none'})"
