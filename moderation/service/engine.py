"""The moderator inside a service: loaded in the background, asked in threads."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from moderation.errors import ModerationError, NotReady
from moderation.moderator import Moderator
from moderation.service.errors import Busy
from moderation.verdict import Verdict

log = logging.getLogger(__name__)

WARM_UP = "The council meets on Tuesday."
MOST_WAITING = 1_000


class Engine:
    """Loads a moderator without holding up the service, and judges without holding up its loop.

    Parameters
    ----------
    load : callable
        Returns the moderator; it may take long.
    threads : int
        Most requests judged at a time; others wait their turn.
    """

    def __init__(self, load: Callable[[], Moderator], *, threads: int) -> None:
        self._load = load
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="judge")
        self._moderator: Moderator | None = None
        self._failed = False
        self._waiting = 0

    def start(self) -> None:
        """Begin to load; `moderator` raises until that is done."""
        # A daemon, so that a service told to stop need not wait for a model it will not use.
        threading.Thread(target=self._prepare, name="load", daemon=True).start()

    def stop(self) -> None:
        """Let go of the threads; requests not begun are dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def moderator(self) -> Moderator:
        """The moderator.

        Raises
        ------
        NotReady
            If it is still loading, or could not be loaded.
        """
        if self._failed:
            raise NotReady("The model could not be loaded.", remedy="The service's log says why.")
        if self._moderator is None:
            raise NotReady("The model is still loading.", remedy="Try again in a few seconds.")
        return self._moderator

    async def judge(self, texts: Sequence[str]) -> list[Verdict]:
        """Return a verdict for each text, in order.

        Raises
        ------
        NotReady
            If there is no model yet.
        Busy
            If too many requests wait already.
        """
        judge = self.moderator.judge
        if self._waiting >= MOST_WAITING:
            raise Busy("Too many requests are waiting.", remedy="Try again in a few seconds.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, judge, texts)
        finally:
            self._waiting -= 1

    def _prepare(self) -> None:
        try:
            moderator = self._load()
            moderator.judge([WARM_UP])
        except ModerationError as error:
            self._failed = True
            log.error("the model cannot be loaded: %s", error)  # noqa: TRY400  # it says all
        except Exception:
            # No comment has been read yet, so the traceback cannot hold one.
            self._failed = True
            log.exception("the model cannot be loaded")
        else:
            self._moderator = moderator
            log.info("ready with model %s", moderator.model.id)
