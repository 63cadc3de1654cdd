"""What a serving process does besides answering: it hears SIGHUP, and counts every second."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from moderation.errors import NotReady
from moderation.service.judging.engine import Engine
from moderation.service.operation.periodic import repeat

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
