"""Coral's endpoint: a decision by a deadline, by the model, its fast tier, or without either."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.types import Scope

from moderation.errors import ModerationError
from moderation.moderator import Moderator
from moderation.policy import CoralPolicy, Policy
from moderation.service.coral.messages import (
    EXAMPLE,
    OTHER_CODE,
    CoralDecision,
    CoralRequest,
    as_beginning,
    decide,
    decision_of,
    no_verdict,
    readings,
    submissions_of,
    unjudged,
)
from moderation.service.engine import Engine, engine_of
from moderation.service.errors import native_error_response, use_error_renderer
from moderation.service.intake import Submission, enqueue, is_wanted
from moderation.service.messages import error_replies, json_request, schema_of
from moderation.service.metrics import CORAL_FALLBACKS
from moderation.service.middleware import register, reserve_room
from moderation.service.request import json_response, parse_json, settings_of
from moderation.service.security import SIGNATURE_HEADER, check_signature, expect_signature
from moderation.settings import Settings
from moderation.verdict import Verdict

log = logging.getLogger(__name__)

PATH = "/coral/moderation"
REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
BEGINNING = 2_000
"""Characters of a comment over the limit that are judged: for more there is no time."""
NO_OPINION = HTTPStatus.NO_CONTENT
NOT_CORALS_FAULT = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.TOO_MANY_REQUESTS)
"""Errors that are the sender's fault elsewhere; here they would publish the comment."""
SIGNATURE = {
    "name": SIGNATURE_HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "`sha256=` and the body's HMAC-SHA256 in hexadecimal.",
}

MODEL_SHARE = 2 / 3
"""The whole model's part of the remaining time; the rest is the fast tier's."""
MAX_PENDING = 1_000
"""Most comments that may be under way to the desk after their answers; more are dropped."""


class Deadline:
    """The moment by which a request has to be answered.

    Parameters
    ----------
    seconds : float
        From now.
    """

    def __init__(self, seconds: float) -> None:
        self._end = asyncio.get_running_loop().time() + seconds

    @property
    def seconds_left(self) -> float:
        """Seconds until then, 0 at least."""
        return max(0.0, self._end - asyncio.get_running_loop().time())


class DeadlineJudge:
    """Judges comments and hands them to the desk within deadlines.

    The fast tier has a thread of its own here, so that it judges however many requests wait for
    the model.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="coral")
        self._pending: set[asyncio.Task[None]] = set()

    async def judge(
        self, engine: Engine, texts: Sequence[str], deadline: Deadline
    ) -> tuple[list[Verdict], bool] | None:
        """Judge texts with the model, or with its fast tier alone where that takes too long.

        Returns
        -------
        tuple of (list of Verdict, bool), or None
            The verdicts, and whether they are the fast tier's; None where nothing could judge the
            texts in time.
        """
        whole = await self._within(deadline.seconds_left * MODEL_SHARE, engine.judge(texts))
        if whole is not None:
            return whole, False
        fast = _fast_of(engine)
        if fast is None or not deadline.seconds_left:
            return None
        quick = await self._within(deadline.seconds_left, self._judge_alone(fast, texts))
        return None if quick is None else (quick, True)

    async def hand_on(self, work: Coroutine[Any, Any, None], deadline: Deadline) -> None:
        """Hand comments to the desk; work that takes longer goes on after the answer."""
        if len(self._pending) >= MAX_PENDING:
            work.close()
            log.error("a comment held for Coral was not handed on: the desk does not keep up")
            return
        task = asyncio.ensure_future(_logged(work))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)
        await asyncio.wait({task}, timeout=deadline.seconds_left)

    async def _judge_alone(self, fast: Moderator, texts: Sequence[str]) -> list[Verdict]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, fast.judge, texts)

    async def _within(
        self, seconds: float, judging: Coroutine[Any, Any, list[Verdict]]
    ) -> list[Verdict] | None:
        """Return the verdicts, None where they do not come in time or at all."""
        try:
            async with asyncio.timeout(seconds):
                return await judging
        except (TimeoutError, ModerationError):  # too many wait, or there is no model yet
            return None
        except Exception as error:  # noqa: BLE001  # whatever fails, Coral needs an answer
            # Its message may quote the comment.
            log.error("a comment of Coral's was not judged: %s", type(error).__name__)  # noqa: TRY400
            return None


def _fast_of(engine: Engine) -> Moderator | None:
    try:
        return engine.moderator.fast
    except ModerationError:
        return None


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001  # the answer stands without it
        log.error("a comment of Coral's was not handed on: %s", type(error).__name__)  # noqa: TRY400


async def moderate(request: Request) -> Response:
    """Decide on a comment, as an external moderation phase of Coral.

    A comment that the policy allows is answered 204, and Coral goes on; what the others are told
    is in the policy, `[coral]`. A comment over the limit of length is held for a person; where a
    review desk is served, the verdict that it has there is its beginning's.
    Coral publishes what is not answered in time, or with an error. So the answer comes within the
    setting `coral_deadline_ms`, whatever happens: by the fast tier alone where the model's turn
    does not come in time, and where nothing can judge, the comment is held, or let through, as the
    policy says.
    The secrets with which Coral signs are the setting `coral_secrets`.
    """
    settings = settings_of(request)
    deadline = Deadline(settings.coral_deadline_ms / 1000)
    policy = _policy(request.app)
    signature = request.headers.get(SIGNATURE_HEADER, "")
    expect_signature(signature, settings.coral_secrets)
    raw = await request.body()
    check_signature(raw, signature, settings.coral_secrets)
    body = CoralRequest.read(parse_json(raw), settings)
    comment = body.comment.body or ""
    if len(comment) > settings.max_text_chars:
        if is_wanted(request):
            await _hand_on_long(request, body, comment, deadline)
        return json_response(decision_of(policy.review, OTHER_CODE))
    texts = readings(comment, policy.body)
    if not texts:
        return _response(None)
    verdicts = await _verdicts(request, texts, deadline)
    if verdicts is None:
        return await _unjudged(request, body, texts, deadline)
    await _hand_on(request, submissions_of(body, texts, verdicts), deadline)
    return _response(decide(verdicts, policy))


async def _verdicts(request: Request, texts: list[str], deadline: Deadline) -> list[Verdict] | None:
    """Return the verdicts of the model or of its fast tier, None where none come in time."""
    result = await _deadline_judge(request).judge(engine_of(request), texts, deadline)
    if result is None:
        return None
    verdicts, by_fast_tier = result
    if by_fast_tier:
        CORAL_FALLBACKS.labels("fast").inc()
        request.app.state.metrics.count_verdicts(verdicts)
    return verdicts


async def _unjudged(
    request: Request, body: CoralRequest, texts: list[str], deadline: Deadline
) -> Response:
    """Return the answer for a comment that nothing could judge, and hand it on where it is held."""
    decision = _count_unjudged(request.app)
    if decision is not None:
        verdicts = [no_verdict() for _ in texts]
        await _hand_on(request, submissions_of(body, texts, verdicts), deadline)
    return _response(decision)


async def _hand_on_long(
    request: Request, body: CoralRequest, comment: str, deadline: Deadline
) -> None:
    """Hand on a comment that is too long, with the verdict on its beginning."""
    limit, form = settings_of(request).max_text_chars, _policy(request.app).body
    for whole in readings(comment.strip(), "text"):
        beginning = whole[: min(limit, BEGINNING)]
        texts = readings(beginning, form) or [beginning]
        verdicts = await _verdicts(request, texts, deadline) or [no_verdict() for _ in texts]
        read = submissions_of(body, texts, verdicts)
        await _hand_on(request, [as_beginning(comment, whole) for comment in read], deadline)


async def _hand_on(request: Request, comments: list[Submission], deadline: Deadline) -> None:
    if comments and is_wanted(request):
        await _deadline_judge(request).hand_on(enqueue(request, comments), deadline)


def _response(decision: dict[str, Any] | None) -> Response:
    return Response(status_code=NO_OPINION) if decision is None else json_response(decision)


def _count_unjudged(app: FastAPI) -> dict[str, Any] | None:
    decision = unjudged(_policy(app))
    CORAL_FALLBACKS.labels("allowed" if decision is None else "held").inc()
    return decision


def _deadline_judge(request: Request) -> DeadlineJudge:
    judge: DeadlineJudge = request.app.state.coral_judge
    return judge


def _policy(app: FastAPI) -> CoralPolicy:
    """Return the policy in use; before there is a model, the one in the settings."""
    try:
        policy: CoralPolicy = app.state.engine.moderator.policy.coral
    except ModerationError:
        policy = app.state.coral_policy
    return policy


def _render_error(error: ModerationError, scope: Scope) -> Response:
    """Return the response to an error; one that is not in the request's form leaves it unjudged."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.status in NOT_CORALS_FAULT:
        return _response(_count_unjudged(scope["app"]))
    return native_error_response(error)


def install(app: FastAPI, settings: Settings) -> None:
    """Add the protocol to the service."""
    app.state.coral_judge = DeadlineJudge()
    try:
        app.state.coral_policy = Policy.load(settings.policy).coral
    except ModerationError:  # reported when the model is loaded with it
        app.state.coral_policy = CoralPolicy()
    router = APIRouter(tags=["Coral"])
    router.add_api_route(
        PATH,
        moderate,
        methods=["POST"],
        summary="Decide on a comment for Coral",
        response_model=CoralDecision,
        responses={
            NO_OPINION.value: {"description": "No opinion: the policy allows the comment"},
            **error_replies(*REFUSALS),
        },
        openapi_extra={
            "parameters": [SIGNATURE],
            "requestBody": json_request(schema_of(CoralRequest, settings), example=EXAMPLE),
        },
    )
    app.include_router(router)
    register(app, PATH, moderate, may_refuse=False)
    reserve_room(app, PATH)
    use_error_renderer(app, PATH, _render_error)
