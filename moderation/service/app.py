"""The service as an ASGI application, built from its settings; and its pages for people.

The pages are one to try the judge, and one that shows the OpenAPI document.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from joblib import cpu_count
from starlette.middleware.cors import CORSMiddleware

from moderation import __version__
from moderation.errors import NotReady
from moderation.moderator import Moderator
from moderation.service import auth, errors, openai
from moderation.service.akismet import routes as akismet
from moderation.service.batching import Batches
from moderation.service.coral import routes as coral
from moderation.service.engine import Engine, Engines, id_of, moderator_of, threads_of
from moderation.service.logs import AccessLog
from moderation.service.metrics import Metrics, operation
from moderation.service.middleware import Admission, BodyLimit, Exchange, OwnSite, Shortcut
from moderation.service.native import routes as native
from moderation.service.perspective import routes as perspective
from moderation.service.process import Memory, reloading, tick
from moderation.service.rate_limit import RateTable
from moderation.service.request import settings_of
from moderation.service.security import Hosts
from moderation.service.storage import Storage
from moderation.settings import Settings, read_settings
from moderation.taxonomy import ATTRIBUTES, OTHERWISE, Label
from moderation.verdict import Action

HERE = Path(__file__).parent
TITLES = {attribute.name: attribute.title for attribute in ATTRIBUTES}
LABELS = {label.value: TITLES.get(label.value, label.value.capitalize()) for label in Label}
MEANINGS = {attribute.name: attribute.meaning for attribute in ATTRIBUTES} | {
    OTHERWISE.value: "A reader’s comment within the rules, angry or not."
}
ACTIONS = {
    Action.ALLOW: "The policy allows it.",
    Action.REVIEW: "The policy sends it for review.",
    Action.BLOCK: "The policy blocks it.",
}
EXAMPLES = {
    "A civil comment": "I disagree with the new parking rules, and I would like the council "
    "to explain how they were drawn up.",
    "A news lead": "The district council voted on Tuesday to repair the north bridge, which "
    "has been closed since the March floods, officials said.",
    "An invented hostile comment": "The market was pleasant on Sunday. Those people from over "
    "the hill are vermin 🐀, and all of them should be driven out of our valley.",
}
SAMPLE = "The council meets on Tuesday."

templates = Jinja2Templates(directory=HERE / "templates")
templates.env.filters["pretty"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
templates.env.filters["compact"] = json.dumps
pages = APIRouter(include_in_schema=False)


def add_pages(app: FastAPI) -> None:
    """Add the pages, and the files they need, to the service."""
    app.include_router(pages)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")


@pages.get("/")
def first_page(request: Request) -> Response:
    """Show the page on which a person tries the judge."""
    try:
        model = moderator_of(request).model.id
    except NotReady:
        model = ""
    context = {
        "attributes": ATTRIBUTES,
        "labels": LABELS,
        "meanings": MEANINGS,
        "actions": ACTIONS,
        "examples": EXAMPLES,
        "model": model,
        "limit": settings_of(request).max_text_chars,
        "keys": settings_of(request).asks_for_keys,
        "version": __version__,
    }
    return templates.TemplateResponse(request, "first.html", context)


@pages.get("/docs")
def documentation(request: Request) -> Response:
    """Show the service's OpenAPI document as a page."""
    document: dict[str, Any] = request.app.openapi()
    base = str(request.base_url).rstrip("/")
    context = {"api": document, "base": base, "sample": {"text": SAMPLE}}
    return templates.TemplateResponse(request, "docs.html", context)


CORS_HEADERS = ("Retry-After", "X-Request-Id", perspective.UNJUDGED_HEADER)
"""The headers of a reply that a page of another site may read, besides the usual ones."""
LOAD_SECONDS = 600
"""Longest time that one of several processes waits for its model before it takes requests."""


def add_middleware(app: FastAPI, settings: Settings, batches: Batches) -> None:
    """Add what every request passes, the innermost first."""
    app.add_middleware(Shortcut, batches=batches)
    app.add_middleware(Admission, limit=settings.max_concurrency)
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes)
    if not settings.asks_for_keys:
        app.add_middleware(OwnSite, hosts=app.state.hosts, origins=settings.cors_origins)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("*",),
            expose_headers=CORS_HEADERS,
        )
    app.add_middleware(Exchange, metrics=app.state.metrics, access_log=app.state.access_log)


def create_app(
    settings: Settings | None = None,
    load: Callable[[], Moderator] | None = None,
    table: RateTable | None = None,
    rooms: Iterable[Callable[[FastAPI], None]] = (),
    given_up: Callable[[], None] | None = None,
) -> FastAPI:
    """Build the service.

    Parameters
    ----------
    settings : Settings, optional
        Read from the environment and the settings file when not given.
    load : callable, optional
        Returns the moderator; loads the settings' model and policy when not given. It runs in the
        background from the moment the service starts.
    table : RateTable, optional
        The rate limits' table, which the serving processes share; one of this process alone when
        not given.
    rooms : iterable of callable
        Each adds a part that stands above the service to the application, as the review desk does.
    given_up : callable, optional
        Called, from another thread, when the moderator could not be loaded in all tries.

    Raises
    ------
    InvalidSettings
        If no settings are given and those in the environment are wrong.
    """
    chosen = settings or read_settings()
    # Two at least, so that one slow text does not hold up all others.
    threads = max(2, cpu_count() // chosen.workers)
    metrics = Metrics(lambda: (engine.model_id, engine.waiting, app.state.in_hand))
    batches = Batches(
        threads,
        max_texts=chosen.batch_texts,
        linger=chosen.batch_wait_ms / 1000,
        max_wait=chosen.max_wait_ms / 1000,
    )
    load_one = partial(
        Moderator.load,
        policy=chosen.policy,
        threads=threads_of(chosen),
        languages=chosen.languages,
    )
    make_engine = partial(Engine, threads=threads, batches=batches, judged=metrics.count_verdicts)
    engine = make_engine(load or partial(load_one, chosen.model), given_up=given_up)
    others = {id_of(entry): make_engine(partial(load_one, entry)) for entry in chosen.models}

    memory = Memory()

    def give_memory_back() -> None:
        memory.look(idle=app.state.in_hand == 0)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        engine.start()
        if chosen.workers > 1:
            # The others serve meanwhile: this one takes requests when it can answer them.
            await asyncio.to_thread(engine.settle, LOAD_SECONDS)
        with reloading(engine.reload, app.state.engines.reload):
            acts = (metrics.refresh, app.state.access_log.flush, give_memory_back)
            ticking = asyncio.create_task(tick(*acts))
            yield
            ticking.cancel()
        engine.stop()
        await asyncio.to_thread(app.state.storage.close)

    app = FastAPI(
        title="Moderation",
        summary="Tells news text from civil, inflammatory and ethnically hostile comments.",
        version=__version__,
        lifespan=lifespan,
        # FastAPI's own pages load scripts from another host; `documentation` does not.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # No OpenTelemetry: to ask at each request whether it is wanted took FastAPI a tenth of the
        # time. Versions without telemetry ignore this.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.engine = engine
    app.state.engines = Engines(engine, chosen.model, others)
    app.state.settings = chosen
    app.state.in_hand = 0
    app.state.hosts = Hosts.of(chosen)
    app.state.short_routes = {}
    app.state.reserved_paths = set()
    app.state.intake = app.state.sites = None
    app.state.access_log = AccessLog(chosen)
    app.state.metrics = metrics
    app.state.storage = Storage(chosen)
    auth.install(app, chosen, table)
    add_middleware(app, chosen, batches)
    errors.install(app)
    native.install(app, chosen)
    app.include_router(operation)
    for protocol in (perspective, openai, coral, akismet):
        protocol.install(app, chosen)
    add_pages(app)
    for install in rooms:
        install(app)
    return app
