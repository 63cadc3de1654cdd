"""What the routes of every protocol ask of the application that serves them."""

from typing import Annotated

from fastapi import Depends, Request

from moderation.moderator import Moderator
from moderation.service.engine import Engine
from moderation.service.engines import Engines
from moderation.settings import Settings


async def engine_of(request: Request) -> Engine:
    """Return the engine of the application that serves `request`."""
    engine: Engine = request.app.state.engine
    return engine


async def engines_of(request: Request) -> Engines:
    """Return the engines of all models that the application serves."""
    engines: Engines = request.app.state.engines
    return engines


async def settings_of(request: Request) -> Settings:
    """Return the settings of the application that serves `request`."""
    settings: Settings = request.app.state.settings
    return settings


async def ready_moderator(engine: Annotated[Engine, Depends(engine_of)]) -> Moderator:
    """Return the moderator, or refuse before the body is read."""
    return engine.moderator


Ready = Annotated[Moderator, Depends(ready_moderator)]
