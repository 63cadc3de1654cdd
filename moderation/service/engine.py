"""The moderators of a service: loaded and replaced in the background, and asked in batches.

An `Engine` has one moderator, `Engines` finds a model's engine by its id. Every protocol judges
through `judge_of`, which charges the texts to the request's key and drops them when the client
hangs up, so that none can forget a part of it.
"""

import asyncio
import gc
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from moderation.errors import InvalidInput, InvalidText, ModerationError, NotReady
from moderation.moderator import Moderator
from moderation.service.auth import Access
from moderation.service.batching import SHORT_WEIGHT, Batches
from moderation.service.jobs import weigh
from moderation.service.metrics import MODEL_KEY
from moderation.service.process import give_back
from moderation.settings import Settings
from moderation.text.language import load_detector
from moderation.text.validate import empty_text
from moderation.verdict import Verdict

log = logging.getLogger(__name__)

WARM_UP = "The council meets on Tuesday."
PAUSES = (1.0, 4.0)
"""Seconds between the tries to load a first model: a disk or a database may come a little later."""

Result = TypeVar("Result")
Load = Callable[[], Moderator]

Listener = Callable[[Sequence[Verdict]], None]


class Engine:
    """Loads a moderator in the background, and judges without blocking the event loop.

    Parameters
    ----------
    load : callable
        Returns the moderator; it may take long.
    threads : int
        Most batches judged at a time; other requests wait their turn.
    batches : Batches, optional
        Gathers requests into batches; one with `threads` threads when not given.
    judged : callable, optional
        Called with the verdicts of each request, from the event loop.
    given_up : callable, optional
        Called, from the thread that loads, when no first model could be loaded in all tries.
    """

    def __init__(
        self,
        load: Load,
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
        """Begin to load; until that is done, `moderator` raises."""
        # A daemon, so that a service told to stop need not wait for a model it will not use.
        threading.Thread(target=self._prepare, name="load", daemon=True).start()

    def reload(self) -> None:
        """Begin to load anew; the moderator in use serves on until that is done, or if it fails."""
        log.info("loading the model and the policy anew")
        self.start()

    def settle(self, seconds: float) -> None:
        """Wait until the first load has succeeded or failed, or the time is over."""
        self._settled.wait(seconds)

    def stop(self) -> None:
        """Shut the threads down; requests not begun are dropped."""
        self._batches.stop()

    @property
    def waiting(self) -> int:
        """The number of requests that wait for a batch."""
        return self._batches.waiting

    @property
    def model_id(self) -> str:
        """The id of the model in use, empty before there is one."""
        return self._moderator.model.id if self._moderator is not None else ""

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

    async def judge(self, texts: Sequence[str], counted: int | None = None) -> list[Verdict]:
        """Return a verdict for each text, in order, all by the same moderator.

        Parameters
        ----------
        texts : sequence of str
        counted : int, optional
            The number of texts, from the first, that the figures count; the others are parts of
            them. All where it is not given.

        Raises
        ------
        NotReady
            If there is no model yet.
        Busy
            If the wait for a turn would be too long.
        """
        moderator = self.moderator
        begin = moderator.begin if hasattr(moderator.model, "begin") else None
        is_quick = getattr(moderator.model, "is_quick", False)
        verdicts = await self._batches.judge(texts, moderator.judge, begin, is_quick=is_quick)
        if self._judged:
            self._judged(verdicts[:counted])
        return verdicts

    def _prepare(self) -> None:
        with self._loading:
            # Loading a first model is tried again. Loading one that is to replace another is not:
            # that one serves on, and whoever asked for the new one may ask again.
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

    def _try(self, attempt: str) -> bool:
        """Load a moderator and use it from then on; return False where that fails."""
        try:
            moderator = self._load()
            load_detector()
            moderator.judge([WARM_UP])
        except ModerationError as error:
            log.error("the model cannot be loaded (%s): %s", attempt, error)  # noqa: TRY400  # it says all
            return False
        except Exception:
            # No comment has been read yet, so the traceback cannot hold one.
            log.exception("the model cannot be loaded (%s)", attempt)
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


class UnknownModel(InvalidInput):
    """A request asks for a model that it may not ask for."""

    code = "unknown_model"


class Engines:
    """The engines of all models that are served, by the model's id.

    The name in a request only chooses among what the settings list; it never becomes a path.

    Parameters
    ----------
    default : Engine
        Of the model that judges when a request names none.
    default_name : str
        The setting `model`.
    others : mapping of str to Engine
        Not started: each starts when it is first asked for, and stays.
    """

    def __init__(self, default: Engine, default_name: str, others: Mapping[str, Engine]) -> None:
        self._default = default
        self._default_name = id_of(default_name)
        self._others = others
        self._started: set[str] = set()

    @property
    def ids(self) -> list[str]:
        """The ids that a request may name, the default first."""
        return list(dict.fromkeys((self._default_id(), *self._others)))

    def find(self, name: str | None) -> Engine:
        """Return the engine of the model with an id, the default one when it is None.

        Raises
        ------
        UnknownModel
            If no such model is served.
        """
        if name is None or name in {self._default_name, self._default_id()}:
            return self._default
        engine = self._others.get(name)
        if engine is None:
            raise UnknownModel(
                "There is no such model here.",
                where="model",
                remedy=f"Ask for one of: {', '.join(self.ids)}.",
            )
        if name not in self._started:
            self._started.add(name)
            engine.start()
        return engine

    def reload(self) -> None:
        """Load the other models anew, as far as they have been asked for."""
        for name in self._started:
            self._others[name].reload()

    def _default_id(self) -> str:
        return self._default.model_id or self._default_name


def id_of(entry: str) -> str:
    """Return the id of a model in the settings: the entry itself, or its folder's name."""
    return Path(entry).name


def threads_of(settings: Settings) -> int:
    """Return the number of threads for one batch: one, where the settings leave it open.

    Several batches are judged at a time, so that one thread each keeps all cores busy, and none
    spins while it waits for the others.
    """
    return settings.threads or 1


# The routes take the request alone and call these functions, instead of declaring each as a
# dependency: the framework resolves declared ones anew for every request, which took longer than to
# judge a short comment.


def engine_of(request: Request) -> Engine:
    """Return the engine of the default model."""
    engine: Engine = request.app.state.engine
    return engine


def engines_of(request: Request) -> Engines:
    """Return the engines of all models that the application serves."""
    engines: Engines = request.app.state.engines
    return engines


def moderator_of(request: Request) -> Moderator:
    """Return the default model's moderator.

    Raises
    ------
    NotReady
        If it is still loading; a route asks for it before it reads the body.
    """
    return engine_of(request).moderator


def judge_of(request: Request, model: str | None = None) -> "RequestJudge":
    """Return the judge for a request: of the model with an id, the default one for None.

    Raises
    ------
    UnknownModel
        If no such model is served.
    """
    engine = engines_of(request).find(model)
    request.scope[MODEL_KEY] = model
    return RequestJudge(request, engine)


class RequestJudge:
    """Judges for one request.

    Parameters
    ----------
    request : Request
        Its body has been read.
    engine : Engine
        Of the model that it asks for.
    """

    def __init__(self, request: Request, engine: Engine) -> None:
        self._request = request
        self._engine = engine

    async def judge(self, texts: Sequence[str], counted: int | None = None) -> list[Verdict]:
        """Return a verdict for each text, in order.

        Parameters
        ----------
        texts : sequence of str
        counted : int, optional
            As for the engine.

        Raises
        ------
        TooMany
            If the texts cost more than the request's key has left.
        NotReady, Busy
            As the engine does.
        ClientDisconnect
            If the client hangs up before texts that take long are judged; they are then dropped.
        """
        access: Access = self._request.app.state.access
        access.charge(self._request, sum(map(len, texts)))
        judging = self._engine.judge(texts, counted)
        # A short request is answered before anybody could hear that its client is gone.
        if weigh(texts) <= SHORT_WEIGHT:
            return await judging
        return await while_connected(self._request, judging)

    async def judge_listed(self, texts: Sequence[str], name: str) -> list[Verdict | InvalidText]:
        """Return a verdict for each text of a list, in order, and for a blank one its error.

        Parameters
        ----------
        texts : sequence of str
            One at least is not blank.
        name : str
            The list's name in an error.

        Raises
        ------
        ModerationError, ClientDisconnect
            As `judge` does.
        """
        verdicts = iter(await self.judge([text for text in texts if text.strip()]))
        return [
            next(verdicts) if text.strip() else empty_text(f"{name}[{position}]")
            for position, text in enumerate(texts)
        ]


async def while_connected(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """Await `work` and return its result; cancel it when the client hangs up.

    Raises
    ------
    ClientDisconnect
        If the client hangs up first.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if leaving.done() and not leaving.exception() and not working.done():
            raise ClientDisconnect
        return await working
    finally:
        working.cancel()
        leaving.cancel()
        # Awaited, so that no error is logged as never retrieved: it may quote a text.
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    """Return when the client has hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
