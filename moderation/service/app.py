"""The service as an object, built from its settings and tested in process."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from joblib import cpu_count

from moderation import __version__
from moderation.moderator import Moderator
from moderation.service import handlers, website
from moderation.service.engine import Engine
from moderation.service.exchange import Exchange
from moderation.service.limits import BodyLimit
from moderation.service.routes import native_routes
from moderation.settings import Settings, read_settings


def create_app(
    settings: Settings | None = None, load: Callable[[], Moderator] | None = None
) -> FastAPI:
    """Build the service.

    Parameters
    ----------
    settings : Settings, optional
        Read from the environment and the settings file when not given.
    load : callable, optional
        Returns the moderator; the settings' model and policy when not given. It runs in the
        background from the moment the service starts.

    Raises
    ------
    InvalidSettings
        If no settings are given and those in the environment are wrong.
    """
    chosen = settings or read_settings()
    engine = Engine(
        load or (lambda: Moderator.load(chosen.model, chosen.policy)),
        threads=max(1, cpu_count() // chosen.workers),
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        engine.start()
        yield
        engine.stop()

    app = FastAPI(
        title="Moderation",
        summary="Tells news text from civil, inflammatory and ethnically hostile comments.",
        version=__version__,
        lifespan=lifespan,
        # FastAPI's own pages load scripts from another host; `website` has one that does not.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.engine = engine
    app.state.settings = chosen
    app.add_middleware(BodyLimit, limit=chosen.max_body_bytes)
    app.add_middleware(Exchange)
    handlers.install(app)
    for router in native_routes(chosen):
        app.include_router(router)
    website.install(app)
    return app
