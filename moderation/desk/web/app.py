"""The review desk inside the service: its routes, its background tasks, and `serve_desk`."""

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
from moderation.desk.decisions.events import Events
from moderation.desk.decisions.thresholds import policy_path
from moderation.desk.errors import NoSuchThing
from moderation.desk.intake.retention import Keeper
from moderation.desk.jobs.buffered import BufferedIntake
from moderation.desk.jobs.live_model import DeskLoader, Watch
from moderation.desk.jobs.uploading import UploadJob
from moderation.desk.site import coral, webhook_routes
from moderation.desk.site import routes as site
from moderation.desk.site.comments import SiteComments
from moderation.desk.site.sender import Sender
from moderation.desk.web.pages import (
    account,
    admin,
    agreement,
    comments,
    desk_settings,
    live,
    model,
    openid,
    queues,
    second_reviews,
    sections,
    uploads,
)
from moderation.desk.web.request import PREFIX, Endpoint, render_error
from moderation.errors import ModerationError, Unavailable
from moderation.extras import require
from moderation.policy import Policy
from moderation.service.app import create_app
from moderation.service.errors import use_error_renderer
from moderation.service.server import DESK, PLACES, give_up, handed_down, rate_table, serve
from moderation.service.storage import open_store, opened_store
from moderation.settings import Settings

PAGES: dict[str, Endpoint] = {
    "": queues.front_page,
    "/": queues.front_page,
    "/sign-in": account.sign_in_page,
    openid.CALLBACK: openid.callback,
    "/sign-in/kept": openid.kept,
    "/password": account.password_page,
    "/reset": account.reset_page,
    "/queues/{queue}": queues.queue_page,
    "/authors": queues.author_page,
    "/comments/{number}": comments.show,
    "/second": second_reviews.second_page,
    "/second/{number}": second_reviews.show,
    "/agreement": agreement.agreement_page,
    "/agreement/{number}": agreement.pair_page,
    "/sections": sections.sections_page,
    "/live": live.live,
    "/bulk": queues.bulk_page,
    "/workbench": model.workbench_page,
    "/model": model.model_page,
    "/settings": desk_settings.settings_page,
    "/statistics": admin.statistics_page,
    "/upload": uploads.upload_page,
    "/uploads/{number}": uploads.show,
    "/export/decisions.csv": admin.export_csv,
    "/export/decisions.jsonl": admin.export_jsonl,
    "/export/labels.jsonl": admin.export_labels,
    "/export/statistics.csv": admin.export_statistics,
    "/users": admin.users_page,
    "/keys": admin.keys_page,
    "/messages": admin.messages_page,
    "/audit": admin.audit_page,
}
"""Routes for GET."""
ACTIONS: dict[str, Endpoint] = {
    "/sign-in": account.sign_in,
    "/sign-in/openid": openid.begin,
    "/sign-in/link": openid.link,
    "/sign-out": account.sign_out,
    "/password": account.password,
    "/code": account.code,
    "/preferences": account.preferences,
    "/settings": desk_settings.save_settings,
    "/reset": account.reset,
    "/next": queues.next_comment,
    "/picked": queues.decide_picked,
    "/comments/{number}/decide": comments.decide,
    "/comments/{number}/skip": comments.skip,
    "/comments/{number}/escalate": comments.escalate,
    "/comments/{number}/note": comments.note,
    "/comments/{number}/people": comments.add_people,
    "/comments/{number}/confirm": comments.confirm,
    "/comments/{number}/dismiss": comments.dismiss,
    "/comments/{number}/erase": comments.erase,
    "/decisions/{number}/undo": comments.undo,
    "/second/next": second_reviews.next_review,
    "/second/{number}/decide": second_reviews.decide,
    "/second/{number}/skip": second_reviews.skip,
    "/second/{number}/undo": second_reviews.undo,
    "/agreement": agreement.set_share,
    "/agreement/{number}/settle": agreement.settle,
    "/agreement/{number}/decide": agreement.settle_anew,
    "/sections": sections.change_sections,
    "/queues/sections": queues.choose_sections,
    "/bulk": queues.bulk,
    "/bulk/{number}/undo": queues.bulk_undo,
    "/workbench": model.write_policy,
    "/model/roll-back": model.roll_back,
    "/model/train": model.train,
    "/upload": uploads.upload,
    "/uploads/{number}/cancel": uploads.cancel,
    "/users": admin.users,
    "/keys": admin.keys,
    "/messages": admin.messages,
}
"""Routes for POST."""
FACTORY = f"{__name__}:app_from_environment"
"""The function by which each serving process builds its application."""


def serve_desk(settings: Settings) -> None:
    """Serve the API and the desk until told to stop.

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
    serve(settings, FACTORY, {**PLACES, DESK: PREFIX})


def app_from_environment() -> FastAPI:
    """Build the service and its desk in a serving process, from the settings it was given."""
    settings = handed_down()
    desk = Desk.on(open_store(settings))
    loader = DeskLoader(settings, desk)
    return create_app(settings, loader, rate_table(), [installer(desk, loader)], give_up)


def installer(desk: Desk, loader: DeskLoader | None = None) -> Callable[[FastAPI], None]:
    """Return `install` for a desk and the loader of its live model, as `create_app` takes it."""
    return partial(install, desk, loader)


def install(desk: Desk, loader: DeskLoader | None, app: FastAPI) -> None:
    """Add the desk's pages to the service, and let the service use the desk's database."""
    app.state.desk = desk
    app.state.desk_loader = loader
    settings: Settings = app.state.settings
    app.state.openid = _provider_of(settings)
    folder = spool_path(settings, desk.store.engine.url)
    spool = Spool(folder, settings.desk_spool_mb << 20)
    buffered = BufferedIntake(desk, spool, settings.desk_retention_days)
    app.state.intake = app.state.corrections = buffered
    app.state.storage.use(desk.store)
    app.state.access.use(desk.keys.store)
    events = Events(desk.store, names=settings.moderator_names)
    comments_of_sites = SiteComments(desk.store, events)
    site.install(app, comments_of_sites, events)
    webhook_routes.install(app, desk.webhooks)
    bridge = coral.bridge_of(app, desk, comments_of_sites)
    sender = Sender(
        desk.store,
        desk.webhooks,
        events,
        private=settings.webhooks_private,
        bridges={coral.WEBHOOK: bridge.send} if bridge else None,
    )
    router = APIRouter(
        include_in_schema=False, lifespan=partial(_run_jobs, desk, buffered, sender, bridge)
    )
    static = RevalidatedFiles(directory=Path(__file__).parent / "static")
    app.mount(f"{PREFIX}/static", static, name="desk-static")
    for method, endpoints in (("GET", PAGES), ("POST", ACTIONS)):
        for path, endpoint in endpoints.items():
            router.routes.append(_route(path, endpoint, method))
    for method in ("GET", "POST"):
        router.routes.append(_route("/{rest:path}", _not_found, method))
    app.include_router(router)
    use_error_renderer(app, PREFIX, render_error)


def _provider_of(settings: Settings) -> Any:
    """Return the provider at which people sign in, None if the settings name none."""
    if not settings.oidc_issuer:
        return None
    require("oidc", "moderation serve --desk")
    from moderation.desk.accounts.openid import Provider  # noqa: PLC0415  # its extra is optional

    return Provider(settings)


class RevalidatedFiles(StaticFiles):
    """Static files that a browser caches, and asks about before each use."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Return the file, or the answer that it has not changed."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _route(path: str, endpoint: Endpoint, method: str) -> Route:
    async def named(request: Request) -> Response:
        # The log names the route, never the path that was sent.
        request.scope["route"] = route
        return await endpoint(request)

    route = Route(f"{PREFIX}{path}", named, methods=[method], include_in_schema=False)
    return route


async def _not_found(_: Request) -> Response:
    raise NoSuchThing("There is no such page.")


@asynccontextmanager
async def _run_jobs(
    desk: Desk,
    buffered: BufferedIntake,
    sender: Sender,
    bridge: coral.CoralBridge | None,
    app: FastAPI,
) -> AsyncIterator[None]:
    """Run the desk's background jobs while the application serves."""
    policy = policy_path(app.state.settings)

    def weigh() -> None:
        # A policy that cannot be read is reported when the model is loaded with it; a database that
        # is away sorts without the index.
        with suppress(ModerationError):
            written = policy if policy.is_file() else app.state.settings.policy
            desk.queue.weigh(Policy.load(written).harm_weights)

    def reload() -> None:
        app.state.engine.reload()
        app.state.engines.reload()
        weigh()

    await asyncio.to_thread(weigh)
    watch = await asyncio.to_thread(Watch, desk, policy, reload, app.state.desk_loader)
    keeper = Keeper(desk.retention, app.state.settings.desk_retention_days)
    uploading = UploadJob(desk, lambda: app.state.engine)
    runs = [job.run for job in (watch, keeper, buffered, desk.corrections, sender, uploading)]
    if bridge is not None:
        runs.append(bridge.run)
        with suppress(ModerationError):  # a database that is away knows it from the last time
            await asyncio.to_thread(coral.registration(app.state.settings, desk.store))
    tasks = [asyncio.create_task(run()) for run in runs]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(buffered.close)
    if app.state.openid is not None:
        app.state.openid.close()
