"""The service with the desk in it, built in a serving process."""

from contextlib import suppress

from fastapi import FastAPI

from moderation.database.errors import Unavailable
from moderation.database.vacuum import finish
from moderation.desk import Desk
from moderation.desk.web.install import installer
from moderation.desk.web.watch import DeskLoader
from moderation.service.app import create_app
from moderation.service.serve import give_up, handed_down, rate_table, serve
from moderation.service.storage import open_store, opened_store
from moderation.settings import Settings

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
        finish(store)
    serve(settings, FACTORY)


def app_from_environment() -> FastAPI:
    """Build the service and its desk, from the settings that `serve` handed down."""
    settings = handed_down()
    desk = Desk.on(open_store(settings))
    loader = DeskLoader(settings, desk)
    return create_app(settings, loader, rate_table(), [installer(desk, loader)], give_up)
