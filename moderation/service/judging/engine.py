"""The moderator inside a service: loaded in the background, replaced there, asked in batches."""

import gc
import logging
import threading
import time
from collections.abc import Callable, Sequence

from moderation.errors import ModerationError, NotReady
from moderation.moderator import Moderator
from moderation.service.judging.batches import Batches
from moderation.service.operation.memory import give_back
from moderation.verdict import Verdict

log = logging.getLogger(__name__)

WARM_UP = "The council meets on Tuesday."
PAUSES = (1.0, 4.0)
"""Seconds between the tries to load a first model: a disk or a database may come a little later."""

Listener = Callable[[Sequence[Verdict]], None]


class Engine:
    """Loads a moderator without holding up the service, and judges without holding up its loop.

    Parameters
    ----------
    load : callable
        Returns the moderator; it may take long.
    threads : int
        Most batches judged at a time; other requests wait their turn.
    batches : Batches, optional
        What gathers requests into batches; one with `threads` threads when not given.
    judged : callable, optional
        Told every verdict, from the event loop.
    given_up : callable, optional
        Called, from the thread that loads, when no first model could be loaded in all tries.
    """

    def __init__(
        self,
        load: Callable[[], Moderator],
        *,
        threads: int,
        batches: Batches | None = None,
        judged: Listener | None = None,
        given_up: Callable[[], None] | None = None,
    ) -> None:
        self._load = load
        self._batches = batches or Batches(threads)
        self._judged = judged
        self._given_up = given_up
        self._moderator: Moderator | None = None
        self._failed = False
        self._loading = threading.Lock()
        self._settled = threading.Event()

    def start(self) -> None:
        """Begin to load; `moderator` raises until that is done."""
        # A daemon, so that a service told to stop need not wait for a model it will not use.
        threading.Thread(target=self._prepare, name="load", daemon=True).start()

    def reload(self) -> None:
        """Begin to load anew; the moderator in use serves on until that is done, or if it fails."""
        log.info("loading the model and the policy anew")
        self.start()

    def settle(self, seconds: float) -> None:
        """Wait until the first load is done, well or badly, or the time is over."""
        self._settled.wait(seconds)

    def stop(self) -> None:
        """Let go of the threads; requests not begun are dropped."""
        self._batches.stop()

    def check(self) -> None:
        """Refuse, before anything is read, what could not be judged soon.

        Raises
        ------
        Busy
            If too many requests wait already.
        """
        self._batches.check()

    @property
    def waiting(self) -> int:
        """The number of requests that wait for a batch."""
        return self._batches.waiting

    @property
    def moderator(self) -> Moderator:
        """The moderator.

        Raises
        ------
        NotReady
            If it is still loading, or could not be loaded.
        """
        if self._moderator is not None:
            return self._moderator
        if self._failed:
            raise NotReady("The model could not be loaded.", remedy="The service's log says why.")
        raise NotReady("The model is still loading.", remedy="Try again in a few seconds.")

    async def judge(self, texts: Sequence[str]) -> list[Verdict]:
        """Return a verdict for each text, in order, all by the same moderator.

        Raises
        ------
        NotReady
            If there is no model yet.
        Busy
            If the wait for a turn would be too long.
        """
        moderator = self.moderator
        begin = moderator.begin if hasattr(moderator.model, "begin") else None
        verdicts = await self._batches.judge(texts, moderator.judge, begin)
        if self._judged:
            self._judged(verdicts)
        return verdicts

    def _prepare(self) -> None:
        with self._loading:
            # A first model is tried for again. One that is to replace another is not: that one
            # serves on, and whoever asked for the new one may ask again.
            pauses = PAUSES if self._moderator is None else ()
            loaded = False
            for number, pause in enumerate((0.0, *pauses), start=1):
                time.sleep(pause)
                loaded = self._try(f"try {number} of {1 + len(pauses)}")
                if loaded:
                    break
            self._failed = not loaded
            if self._moderator is None and self._given_up:
                self._given_up()
            self._settled.set()

    def _try(self, which: str) -> bool:
        """Load a moderator and use it from then on; whether that was done."""
        try:
            moderator = self._load()
            moderator.judge([WARM_UP])
        except ModerationError as error:
            log.error("the model cannot be loaded (%s): %s", which, error)  # noqa: TRY400  # it says all
            return False
        except Exception:
            # No comment has been read yet, so the traceback cannot hold one.
            log.exception("the model cannot be loaded (%s)", which)
            return False
        self._moderator = moderator
        # What is loaded stays: searching it for garbage again and again would stop every request
        # for a tenth of a second.
        gc.unfreeze()  # what an earlier load left
        gc.collect()
        gc.freeze()
        give_back()
        log.info("ready with model %s", moderator.model.id)
        return True
