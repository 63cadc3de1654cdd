"""Access by API key: the scope that a route needs, and the rate limit of each key."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from anyio import move_on_after, to_thread
from fastapi import FastAPI, Request, Response

from moderation.service.api_keys import ApiKey, KeyRing, Scope
from moderation.service.errors import Forbidden, TooMany, Unauthorised
from moderation.service.rate_limit import RateTable, Taken, cost_of
from moderation.settings import Settings

MAX_LOOK_SECONDS = 2.0
"""Longest time that a request waits for the keys to be read anew."""
REPLY_HEADERS_KEY = "moderation.reply_headers"
"""Key in the ASGI scope of the headers that `Exchange` adds to the response."""
ADMITTED_KEY = "moderation.key"
"""Key in it of the id of the API key by which the request passed."""
CHARGED_KEY = "moderation.charged"
"""Key in it of the id and limit of the API key that the request is charged to."""

SEND_KEY = "Send it as `Authorization: Bearer KEY`, as `X-API-Key: KEY` or as `?key=KEY`."

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/coral/moderation", "/$discovery/rest"})
"""The paths that need no key: Coral signs what it sends, and the others reveal nothing."""
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "google": {"type": "apiKey", "in": "header", "name": "X-Goog-Api-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
}
"""The ways to send a key, in OpenAPI's terms."""

Route = Callable[[Request], Awaitable[Response]]


def install(app: FastAPI, settings: Settings, table: RateTable | None = None) -> None:
    """Give the application its access control, which `guarded` uses, with its database's keys."""
    app.state.access = Access(settings, _keys(app) if settings.asks_for_keys else None, table)
    if settings.asks_for_keys:
        document_keys(app)


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
        """Have the keys read anew where that is due, for no longer than a moment."""
        keys = self._keys
        if keys is not None and keys.is_stale():
            with move_on_after(MAX_LOOK_SECONDS):
                await to_thread.run_sync(keys.look, abandon_on_cancel=True)

    def admit(self, request: Request, scope: Scope, secret: str | None = None) -> None:
        """Let a request pass, or refuse it.

        Parameters
        ----------
        request : Request
        scope : Scope
        secret : str, optional
            Its key, in a protocol that has a place of its own for it.

        Raises
        ------
        Unauthorised
            If keys are asked for, and it carries none that is good.
        Forbidden
            If its key is not for `scope`.
        TooMany
            If its key has used up its limit for this minute.
        """
        if self._keys is None:
            return
        secret = key_of(request) if secret is None else secret
        if not secret:
            raise Unauthorised("The request carries no API key.", where="headers", remedy=SEND_KEY)
        key = self._keys.find(secret)
        if key is None:
            raise Unauthorised(
                "The API key is not known, or has been revoked.", where="headers", remedy=SEND_KEY
            )
        if scope not in key.scopes:
            raise Forbidden(
                f"The API key does not have the scope {scope}.",
                where="headers",
                remedy=f"Use a key made with `moderation keys create --scope {scope}`.",
            )
        request.scope[ADMITTED_KEY] = key.id
        limit = self._rate if key.rate is None else key.rate
        if limit:
            self._count(request, key, limit)

    def charge(self, request: Request, characters: int) -> None:
        """Charge a request for its texts, once they are known: its first unit is paid.

        Raises
        ------
        TooMany
            If that is more than the key has left. One that costs more than the limit itself passes
            while the limit is whole, or nearly, and is paid off afterwards.
        """
        if CHARGED_KEY not in request.scope:
            return
        cost = cost_of(characters)
        if cost == 1:
            return
        key_id, limit = request.scope[CHARGED_KEY]
        self._allow(
            request,
            self._table.take(key_id, limit, cost, paid=1),
            f"The API key's limit of {limit} requests a minute leaves no room for this one, whose "
            f"{characters} characters count as {cost}.",
        )

    def _count(self, request: Request, key: ApiKey, limit: int) -> None:
        request.scope[CHARGED_KEY] = (key.id, limit)
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
        request.scope[REPLY_HEADERS_KEY] = taken.headers()


def key_of(request: Request) -> str:
    """Return the key that a request carries, in whichever of the four places; else nothing."""
    headers = request.headers
    scheme, _, token = headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    return (
        bearer
        or headers.get("x-api-key", "")
        or request.query_params.get("key", "")
        or headers.get("x-goog-api-key", "")
    )


def key_id_of(request: Request) -> str | None:
    """Return the id of the API key by which a request has passed, None where none was asked for."""
    key_id: str | None = request.scope.get(ADMITTED_KEY)
    return key_id


def document_keys(app: FastAPI) -> None:
    """Add to the OpenAPI document of `app` the ways to send a key, and the paths that need one."""
    without_keys = app.openapi

    def openapi() -> dict[str, Any]:
        document = without_keys()
        document.setdefault("components", {})["securitySchemes"] = SCHEMES
        for path, operations in document["paths"].items():
            if path not in OPEN_PATHS:
                for operation in operations.values():
                    operation["security"] = [{name: []} for name in SCHEMES]
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation has it


def _keys(app: FastAPI) -> KeyRing:
    from moderation.service.key_store import KeyStore  # noqa: PLC0415  # as `Storage` says

    return KeyStore(app.state.storage.open)
