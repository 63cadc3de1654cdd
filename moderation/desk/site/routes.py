"""The routes of the interface for sites: comments and decisions, with API keys."""

import asyncio
import re
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response

from moderation.desk.decisions.events import Events
from moderation.desk.site.comments import SiteComments
from moderation.desk.site.messages import (
    AppealRequest,
    CommentReply,
    CommentRequest,
    DecisionsReply,
    FlagRequest,
    comment_reply,
)
from moderation.desk.types import Submission
from moderation.errors import InvalidInput
from moderation.service.api_keys import Scope
from moderation.service.auth import guarded
from moderation.service.engine import judge_of, moderator_of
from moderation.service.messages import (
    KEYS,
    UNPARSED,
    Message,
    error_replies,
    json_request,
    schema_of,
)
from moderation.service.native.messages import SOURCE
from moderation.service.request import json_response, read_message
from moderation.settings import Settings
from moderation.text.validate import check_text

COMMENT = "/v1/comments/{source}/{id:path}"
MAX_DECISIONS = 1_000
DECISIONS = 100
MAX_SEQUENCE = 10**18 - 1
MAX_DIGITS = 18
MAX_ID = 2_000
RESERVED = frozenset({"upload", "batch"})
"""Sources whose comments may come again as a whole: a site's name is none of them."""
SOURCE_PARAMETER = {
    "name": "source",
    "in": "path",
    "required": True,
    "description": "The site's name for itself.",
    "schema": {"type": "string", "pattern": SOURCE},
}
ID_PARAMETER = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The site's id of the comment.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_ID},
}


@guarded(Scope.DESK)
async def put_comment(request: Request) -> Response:
    """Create or edit a comment.

    The same text again changes nothing; another text is an edit: a new revision, which is judged,
    and queued where the policy does not allow it. Where a person has decided on this very text, the
    verdict's action follows that decision.
    """
    moderator_of(request)
    source, external_id = _named(request)
    message = await read_message(request, CommentRequest.read)
    (verdict,) = await judge_of(request).judge([message.text])
    submission = Submission(
        message.text,
        verdict,
        source,
        external_id=external_id,
        page=message.url,
        title=message.title,
        author=message.author,
        parent=message.parent,
        article=message.article,
        community=message.community,
        time=message.published,
        of_site=True,
        replies=message.replies or 0,
    )
    return await _comment(partial(_comments(request).put, submission))


@guarded(Scope.DESK)
async def get_comment(request: Request) -> Response:
    """Show a comment: its state, its verdict, the decision on it, its revisions."""
    return await _comment(partial(_comments(request).get, *_named(request)))


@guarded(Scope.DESK)
async def withdraw_comment(request: Request) -> Response:
    """Withdraw a comment: it leaves every queue, and its text is erased."""
    return await _comment(partial(_comments(request).withdraw, *_named(request)))


@guarded(Scope.DESK)
async def flag_comment(request: Request) -> Response:
    """Count a reader's flag; each reader counts once.

    A comment that is published, by the policy or a moderator, comes to the queue *Flagged*.
    """
    source, external_id = _named(request)
    message = await read_message(request, FlagRequest.read)
    flag = partial(_comments(request).flag, source, external_id, message.by, message.reason)
    return await _comment(flag)


@guarded(Scope.DESK)
async def appeal_comment(request: Request) -> Response:
    """Appeal against a rejection: a moderator who did not make it decides once more.

    The rejection stands until then. One appeal of a comment can wait at a time.
    """
    source, external_id = _named(request)
    message = await read_message(request, AppealRequest.read)
    appeal = partial(_comments(request).appeal, source, external_id, message.statement)
    return await _comment(appeal)


@guarded(Scope.DESK)
async def list_decisions(request: Request) -> Response:
    """List decisions that were made or undone, oldest first.

    Begin without `after`, and go on with each reply's `next`: no decision is skipped, and none is
    repeated, also of those that are made meanwhile. An undone decision is an event of its own.
    """
    query = request.query_params
    after = _number(query.get("after"), "after", 0, MAX_SEQUENCE, 0)
    limit = _number(query.get("limit"), "limit", 1, MAX_DECISIONS, DECISIONS)
    events: Events = request.app.state.site_events
    found = await asyncio.to_thread(events.after, after, limit, query.get("source") or None)
    last = found[-1].sequence if found else after
    return json_response({"decisions": [event.to_dict() for event in found], "next": str(last)})


def install(app: FastAPI, comments: SiteComments, events: Events) -> None:
    """Add the routes to the service."""
    app.state.sites, app.state.site_events = comments, events
    settings: Settings = app.state.settings
    router = APIRouter(tags=["sites"])
    absent = HTTPStatus.NOT_FOUND
    # The longer paths first: an id may have slashes.
    for path, route, message, summary in (
        (f"{COMMENT}/flags", flag_comment, FlagRequest, "Flag a comment"),
        (f"{COMMENT}/appeals", appeal_comment, AppealRequest, "Appeal against a rejection"),
    ):
        router.add_api_route(
            path,
            route,
            methods=["POST"],
            summary=summary,
            response_model=CommentReply,
            responses=error_replies(
                *UNPARSED,
                *KEYS,
                absent,
                *([HTTPStatus.CONFLICT] if route is appeal_comment else []),
                HTTPStatus.SERVICE_UNAVAILABLE,
            ),
            openapi_extra=_comment_extra(message, settings),
        )
    for method, route, summary in (
        ("PUT", put_comment, "Create or edit a comment"),
        ("GET", get_comment, "Show a comment"),
        ("DELETE", withdraw_comment, "Withdraw a comment"),
    ):
        is_put = method == "PUT"
        refusals = UNPARSED if is_put else (absent, HTTPStatus.UNPROCESSABLE_ENTITY)
        router.add_api_route(
            COMMENT,
            route,
            methods=[method],
            summary=summary,
            response_model=CommentReply,
            responses=error_replies(*refusals, *KEYS, HTTPStatus.SERVICE_UNAVAILABLE),
            openapi_extra=_comment_extra(CommentRequest if is_put else None, settings),
        )
    router.add_api_route(
        "/v1/decisions",
        list_decisions,
        summary="List decisions",
        response_model=DecisionsReply,
        responses=error_replies(
            *KEYS, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE
        ),
        openapi_extra={"parameters": _decision_parameters()},
    )
    app.include_router(router)


def _comment_extra(message: type[Message] | None, settings: Settings) -> dict[str, Any]:
    extra: dict[str, Any] = {"parameters": [SOURCE_PARAMETER, ID_PARAMETER]}
    if message is not None:
        extra["requestBody"] = json_request(schema_of(message, settings))
    return extra


def _decision_parameters() -> list[dict[str, Any]]:
    return [
        {
            "name": "after",
            "in": "query",
            "description": "The `next` of the reply before; from the beginning without it.",
            "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
        },
        {
            "name": "limit",
            "in": "query",
            "schema": {
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_DECISIONS,
                "default": DECISIONS,
            },
        },
        {
            "name": "source",
            "in": "query",
            "description": "Only decisions on this source's comments.",
            "schema": {"type": "string"},
        },
    ]


async def _comment(act: Callable[[], Any]) -> Response:
    return json_response(comment_reply(await asyncio.to_thread(act)))


def _named(request: Request) -> tuple[str, str]:
    """Return the source and the id in a path.

    Raises
    ------
    InvalidInput
    """
    source, external_id = request.path_params["source"], request.path_params["id"]
    if not re.match(SOURCE, source) or source in RESERVED:
        raise InvalidInput(
            "This cannot be a source.",
            where="source",
            remedy="Take a name of 1 to 100 characters for your site, other than "
            f"{' and '.join(sorted(RESERVED))}.",
        )
    if not 0 < len(external_id) <= MAX_ID:
        raise InvalidInput(f"An id has 1 to {MAX_ID} characters.", where="id")
    for name, value in (("source", source), ("id", external_id)):
        check_text(value, where=name)
    return source, external_id


def _number(written: str | None, where: str, low: int, high: int, default: int) -> int:
    if written is None:
        return default
    is_number = written.isascii() and written.isdecimal() and len(written) <= MAX_DIGITS
    if not is_number or not low <= int(written) <= high:
        raise InvalidInput(f"This must be a number from {low} to {high}.", where=where)
    return int(written)


def _comments(request: Request) -> SiteComments:
    comments: SiteComments = request.app.state.sites
    return comments
