"""Who may ask for what, and how often."""

import logging
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache, wraps
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from anyio import move_on_after, to_thread
from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as ASGIScope

from moderation.service.api_keys import ApiKey, KeyRing, Scope
from moderation.service.errors import (
    Forbidden,
    ForeignOrigin,
    TooMany,
    Unauthorised,
    UnknownHost,
    answer,
)
from moderation.service.rate_limit import RateTable, Taken, cost_of
from moderation.settings import Settings

# FOLDED documented: What the OpenAPI document says of keys, where the service asks for them.

OPEN = frozenset({"/healthz", "/readyz", "/coral/moderation", "/$discovery/rest"})
"""The paths that need no key: Coral signs what it sends, and the others tell nobody anything."""

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
}


def document_keys(app: FastAPI) -> None:
    """Let the OpenAPI document of `app` say where a key is asked for, and how it may be sent."""
    without = app.openapi

    def openapi() -> dict[str, Any]:
        document = without()
        document.setdefault("components", {})["securitySchemes"] = SCHEMES
        for path, operations in document["paths"].items():
            if path not in OPEN:
                for operation in operations.values():
                    operation["security"] = [{name: []} for name in SCHEMES]
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation has it


# FOLDED origin: By which name the service was called, and from whose page: what a browser sends
# for others.
# Any page that a person opens may send requests to the service in that person's browser. Two
# headers tell: `Origin` (or `Sec-Fetch-Site`) names the page's site, and `Host` the name that the
# browser called, which is a stranger's where that stranger's name has been made to lead here (DNS
# rebinding).

log = logging.getLogger(__name__)

ANY = "*"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
UNCHECKED = frozenset({"/healthz", "/readyz", "/coral/moderation"})
"""The paths that tell nothing, and the one that takes nothing without a signature."""
OWN = frozenset({b"same-origin", b"none"})
"""The browser's own word in `Sec-Fetch-Site`, which no page can send."""
LOCAL = "localhost"
SAID_NAMES = 256
"""Names whose answer is remembered."""


class Hosts:
    """The names under which the service is called.

    These are the loopback's, the one the service listens on, and those in the setting `hosts`.
    Where it listens on all addresses, any address is one of its own, and so is the machine's name:
    neither is a name that a stranger could make lead here.

    Parameters
    ----------
    named : iterable of str
        Names; ``*.example.org`` stands for those below it, ``*`` for all.
    listening : str
        The address the service listens on.
    """

    def __init__(self, named: Iterable[str], listening: str) -> None:
        names = [name.lower() for name in named]
        self._any = ANY in names
        self._below = tuple(name[1:] for name in names if name.startswith("*."))
        self._named = frozenset(names)
        self._own = {LOCAL, _bare(listening.lower())}
        address = _address(listening)
        self._everywhere = address is not None and address.is_unspecified
        if self._everywhere:
            self._own.add(socket.gethostname().lower())
        self.knows = lru_cache(SAID_NAMES)(self._knows)

    @classmethod
    def of(cls, settings: Settings) -> "Hosts":
        """Take the names from the settings."""
        return cls(settings.hosts, settings.host)

    def names(self, host: str) -> bool:
        """Tell whether the setting `hosts` has the name in `host`, ``*`` apart."""
        name = _name(host)
        return name in self._named or name.endswith(self._below)

    def _knows(self, host: bytes) -> bool:
        """Tell whether the name in a header `Host` is one of the service's own."""
        said = host.decode("latin-1")
        if self._any or self.names(said):
            return True
        name = _bare(_name(said))
        if name in self._own or name.endswith(f".{LOCAL}"):
            return True
        address = _address(name)
        return address is not None and (address.is_loopback or self._everywhere)


class OwnSite:
    """ASGI middleware for a service that asks nobody for a key.

    It refuses what a browser sends for a page of another site, and every request under a name that
    is not the service's own: the browser's place in the network would stand for the page's. Where a
    key is asked for, no page has one by being there, and this is not needed.

    Parameters
    ----------
    app : ASGI application
    hosts : Hosts
    """

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self.app = app
        self.hosts = hosts
        self.warned = False

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["path"] not in UNCHECKED:
            headers: dict[bytes, bytes] = dict(scope["headers"])
            host = headers.get(b"host")
            if host is not None and not self.hosts.knows(host):
                self._warn()
                await answer(scope, UnknownHost())(scope, receive, send)
                return
            if scope["method"] not in SAFE_METHODS and not _is_own(headers, self.hosts):
                await answer(scope, ForeignOrigin())(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _warn(self) -> None:
        """Tell the operator, once: whoever calls by a name may not see why it is refused."""
        if not self.warned:
            self.warned = True
            log.warning("a request was refused for its header Host: see the setting `hosts`")


def check_origin(scope: ASGIScope, hosts: Hosts) -> None:
    """Refuse what a browser sends for a page of another site, whatever the method.

    Every browser of today says so in one of two headers. A program that sends neither has no cookie
    and no place in the network that a page could borrow.

    Raises
    ------
    ForeignOrigin
    """
    if not _is_own(dict(scope["headers"]), hosts):
        raise ForeignOrigin


def _is_own(headers: Mapping[bytes, bytes], hosts: Hosts) -> bool:
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
    if origin is None:
        return site is None or site in OWN
    said = origin.partition(b"://")[2]  # nothing in "null"
    return site in OWN or (
        said != b"" and (said == headers.get(b"host") or hosts.names(said.decode("latin-1")))
    )


def _name(host: str) -> str:
    """Return the name in ``name[:port]``, an IPv6 address with its brackets."""
    name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
    return name.lower().removesuffix(".")


def _bare(name: str) -> str:
    return name.removeprefix("[").removesuffix("]")


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None


MAX_LOOK_SECONDS = 2.0
REPLY_HEADERS = "moderation.reply_headers"
"""Where in the ASGI scope the headers stand that `Exchange` adds to whatever is answered."""

CHARGED = "moderation.charged"
"""The place in it of the id and limit of the key that a request is charged to."""

Route = Callable[[Request], Awaitable[Response]]

HOW = "Send it as `Authorization: Bearer KEY`, as `X-API-Key: KEY` or as `?key=KEY`."


class Access:
    """Decides on each request by its key.

    Parameters
    ----------
    settings : Settings
    keys : KeyRing or None
        None where nobody is asked for a key.
    table : RateTable, optional
        One of this process alone when not given.
    """

    def __init__(
        self, settings: Settings, keys: KeyRing | None, table: RateTable | None = None
    ) -> None:
        self._keys = keys
        self._rate = settings.rate_limit
        self._table = table or RateTable()

    def use(self, keys: KeyRing) -> None:
        """Look keys up elsewhere, where keys are asked for."""
        if self._keys is not None:
            self._keys = keys

    async def look(self) -> None:
        """Have the keys looked at anew where that is due, for no longer than a moment."""
        keys = self._keys
        if keys is not None and keys.is_stale():
            with move_on_after(MAX_LOOK_SECONDS):
                await to_thread.run_sync(keys.look, abandon_on_cancel=True)

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
        if self._keys is None:
            return
        sent = key_of(request)
        if not sent:
            raise Unauthorised("The request carries no API key.", where="headers", remedy=HOW)
        key = self._keys.find(sent)
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

    def _count(self, request: Request, key: ApiKey, limit: int) -> None:
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
    """Give the application what `guarded` asks, with the keys of its database."""
    app.state.access = Access(settings, _keys(app) if settings.asks_for_keys else None, table)
    if settings.asks_for_keys:
        document_keys(app)


def _keys(app: FastAPI) -> KeyRing:
    from moderation.service.key_store import KeyStore  # noqa: PLC0415  # as `Storage` says

    return KeyStore(app.state.storage.open)
