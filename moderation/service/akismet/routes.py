"""Akismet's endpoints: is a comment to be held, what do moderators say of one, is a key good.

Their answers are single words or sentences in plain text, on which clients match.
"""

import uuid
from email.message import Message as Headers
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.types import Scope as ASGIScope

from moderation.errors import ModerationError
from moderation.service.akismet.messages import (
    ALWAYS_HELD,
    FORM_TYPE,
    AkismetForm,
    comment_in,
    correction_of,
    early_key,
    key_in,
    submission_of,
)
from moderation.service.api_keys import Scope
from moderation.service.auth import Access
from moderation.service.coral.messages import as_beginning, readings
from moderation.service.corrections import keep
from moderation.service.engine import judge_of, moderator_of
from moderation.service.errors import (
    Forbidden,
    Unauthorised,
    UnsupportedMediaType,
    use_error_renderer,
)
from moderation.service.intake import Submission, enqueue
from moderation.service.messages import schema_of
from moderation.service.middleware import register
from moderation.service.request import settings_of
from moderation.settings import Settings
from moderation.verdict import Action

PREFIX = "/1.1"
HOLD, ALLOW = "true", "false"
VALID, INVALID = "valid", "invalid"
THANKS = "Thanks for making the web a better place."
"""The answer to every submission; clients take any other for a failure."""
DEBUG_HELP = "X-akismet-debug-help"
"""The header that says why an answer is none of those that a client expects."""
GUID = "X-akismet-guid"
"""The header with an id of the answer, without which WordPress heeds no ``true``."""
PRO_TIP, DISCARD = "X-akismet-pro-tip", "discard"
"""The header, and its value, at which a site may drop a comment that nobody has seen."""
SEND_KEY = "Send it as the field `api_key`, as the first part of the host's name, or as a header."
REFUSALS = (
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


async def comment_check(request: Request) -> Response:
    """Say whether a comment is to be held, as Akismet's `comment-check` does.

    `true` where the policy's action is not `allow`: the site keeps the comment from readers until
    somebody has looked at it. A comment over the limit of length is `true` by its length. `false`
    for the others, for one without a text, and for every comment of a site's administrator. The
    header `X-akismet-pro-tip: discard` is sent for a blocked comment only, and only where the
    policy says so (`[akismet] discard`).
    """
    policy = moderator_of(request).policy.akismet
    form = await _admitted(request, Scope.SCORE)
    if form.is_administrators:
        return _answer(ALLOW)
    if form.comment_author in ALWAYS_HELD:
        return _answer(HOLD)
    limit, whole = settings_of(request).max_text_chars, form.text
    texts = readings(whole[:limit], "either")
    if not texts:
        return _answer(HOLD if len(whole) > limit else ALLOW)
    verdicts = await judge_of(request).judge(texts)
    comment = submission_of(form, texts, verdicts)
    if len(whole) > limit:
        comment = as_beginning(comment, whole)
    if form.may_store:
        await enqueue(request, [comment])
    return _answer_about(comment, discard=policy.discard)


async def submit_spam(request: Request) -> Response:
    """Take a comment that a moderator calls spam, as Akismet's `submit-spam` does.

    It is stored as a correction, toxicity 1, which waits at the review desk. Nothing is stored
    where the form says `is_test`, or the request has the header `X-Do-Not-Store: 1`.
    """
    return await _submit(request, spam=True)


async def submit_ham(request: Request) -> Response:
    """Take a comment that a moderator calls no spam, as Akismet's `submit-ham` does.

    It is stored as a correction, toxicity 0, which waits at the review desk. Nothing is stored
    where the form says `is_test`, or the request has the header `X-Do-Not-Store: 1`.
    """
    return await _submit(request, spam=False)


async def verify_key(request: Request) -> Response:
    """Say whether a key is good for `comment-check`, as Akismet's `verify-key` does."""
    raw = await _form(request) or b""
    key = key_in(raw, "key") or key_in(raw, "api_key") or early_key(request)
    await _admit(request, Scope.SCORE, key)
    return PlainTextResponse(VALID)


async def _submit(request: Request, *, spam: bool) -> Response:
    form = await _admitted(request, Scope.SUGGEST)
    correction = correction_of(form, settings_of(request), spam=spam)
    if correction is not None and form.may_store:
        comment_of = partial(comment_in, form, correction.text)
        await keep(request, correction, correction.text, comment_of)
    return PlainTextResponse(THANKS)


async def _admitted(request: Request, scope: Scope) -> AkismetForm:
    """Let a request pass by its key, and return its form.

    A key that stands outside the form is looked at before the form is awaited, and one in it before
    the rest of the form is read.
    """
    key = early_key(request)
    if key:
        await _admit(request, scope, key)
    raw = await _form(request)
    if not key:
        await _admit(request, scope, key_in(raw or b"", "api_key"))
    if raw is None:
        raise UnsupportedMediaType(
            "The body is not said to be a form, uncompressed.",
            where="headers",
            remedy=f"Send a form with the header Content-Type: {FORM_TYPE}.",
        )
    return AkismetForm.parse(raw, request.headers["content-type"], settings_of(request))


async def _admit(request: Request, scope: Scope, key: str) -> None:
    access: Access = request.app.state.access
    await access.look()
    access.admit(request, scope, key)


async def _form(request: Request) -> bytes | None:
    """Return a request's body if it is said to be a form, else None."""
    headers = Headers()
    headers["Content-Type"] = request.headers.get("content-type", "text/plain")
    encoding = request.headers.get("content-encoding", "identity")
    if headers.get_content_type() != FORM_TYPE or encoding.lower() != "identity":
        return None
    return await request.body()


def _answer_about(comment: Submission, *, discard: bool) -> Response:
    action = comment.verdict.action
    reply = _answer(ALLOW if action is Action.ALLOW else HOLD)
    if discard and action is Action.BLOCK:
        reply.headers[PRO_TIP] = DISCARD
    return reply


def _answer(word: str) -> Response:
    return PlainTextResponse(word, headers={GUID: uuid.uuid4().hex})


def render_error(error: ModerationError, _: ASGIScope) -> Response:
    """Return the response to an error of any part of the service, in plain text.

    A key that is not good is no error here: the answer is ``invalid``, and the header says why.
    """
    is_about_key = isinstance(error, Unauthorised | Forbidden)
    remedy = SEND_KEY if isinstance(error, Unauthorised) else error.remedy
    return PlainTextResponse(
        INVALID if is_about_key else error.message,
        status_code=HTTPStatus.OK if is_about_key else error.status,
        headers={DEBUG_HELP: f"{error.message} {remedy}".strip()},
    )


def install(app: FastAPI, settings: Settings) -> None:
    """Add the protocol to the service."""
    router = APIRouter(prefix=PREFIX, tags=["Akismet"])
    for name, endpoint, summary, answers in (
        ("comment-check", comment_check, "Hold a comment?", [HOLD, ALLOW, INVALID]),
        ("submit-spam", submit_spam, "Report a comment that was not held", [THANKS, INVALID]),
        ("submit-ham", submit_ham, "Report a comment that was held", [THANKS, INVALID]),
        ("verify-key", verify_key, "Verify an API key", [VALID, INVALID]),
    ):
        router.add_api_route(
            f"/{name}",
            endpoint,
            methods=["POST"],
            summary=summary,
            response_class=PlainTextResponse,
            responses={HTTPStatus.OK.value: _in_text(enum=answers), **_refusals()},
            openapi_extra={"requestBody": _form_schema(settings)},
        )
    app.include_router(router)
    register(app, f"{PREFIX}/comment-check", comment_check)
    use_error_renderer(app, PREFIX, render_error)


def _refusals() -> dict[int | str, dict[str, Any]]:
    return {int(status): {"description": status.phrase, **_in_text()} for status in REFUSALS}


def _in_text(**schema: Any) -> dict[str, Any]:
    return {"content": {"text/plain": {"schema": {"type": "string", **schema}}}}


def _form_schema(settings: Settings) -> dict[str, Any]:
    return {
        "required": True,
        "content": {
            FORM_TYPE: {
                "schema": schema_of(AkismetForm, settings),
                "example": {
                    "blog": "https://news.example",
                    "comment_content": "The council meets on Tuesday.",
                },
            }
        },
    }
