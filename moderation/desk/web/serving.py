"""The service with the desk in it, built in a serving process."""

from fastapi import FastAPI

from moderation.database.errors import Unavailable
from moderation.desk import Desk
from moderation.desk.place import desk_url
from moderation.desk.web.install import installer
from moderation.desk.web.watch import DeskLoader
from moderation.service.access.keys import keys_path, read_keys
from moderation.service.app import create_app
from moderation.service.serve import give_up, handed_down, rate_table, serve
from moderation.settings import Settings

FACTORY = f"{__name__}:app_from_environment"


def serve_desk(settings: Settings) -> None:
    """Serve with the desk until told to stop.

    Raises
    ------
    DatabaseError
        If the desk's database cannot be opened for a reason that does not pass, or the only keys
        are in it and it cannot be asked for them.
    InvalidSettings
    """
    # The tables are made or brought up to date once, before several processes open them.
    desk = Desk.open(desk_url(settings), later=True)
    try:
        keys = desk.keys.all()
    except Unavailable:
        if settings.asks_for_keys and not read_keys(keys_path(settings)):
            raise
        # Comments are judged without a desk, and kept for it.
        keys = []
    finally:
        desk.close()
    serve(settings, FACTORY, keys)


def app_from_environment() -> FastAPI:
    """Build the service and its desk, from the settings that `serve` handed down."""
    settings = handed_down()
    desk = Desk.open(desk_url(settings), later=True)
    loader = DeskLoader(settings, desk)
    return create_app(settings, loader, rate_table(), [installer(desk, loader)], give_up)
