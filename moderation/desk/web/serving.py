"""The service with the desk in it, built in a serving process."""

from fastapi import FastAPI

from moderation.desk import Desk
from moderation.desk.place import desk_url
from moderation.desk.web.install import installer
from moderation.desk.web.watch import DeskLoader
from moderation.service.app import create_app
from moderation.service.serve import give_up, handed_down, rate_table, serve
from moderation.settings import Settings

FACTORY = f"{__name__}:app_from_environment"


def serve_desk(settings: Settings) -> None:
    """Serve with the desk until told to stop.

    Raises
    ------
    DatabaseError
        If the desk's database cannot be opened.
    InvalidSettings
    """
    # The tables are made or brought up to date once, before several processes open them.
    desk = Desk.open(desk_url(settings))
    keys = desk.keys.all()
    desk.close()
    serve(settings, FACTORY, keys)


def app_from_environment() -> FastAPI:
    """Build the service and its desk, from the settings that `serve` handed down."""
    settings = handed_down()
    desk = Desk.open(desk_url(settings))
    loader = DeskLoader(settings, desk)
    return create_app(settings, loader, rate_table(), [installer(desk, loader)], give_up)
