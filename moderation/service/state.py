"""What the routes of every protocol ask of the application that serves them.

The routes take the request alone and ask these functions, instead of declaring each as a
dependency: the framework resolves declared ones anew for every request, which took longer than to
judge a short comment.
"""

from fastapi import Request

from moderation.moderator import Moderator
from moderation.service.asked import RequestJudge
from moderation.service.judging.engine import Engine
from moderation.service.judging.engines import Engines
from moderation.service.operation.metrics import ASKED
from moderation.settings import Settings


def engine_of(request: Request) -> Engine:
    """Return the engine of the default model."""
    engine: Engine = request.app.state.engine
    return engine


def engines_of(request: Request) -> Engines:
    """Return the engines of all models that the application serves."""
    engines: Engines = request.app.state.engines
    return engines


def engine_asked(request: Request, model: str | None = None) -> RequestJudge:
    """Return the judge for a request: of the model that it names by id, the default for None.

    Raises
    ------
    UnknownModel
        If no such model is served.
    """
    engine = engines_of(request).find(model)
    request.scope[ASKED] = model
    return RequestJudge(request, engine)


def settings_of(request: Request) -> Settings:
    """Return the settings of the application that serves `request`."""
    settings: Settings = request.app.state.settings
    return settings


def moderator_of(request: Request) -> Moderator:
    """Return the default model's moderator.

    Raises
    ------
    NotReady
        If it is still loading; a route asks before it reads the body.
    """
    return engine_of(request).moderator
