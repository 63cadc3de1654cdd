"""Who may ask for what, and how often."""

import logging
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Protocol

from anyio import move_on_after, to_thread
from fastapi import FastAPI, Request, Response

from moderation.service.access.documented import document_keys
from moderation.service.access.keys import InvalidKeys, Key, Scope, digest, keys_path, read_keys
from moderation.service.access.rate import RateTable, Taken, cost_of
from moderation.service.http.errors import Forbidden, TooMany, Unauthorised
from moderation.settings import Settings

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 1.0
LONGEST_LOOK_SECONDS = 2.0
REPLY_HEADERS = "moderation.reply_headers"
"""Where in the ASGI scope the headers stand that `Exchange` adds to whatever is answered."""

CHARGED = "moderation.charged"
"""The place in it of the id and limit of the key that a request is charged to."""

Route = Callable[[Request], Awaitable[Response]]

HOW = "Send it as `Authorization: Bearer KEY`, as `X-API-Key: KEY` or as `?key=KEY`."


class Ring(Protocol):
    """Where keys are looked up."""

    def find(self, key: str) -> Key | None:
        """Return what is known of a key, None if it is unknown or revoked."""


class SlowRing(Ring, Protocol):
    """Where looking takes a while, so that it is done in a thread, and finding is not."""

    def is_stale(self) -> bool:
        """Whether to look before finding."""

    def look(self) -> None:
        """Look at all keys anew."""


class KeyRing:
    """The good keys of a file, read anew within a second when the file has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: dict[str, Key] = {}
        self._seen: tuple[int, int, int] | None = None
        self._next = 0.0

    def find(self, key: str) -> Key | None:
        """Return what is known of a key, None if it is unknown or revoked."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + LOOK_AGAIN_SECONDS
            self._look()
        return self._keys.get(digest(key))

    def _look(self) -> None:
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        except OSError:
            seen = (0, 0, 0)
        if seen == self._seen:
            return
        try:
            keys = read_keys(self._path)
        except InvalidKeys as error:
            log.error("no key is good until this is mended: %s", error)  # noqa: TRY400
            keys = []
        self._keys = {key.sha256: key for key in keys if key.revoked is None}
        self._seen = seen


class Access:
    """Decides on each request by its key.

    Parameters
    ----------
    settings : Settings
    table : RateTable, optional
        One of this process alone when not given.
    """

    def __init__(self, settings: Settings, table: RateTable | None = None) -> None:
        asks = settings.asks_for_keys
        self._rings: list[Ring] = [KeyRing(keys_path(settings))] if asks else []
        self._slow: list[SlowRing] = []
        self._rate = settings.rate_limit
        self._table = table or RateTable()

    def also(self, ring: SlowRing) -> None:
        """Let keys that are kept elsewhere pass too, where keys are asked for."""
        if self._rings:
            self._rings.append(ring)
            self._slow.append(ring)

    async def look(self) -> None:
        """Look at keys that are kept elsewhere, for no longer than a moment."""
        for ring in self._slow:
            if ring.is_stale():
                with move_on_after(LONGEST_LOOK_SECONDS):
                    await to_thread.run_sync(ring.look, abandon_on_cancel=True)

    def admit(self, request: Request, scope: Scope) -> None:
        """Let a request pass, or not.

        Raises
        ------
        Unauthorised
            If keys are asked for, and it carries none that is good.
        Forbidden
            If its key is not for `scope`.
        TooMany
            If its key has had its share of this minute.
        """
        if not self._rings:
            return
        sent = key_of(request)
        if not sent:
            raise Unauthorised("The request carries no API key.", where="headers", remedy=HOW)
        found = (ring.find(sent) for ring in self._rings)
        key = next((each for each in found if each is not None), None)
        if key is None:
            raise Unauthorised(
                "The API key is not known, or has been revoked.", where="headers", remedy=HOW
            )
        if scope not in key.scopes:
            raise Forbidden(
                f"The API key does not have the scope {scope}.",
                where="headers",
                remedy=f"Use a key made with `moderation keys create --scope {scope}`.",
            )
        limit = self._rate if key.rate is None else key.rate
        if limit:
            self._count(request, key, limit)

    def charge(self, request: Request, characters: int) -> None:
        """Count a request by its texts, too, when they are known: the first unit is paid.

        Raises
        ------
        TooMany
            If that is more than the key has left. One that costs more than the limit itself passes
            while the limit is whole, or nearly, and is paid off afterwards.
        """
        cost = cost_of(characters)
        if cost == 1 or CHARGED not in request.scope:
            return
        key_id, limit = request.scope[CHARGED]
        self._allow(
            request,
            self._table.take(key_id, limit, cost, paid=1),
            f"The API key's limit of {limit} requests a minute leaves no room for this one, whose "
            f"{characters} characters count as {cost}.",
        )

    def _count(self, request: Request, key: Key, limit: int) -> None:
        request.scope[CHARGED] = (key.id, limit)
        self._allow(
            request,
            self._table.take(key.id, limit),
            f"The API key's limit of {limit} requests a minute is used up.",
        )

    def _allow(self, request: Request, taken: Taken, refusal: str) -> None:
        if not taken.allowed:
            raise TooMany(
                refusal,
                headers=taken.headers(),
                where="headers",
                remedy="Wait as long as the header Retry-After says.",
            )
        request.scope[REPLY_HEADERS] = taken.headers()


def key_of(request: Request) -> str:
    """Return the key that a request carries, in whichever of the three places; else nothing."""
    headers = request.headers
    scheme, _, token = headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    return bearer or headers.get("x-api-key", "") or request.query_params.get("key", "")


def guarded(scope: Scope) -> Callable[[Route], Route]:
    """Return a decorator of routes that lets only keys with a scope pass, before anything is read.

    Where keys are off, everybody passes.
    """

    def guard(route: Route) -> Route:
        @wraps(route)
        async def checked(request: Request) -> Response:
            access: Access = request.app.state.access
            await access.look()
            access.admit(request, scope)
            return await route(request)

        return checked

    return guard


def install(app: FastAPI, settings: Settings, table: RateTable | None = None) -> None:
    """Give the application what `require` asks."""
    app.state.access = Access(settings, table)
    if settings.asks_for_keys:
        document_keys(app)
