"""The endpoints of Perspective's protocol: its two methods and their discovery document."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any

import pyjson5
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from moderation.models.base import LANGUAGES
from moderation.service.api_keys import Scope
from moderation.service.auth import guarded
from moderation.service.corrections import keep
from moderation.service.engine import judge_of, moderator_of
from moderation.service.errors import NotFound, use_error_renderer
from moderation.service.intake import Correction, Submission, enqueue
from moderation.service.middleware import register
from moderation.service.perspective.attributes import find_attribute
from moderation.service.perspective.batch import BATCH_PATH, Batch
from moderation.service.perspective.discovery import (
    DISCOVERY,
    VERSION,
    analyze_route,
    discovery_document,
    suggest_route,
)
from moderation.service.perspective.errors import invalid_request, render_error
from moderation.service.perspective.messages import (
    AnalyzeCommentRequest,
    Context,
    SuggestCommentScoreRequest,
    SuggestedScores,
)
from moderation.service.perspective.replies import (
    Languages,
    Rendering,
    acknowledgement,
    analysis,
    find_languages,
)
from moderation.service.perspective.spans import (
    ScoredPart,
    find_sentences,
    from_utf16,
    scored_parts,
)
from moderation.service.process import repeat
from moderation.service.request import NotJSON, parse_json, read_message, settings_of
from moderation.service.storage import StoredCorrections
from moderation.settings import Settings
from moderation.taxonomy import BY_PERSPECTIVE_NAME
from moderation.text.document import Document
from moderation.text.language import detector_loaded, load_detector
from moderation.verdict import Span, Verdict

log = logging.getLogger(__name__)

TAKE_IN_SECONDS = 1.0
"""Time between two tries to take in corrections that wait for the database."""
PREFIX = f"/{VERSION}"
DISCOVERY_PATH = "/$discovery/rest"
METHODS = ("comments:analyze", "comments:suggestscore")
UNJUDGED_HEADER = "X-Unjudged-Attributes"
"""The header of a reply that names the requested attributes that are left out of it."""
MAX_NAMED = 50
"""Most attributes that it names."""
SOURCE = "perspective"
EXPERIMENTAL = "_EXPERIMENTAL"
"""The end of upstream's names for attributes on trial."""


@guarded(Scope.SCORE)
async def analyze(request: Request) -> Response:
    """Score a comment for the attributes that are requested, as Perspective's `analyze` does.

    Besides Perspective's names, `ETHNIC_HOSTILITY` and `NEWS` can be requested. Attributes that
    upstream had and that are not judged here are left out of the reply, and named in its header
    `X-Unjudged-Attributes`. Where a review desk is served, a comment that the policy does not allow
    is kept there, unless `doNotStore` is true. The query parameter `fields` selects parts of the
    reply.
    """
    supported = moderator_of(request).languages
    rendering = Rendering(request)
    message = await read_message(request, AnalyzeCommentRequest.read, parse_nearly_json)
    judged, unjudged = judged_names(message.requested_attributes)
    text = Document(message.comment.text)
    languages = await _languages(text, message.languages, supported)
    if languages.unsupported:
        if not message.drop_unsupported_attributes:
            raise languages.refusal(next(iter(message.requested_attributes)))
        judged = {}
    parts = await _judge(request, message, text, languages) if judged else []
    response = rendering.write(analysis(message, languages, judged, parts))
    if unjudged:
        response.headers[UNJUDGED_HEADER] = ", ".join(unjudged[:MAX_NAMED])
    return response


async def _judge(
    request: Request, message: AnalyzeCommentRequest, text: Document, languages: Languages
) -> list[ScoredPart]:
    """Return the whole comment and the sentences that are asked for, judged."""
    sentences: list[tuple[int, int]] = []
    if message.span_annotations:
        sentences = await asyncio.to_thread(find_sentences, text)
    texts = [
        languages.document(text),
        *(languages.part(text[begin:end]) for begin, end in sentences),
    ]
    verdicts = await judge_of(request).judge(texts, counted=1)
    if not message.do_not_store:
        await enqueue(request, [submission_of(message, verdicts[0])])
    return scored_parts(text, sentences, verdicts)


@guarded(Scope.SUGGEST)
async def suggest_score(request: Request) -> Response:
    """Say what a comment's scores should have been, as Perspective's `suggestscore` does.

    The suggestion is stored as a correction, which waits at the review desk, unless it says
    `doNotStore`, or the request has the header `X-Do-Not-Store: 1`.
    """
    rendering, settings = Rendering(request), settings_of(request)
    message = await read_message(request, SuggestCommentScoreRequest.read, parse_nearly_json)
    supported = settings.languages or LANGUAGES
    text = Document(message.comment.text)
    languages = await _languages(text, message.languages, supported)
    correction = correction_of(message)
    if not message.do_not_store:
        await keep(request, correction, languages.document(text), partial(submission_of, message))
    return rendering.write(acknowledgement(message, languages))


async def batch(request: Request) -> Response:
    """Answer several requests that are sent as one; each part is authorised by itself."""
    return await Batch(request, [f"{PREFIX}/{method}" for method in METHODS]).answer()


async def options(request: Request) -> Response:
    """Name the methods of HTTP that a path takes."""
    allowed = "GET, HEAD" if request.url.path.endswith(DISCOVERY_PATH) else "POST"
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Allow": f"{allowed}, OPTIONS"})


async def discovery(request: Request, version: str = VERSION) -> dict[str, Any]:
    """Describe both methods in Google's discovery format, at this service's own address."""
    if version != VERSION:
        raise NotFound("The requested version was not found.", remedy=f"Ask for {VERSION}.")
    root = str(request.base_url)
    return {**discovery_document(), "rootUrl": root, "baseUrl": root}


def install(app: FastAPI, settings: Settings) -> None:
    """Let the application speak the protocol."""
    app.state.corrections = StoredCorrections(app.state.storage, settings)
    methods = APIRouter(prefix=PREFIX, tags=["perspective"], lifespan=_lifespan)
    methods.add_api_route("/comments:analyze", analyze, methods=["POST"], **analyze_route(settings))
    methods.add_api_route(
        "/comments:suggestscore", suggest_score, methods=["POST"], **suggest_route(settings)
    )
    root = APIRouter(tags=["perspective"])
    root.add_api_route(
        DISCOVERY_PATH, discovery, summary="Describe Perspective's methods", responses=DISCOVERY
    )
    unlisted: list[tuple[str, Any, list[str]]] = [
        (BATCH_PATH, batch, ["POST"]),
        (DISCOVERY_PATH, discovery, ["HEAD"]),
        (f"{PREFIX}{DISCOVERY_PATH}", discovery, ["GET", "HEAD"]),
        *((f"{PREFIX}/{method}", options, ["OPTIONS"]) for method in METHODS),
        *(
            (path, options, ["OPTIONS"])
            for path in (BATCH_PATH, DISCOVERY_PATH, f"{PREFIX}{DISCOVERY_PATH}")
        ),
    ]
    for path, route, verbs in unlisted:
        root.add_api_route(path, route, methods=verbs, include_in_schema=False)
    app.include_router(methods)
    register(app, f"{PREFIX}/comments:analyze", analyze)
    app.include_router(root)
    for prefix in (PREFIX, DISCOVERY_PATH, BATCH_PATH):
        use_error_renderer(app, prefix, render_error)


def parse_nearly_json(raw: bytes) -> Any:
    """Return strict JSON as built-in values, else what is nearly JSON, as upstream took it.

    Names without quotation marks, single ones and a comma too many are read as in JSON5, which
    Google's own quickstart sends.

    Raises
    ------
    MalformedJSON
        If it is neither; no error quotes any of it.
    """
    try:
        return parse_json(raw)
    except NotJSON as error:
        try:
            return pyjson5.decode_utf8(raw)
        except (pyjson5.Json5DecoderException, UnicodeError):
            # The other error is dropped: it holds a part of the body.
            raise error from None


def judged_names(requested: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Return the names that are answered, each with our attribute; and those of upstream left out.

    A name that upstream never had is in neither.
    """
    judged, unjudged = dict[str, str](), list[str]()
    for name in requested:
        attribute = find_attribute(name)
        if attribute is None:
            continue
        if attribute.judged_by:
            judged[name] = attribute.judged_by
        else:
            unjudged.append(name)
    return judged, unjudged


def submission_of(
    message: AnalyzeCommentRequest | SuggestCommentScoreRequest, verdict: Verdict
) -> Submission:
    """Return a comment with its verdict and the context in its request."""
    article, parent = _article_and_parent(message.context)
    return Submission(
        message.comment.text,
        verdict,
        SOURCE,
        external_id=message.client_token,
        community=message.community_id,
        article=article,
        parent=parent,
    )


def _article_and_parent(context: Context | None) -> tuple[str | None, str | None]:
    """Return the article and the parent comment, as far as a context distinguishes them.

    Plain entries are in the order of a conversation: the last is the comment that was answered.
    """
    if context is None:
        return None, None
    if both := context.article_and_parent_comment:
        article, parent = both.article, both.parent_comment
    else:
        article, parent = None, context.entries[-1] if context.entries else None
    return article.text if article else None, parent.text if parent else None


def correction_of(request: SuggestCommentScoreRequest) -> Correction:
    """Return a suggestion as a correction for the labelled set.

    Raises
    ------
    PerspectiveError
        If a span is not one of the text.
    """
    # Where a name and its experimental form are both given, the plain one comes last and holds.
    suggested = [
        (BY_PERSPECTIVE_NAME[name].name, scores)
        for name, scores in sorted(request.attribute_scores.items(), key=_plain_last)
    ]
    text = request.comment.text
    return Correction(
        text=text,
        scores={
            name: attribute.summary_score.value
            for name, attribute in suggested
            if attribute.summary_score
        },
        source=SOURCE,
        spans=tuple(
            span for name, attribute in suggested for span in _spans(text, name, attribute)
        ),
        languages=tuple(request.languages),
        community=request.community_id,
        client_token=request.client_token,
        session=request.session_id,
    )


def _plain_last(item: tuple[str, SuggestedScores]) -> bool:
    return not item[0].endswith(EXPERIMENTAL)


def _spans(text: str, attribute: str, scores: SuggestedScores) -> list[Span]:
    spans = []
    for scored in scores.span_scores:
        offsets = from_utf16(text, (scored.begin, scored.end))
        if offsets is None or scored.begin >= scored.end:
            raise invalid_request("A span's begin and end must be offsets of the text in UTF-16")
        spans.append(Span(offsets[0], offsets[1], attribute, scored.score.value))
    return spans


async def _languages(text: str, requested: Sequence[str], supported: Sequence[str]) -> Languages:
    if not detector_loaded():
        await asyncio.to_thread(load_detector)
    return find_languages(text, requested, supported)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # Starts with the service, so that the first request hardly waits for it.
    threading.Thread(target=load_detector, name="load languages", daemon=True).start()
    corrections = app.state.corrections
    if not isinstance(corrections, StoredCorrections):
        yield  # the desk takes in its own
        return
    taking_in = partial(asyncio.to_thread, corrections.take_in)
    task = asyncio.create_task(
        repeat(taking_in, TAKE_IN_SECONDS, log, "corrections that wait cannot be taken in")
    )
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.to_thread(corrections.close)
