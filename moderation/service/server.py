"""The running service: one serving process or several, under uvicorn.

Of several processes, the supervisor replaces each that dies, and has all load the model anew at
SIGHUP.
"""

import gc
import logging
import logging.config
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from ipaddress import IPv6Address
from multiprocessing import parent_process
from pathlib import Path
from socket import socket

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from moderation.moderator import Moderator
from moderation.service import metrics
from moderation.service.app import create_app
from moderation.service.connections import protocol
from moderation.service.engine import threads_of
from moderation.service.logs import is_terminal, log_config
from moderation.service.process import max_connections, raise_file_limit
from moderation.service.rate_limit import RateTable
from moderation.service.security import host_address
from moderation.service.storage import opened_store
from moderation.settings import InvalidSettings, Settings, read_settings

log = logging.getLogger(__name__)

NO_MODEL = 4
"""The exit status of a process that could not load its model; uvicorn has 3 for a start that fails
otherwise."""
PING_SECONDS = 1
GRACE_SECONDS = 5
"""Time beyond that for requests under way that an orphan gets to stop, before it is ended."""


PLACES: Mapping[str, str] = {"page": "/", "API documentation": "/docs"}
"""The paths that a person at a terminal is told."""
DESK = "review desk"
"""The name of the desk among them, where it is served."""


class Greeting:
    """The line that tells a person at a terminal, once, that the service is ready and where.

    Parameters
    ----------
    settings : Settings
    places : mapping of str to str
        The paths that it names.
    """

    def __init__(self, settings: Settings, places: Mapping[str, str]) -> None:
        self._settings = settings
        self._places = places
        self.is_due = is_terminal()
        """True until it has been shown, where there is a terminal."""

    def show(self, port: int) -> None:
        """Write the line."""
        self.is_due = False
        sys.stderr.write(f"\n{self.line(port)}\n\n")
        sys.stderr.flush()

    def line(self, port: int) -> str:
        """Return the line, for a service that listens on a port."""
        address = host_address(self._settings.host)
        host = self._settings.host
        if address is not None and address.is_unspecified:
            host = "localhost"
        elif isinstance(address, IPv6Address):
            host = f"[{address}]"
        places = [f"{name} http://{host}:{port}{path}" for name, path in self._places.items()]
        if DESK not in self._places:
            places.append(f"no {DESK} (`moderation serve --desk`)")
        key = "; callers need an API key" if self._settings.asks_for_keys else ""
        return f"Ready: {', '.join(places)}{key}. Ctrl+C stops the service."


class Supervisor(Multiprocess):
    """uvicorn's supervisor, except that SIGHUP loads the model anew inside the processes.

    uvicorn's own answer to SIGHUP replaces the processes one by one, which closes the connections
    that clients keep open, and a request just sent on one of these would be lost.

    Parameters
    ----------
    config : uvicorn.Config
    sockets : list of socket
    greeting : Greeting
        Shown once all processes serve.
    """

    def __init__(self, config: uvicorn.Config, sockets: list[socket], greeting: Greeting) -> None:
        super().__init__(config, sockets)
        self._greeting = greeting

    @property
    def status(self) -> int:
        """The exit status of a process that could not start, and 0 where all could."""
        failed = (process.exitcode for process in self.processes)
        return next((code for code in failed if code in {STARTUP_FAILURE, NO_MODEL}), 0)

    def handle_hup(self) -> None:
        """Signal each process that serves; one that is starting loads the present model anyway."""
        for process in self.processes:
            if process.pid is not None and process.is_ready(PING_SECONDS):
                os.kill(process.pid, signal.SIGHUP)
        log.info("told %d processes to load the model anew", len(self.processes))

    def keep_subprocess_alive(self) -> None:
        """Replace processes that died; end all where one has no model and no other serves."""
        for process in self.processes:
            # This end of the pipe is the process's own. While it is open here too, a process that
            # dies during the health check would be waited for until the check's timeout.
            process.child_conn.close()
        if any(process.exitcode == NO_MODEL for process in self.processes) and not any(
            process.exitcode is None and process.is_ready(PING_SECONDS)
            for process in self.processes
        ):
            log.error("no process could load the model: the service ends")
            self.should_exit.set()
            return
        super().keep_subprocess_alive()
        if self._greeting.is_due and all(
            process.exitcode is None and process.is_ready(PING_SECONDS)
            for process in self.processes
        ):
            self._greeting.show(self.sockets[0].getsockname()[1])


def end_with_parent(seconds: float) -> None:
    """Make this process, if another started it to serve, end when that one dies.

    It stops as at SIGTERM, so that requests under way are finished.

    Parameters
    ----------
    seconds : float
        Longest time that these get.
    """
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        # The parent holds the other end of a pipe, which the system closes however it dies.
        parent.join()
        log.error("the process that started this one has died, and this one stops too")
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(seconds + GRACE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


HANDED_DOWN = "MODERATION_SERVE_SETTINGS"
"""The environment variable by which the serving processes get the settings."""
SHARED = "MODERATION_SERVE_SHARED"
"""The environment variable that names the folder that the serving processes share."""

KEEP_ALIVE_SECONDS = 75
"""Longer than a reverse proxy keeps a connection, so that it never uses one just closed."""
SWITCH_SECONDS = 0.0005
"""Longest time that a thread keeps the interpreter: the event loop waits so long, again and again,
for the threads that judge. With Python's own 5 ms, the slowest answers under load took longer."""
GARBAGE_OBJECTS = 10_000
"""New objects after which Python looks for garbage in cycles, of which requests leave hardly any.
After its own 700 it would look several times for each batch of requests."""
START_SECONDS = 60
"""Time without an answer after which a process is replaced; a busy machine starts one slowly."""


def serve(
    settings: Settings,
    factory: str = f"{__name__}:app_from_environment",
    places: Mapping[str, str] = PLACES,
) -> None:
    """Serve until told to stop (SIGINT or SIGTERM); requests under way are finished first.

    SIGHUP loads the model and the policy anew. A service that cannot load a first model, or cannot
    start for another reason, ends with an exit status other than 0.

    Parameters
    ----------
    settings : Settings
    factory : str
        Module and name of the function that builds the application in each serving process.
    places : mapping of str to str
        The paths that a person at a terminal is told, once the service is ready.

    Raises
    ------
    DatabaseError
        If keys are asked for, and their database cannot be opened for a reason that does not pass.
    NotImported
        If keys are asked for, and the file in which an earlier version kept them is damaged.
    InvalidSettings
        If other machines may call, keys are asked for, and there are none.
    SystemExit
        If the service could not start.
    """
    logging.config.dictConfig(log_config(settings))
    check_access(settings)
    os.environ[HANDED_DOWN] = settings.model_dump_json()
    raise_file_limit()
    config = uvicorn.Config(
        factory,
        factory=True,
        http=protocol(settings, max_connections()),
        ws="none",
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_config=log_config(settings),
        # The service logs its own line for each request, without queries.
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        timeout_worker_healthcheck=START_SECONDS,
    )
    greeting = Greeting(settings, places)
    if settings.workers == 1:
        run_single(config, greeting)
        return
    with ExitStack() as stack:
        shared = stack.enter_context(tempfile.TemporaryDirectory(prefix="moderation-"))
        os.environ[SHARED] = os.environ[metrics.FOLDER] = shared
        supervisor = Supervisor(config, [config.bind_socket()], greeting)
        supervisor.run()
        if supervisor.status:
            sys.exit(supervisor.status)


_no_model = threading.Event()


class SingleServer(uvicorn.Server):
    """uvicorn's server, which stops by itself when its process has no model to serve with.

    Parameters
    ----------
    config : uvicorn.Config
    greeting : Greeting
        Shown once there is a model.
    """

    def __init__(self, config: uvicorn.Config, greeting: Greeting) -> None:
        super().__init__(config)
        self._greeting = greeting

    async def on_tick(self, counter: int) -> bool:
        """Tell whether to stop; uvicorn calls this ten times a second."""
        if self._greeting.is_due and self._app().state.engine.model_id:
            self._greeting.show(self.servers[0].sockets[0].getsockname()[1])
        return await super().on_tick(counter) or _no_model.is_set()

    def _app(self) -> FastAPI:
        app = self.config.loaded_app
        while not isinstance(app, FastAPI):  # uvicorn's own middleware is around it
            app = app.app
        return app


def run_single(config: uvicorn.Config, greeting: Greeting) -> None:
    """Serve in this process; end it where it has no model to serve with."""
    SingleServer(config, greeting).run()
    if _no_model.is_set():
        log.error("the model could not be loaded: the service ends")
        sys.exit(NO_MODEL)


def give_up() -> None:
    """End a serving process that has no model."""
    if SHARED in os.environ:
        # As one of several, it has taken no request yet: its start waits for the model.
        os._exit(NO_MODEL)
    _no_model.set()


def check_access(settings: Settings) -> None:
    """Refuse to serve other machines where no setting decides who may call; warn if all may.

    Raises
    ------
    DatabaseError, NotImported, InvalidSettings
    """
    if settings.asks_for_keys:
        check_keys(settings)
    elif not settings.on_loopback:
        log.warning(
            "the service listens on %s, where other machines may reach it, and asks nobody who "
            "they are, as the setting authentication says",
            settings.host,
        )


def check_keys(settings: Settings) -> None:
    """Refuse to serve where callers need a key and there is none.

    Where the database is away, the service starts all the same: nobody is let in until it is back.

    Raises
    ------
    DatabaseError, NotImported, InvalidSettings
    """
    from moderation.errors import Unavailable  # noqa: PLC0415  # as `Storage` says
    from moderation.service.key_store import KeyStore  # noqa: PLC0415  # likewise

    try:
        with opened_store(settings) as store:
            keys, place = KeyStore(lambda: store).all(), store.address
    except Unavailable as error:
        log.warning("no caller is let in until the API keys can be read: %s", error)
        return
    if not any(key.revoked is None for key in keys):
        raise InvalidSettings(
            f"Callers need an API key, and there is none in {place}.",
            where=f"authentication on {settings.host}",
            remedy="Make one with `moderation keys create NAME`, or let everybody who can "
            "reach this address call: MODERATION_AUTHENTICATION=none.",
        )


def app_from_environment() -> FastAPI:
    """Build the service in a serving process, from the settings that `serve` handed down."""
    settings = handed_down()
    return create_app(settings, loader(settings), rate_table(), given_up=give_up)


def handed_down() -> Settings:
    """Return the settings that `serve` handed down, and set this process up for serving."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(GARBAGE_OBJECTS)
    settings = Settings.model_validate_json(os.environ[HANDED_DOWN])
    if settings.workers > 1:
        end_with_parent(settings.shutdown_seconds)
    return settings


def rate_table() -> RateTable:
    """Return the table of rate limits, which the serving processes share."""
    shared = os.environ.get(SHARED)
    return RateTable(Path(shared, "rates") if shared else None)


def loader(settings: Settings) -> Callable[[], Moderator]:
    """Return a function that loads the moderator, the first time and after SIGHUP.

    Changes of ``model`` and ``policy`` in the settings file since the start then take effect.
    """
    renew = renewing(settings)

    def load() -> Moderator:
        now = renew()
        moderator = Moderator.load(
            now.model, now.policy, threads=threads_of(settings), languages=settings.languages
        )
        _ = moderator.fast  # loaded now: where it is needed, a deadline leaves no time for it
        return moderator

    return load


def renewing(settings: Settings) -> Callable[[], Settings]:
    """Return a function that returns the settings, with those renewed that may change at run time.

    These are ``model`` and ``policy``, where the settings file has changed since the start.
    """
    first = read_settings()

    def renew() -> Settings:
        now = read_settings()
        names = ("model", "policy")
        changed = {name for name in names if getattr(now, name) != getattr(first, name)}
        return settings.model_copy(update={name: getattr(now, name) for name in changed})

    return renew
