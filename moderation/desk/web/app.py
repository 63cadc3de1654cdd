"""The desk as a part of the service."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from moderation.database.erasure import finish_vacuum
from moderation.database.location import spool_path
from moderation.database.spool import Spool
from moderation.desk import Desk
from moderation.desk.decisions.thresholds import policy_path
from moderation.desk.errors import NoSuchThing
from moderation.desk.jobs.buffered import BufferedIntake
from moderation.desk.jobs.live_model import DeskLoader, Watch
from moderation.desk.jobs.retention import Keeper
from moderation.desk.web.pages import (
    account as signing,
)
from moderation.desk.web.pages import (
    admin as data,
)
from moderation.desk.web.pages import (
    admin as people,
)
from moderation.desk.web.pages import (
    comments,
    queues,
)
from moderation.desk.web.pages import (
    comments as deciding,
)
from moderation.desk.web.pages import (
    model as models,
)
from moderation.desk.web.pages import (
    model as workbench,
)
from moderation.desk.web.pages import (
    queues as bulk,
)
from moderation.desk.web.request import PREFIX, Endpoint, render_error
from moderation.errors import Unavailable
from moderation.service.app import create_app
from moderation.service.errors import use_error_renderer
from moderation.service.server import give_up, handed_down, rate_table, serve
from moderation.service.storage import open_store, opened_store
from moderation.settings import Settings

SHOWN: dict[str, Endpoint] = {
    "": queues.first,
    "/": queues.first,
    "/sign-in": signing.sign_in_page,
    "/password": signing.password_page,
    "/queues/{queue}": queues.queue,
    "/comments/{number}": comments.show,
    "/bulk": bulk.bulk_page,
    "/workbench": workbench.workbench_page,
    "/model": models.model_page,
    "/upload": data.upload_page,
    "/export/decisions.csv": data.export_csv,
    "/export/decisions.jsonl": data.export_jsonl,
    "/export/labels.jsonl": data.export_labels,
    "/users": people.users_page,
    "/keys": people.keys_page,
    "/audit": people.audit_page,
}
DONE: dict[str, Endpoint] = {
    "/sign-in": signing.sign_in,
    "/sign-out": signing.sign_out,
    "/password": signing.password,
    "/next": queues.work,
    "/comments/{number}/decide": deciding.decide,
    "/comments/{number}/skip": deciding.skip,
    "/comments/{number}/note": deciding.note,
    "/comments/{number}/erase": deciding.erase,
    "/decisions/{number}/undo": deciding.undo,
    "/bulk": bulk.bulk,
    "/bulk/{number}/undo": bulk.bulk_undo,
    "/workbench": workbench.write_policy,
    "/model/roll-back": models.roll_back,
    "/upload": data.upload,
    "/users": people.users,
    "/keys": people.keys,
}


class Files(StaticFiles):
    """Files that a browser keeps, and asks whether they have changed."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Answer with a file, or that it has not changed."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def install(desk: Desk, loader: DeskLoader | None, app: FastAPI) -> None:
    """Add the desk's pages to the service, which keeps in its database what it keeps at all."""
    app.state.desk = desk
    app.state.desk_loader = loader
    settings: Settings = app.state.settings
    folder = spool_path(settings, desk.store.engine.url)
    spool = Spool(folder, settings.desk_spool_mb << 20)
    buffered = BufferedIntake(desk, spool, settings.desk_retention_days)
    app.state.intake = app.state.corrections = buffered
    app.state.storage.use(desk.store)
    app.state.access.use(desk.keys.store)
    router = APIRouter(include_in_schema=False, lifespan=partial(_watching, desk, buffered))
    static = Files(directory=Path(__file__).parent / "static")
    app.mount(f"{PREFIX}/static", static, name="desk-static")
    for method, pages in (("GET", SHOWN), ("POST", DONE)):
        for path, endpoint in pages.items():
            router.routes.append(_route(path, endpoint, method))
    for method in ("GET", "POST"):
        router.routes.append(_route("/{rest:path}", _nothing, method))
    app.include_router(router)
    use_error_renderer(app, PREFIX, render_error)


def installer(desk: Desk, loader: DeskLoader | None = None) -> Callable[[FastAPI], None]:
    """Return `install` for one desk and what loads its live model, as `create_app` takes it."""
    return partial(install, desk, loader)


def _route(path: str, endpoint: Endpoint, method: str) -> Route:
    async def known(request: Request) -> Response:
        # The log names the route, never the path that was sent.
        request.scope["route"] = route
        return await endpoint(request)

    route = Route(f"{PREFIX}{path}", known, methods=[method], include_in_schema=False)
    return route


async def _nothing(_: Request) -> Response:
    raise NoSuchThing("There is no such page.")


@asynccontextmanager
async def _watching(desk: Desk, buffered: BufferedIntake, app: FastAPI) -> AsyncIterator[None]:
    def reload() -> None:
        app.state.engine.reload()
        app.state.engines.reload()

    policy = policy_path(app.state.settings)
    watch = await asyncio.to_thread(Watch, desk, policy, reload, app.state.desk_loader)
    keeper = Keeper(desk, app.state.settings.desk_retention_days)
    tasks = [asyncio.create_task(each.run()) for each in (watch, keeper, buffered)]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(buffered.close)


# FOLDED serving: The service with the desk in it, built in a serving process.

FACTORY = f"{__name__}:app_from_environment"


def serve_desk(settings: Settings) -> None:
    """Serve with the desk until told to stop.

    Raises
    ------
    DatabaseError
        If the database cannot be opened for a reason that does not pass.
    NotImported
        If a file of an earlier version is damaged.
    InvalidSettings
    """
    # The tables are made or brought up to date once, before several processes open them. Where the
    # database is away, comments are judged all the same, and kept for it.
    with suppress(Unavailable), opened_store(settings) as store:
        finish_vacuum(store)
    serve(settings, FACTORY)


def app_from_environment() -> FastAPI:
    """Build the service and its desk, from the settings that `serve` handed down."""
    settings = handed_down()
    desk = Desk.on(open_store(settings))
    loader = DeskLoader(settings, desk)
    return create_app(settings, loader, rate_table(), [installer(desk, loader)], give_up)
