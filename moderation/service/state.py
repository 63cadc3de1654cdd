"""What the routes of every protocol ask of the application that serves them.

The routes take the request alone and ask these functions, instead of declaring each as a
dependency: the framework resolves declared ones anew for every request, which took longer than to
judge a short comment.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from fastapi import Request

from moderation.errors import ModerationError, NotReady
from moderation.moderator import Moderator
from moderation.service.engine import Engine, Engines, RequestJudge
from moderation.service.metrics import ASKED
from moderation.settings import Settings

# FOLDED periodic: Something that a serving process does every so many seconds.

TELL_AGAIN_SECONDS = 3600.0
"""So long a failure that stays the same is not told again."""


async def repeat(
    act: Callable[[], Awaitable[object]],
    seconds: float,
    log: logging.Logger,
    failure: str,
    *,
    wait_first: bool = False,
) -> None:
    """Do something again and again, until cancelled; where it fails, the log tells and it goes on.

    Parameters
    ----------
    act : callable
        Returns what is awaited; ``partial(asyncio.to_thread, function)`` for what takes a while.
    seconds : float
        The time between the end of one and the beginning of the next.
    log : logging.Logger
    failure : str
        The beginning of the line that tells of a failure; the reason follows it, without a
        traceback or a foreign exception's words, which may hold a comment.
    wait_first : bool
        Whether the first time comes after the wait.
    """
    last, told = "", 0.0
    if wait_first:
        await asyncio.sleep(seconds)
    while True:
        try:
            await act()
            last = ""
        except Exception as error:  # noqa: BLE001  # nothing may end it
            why = str(error) if isinstance(error, ModerationError) else type(error).__name__
            if why != last or monotonic() - told >= TELL_AGAIN_SECONDS:
                log.error("%s: %s", failure, why)  # noqa: TRY400  # a traceback tells of texts
                told = monotonic()
            last = why
        await asyncio.sleep(seconds)


# FOLDED lifecycle: What a serving process does besides answering: it hears SIGHUP, and counts
# every second.

log = logging.getLogger(__name__)


def model_of(engine: Engine) -> str:
    """Return the id of the model in use, or nothing before there is one."""
    try:
        return engine.moderator.model.id
    except NotReady:
        return ""


@contextmanager
def reloading(*reloads: Callable[[], None]) -> Iterator[None]:
    """Load the models anew whenever the process gets SIGHUP."""
    loop = asyncio.get_running_loop()
    # A signal reaches the main thread only; a test may serve from another.
    here = threading.current_thread() is threading.main_thread() and hasattr(signal, "SIGHUP")
    if here:
        loop.add_signal_handler(signal.SIGHUP, lambda: [reload() for reload in reloads])
    yield
    if here:
        loop.remove_signal_handler(signal.SIGHUP)


async def tick(*acts: Callable[[], None]) -> None:
    """Act every second, and once more at the end."""

    async def act_all() -> None:
        for act in acts:
            act()

    try:
        await repeat(act_all, 1, log, "figures and log lines were not written", wait_first=True)
    finally:
        for act in acts:
            act()


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
