"""Who may ask for what, and how often."""

from collections.abc import Awaitable, Callable
from functools import wraps

from anyio import move_on_after, to_thread
from fastapi import FastAPI, Request, Response

from moderation.service.access.documented import document_keys
from moderation.service.access.keys import ApiKey, KeyRing, Scope
from moderation.service.access.rate import RateTable, Taken, cost_of
from moderation.service.http.errors import Forbidden, TooMany, Unauthorised
from moderation.settings import Settings

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
    from moderation.service.access.key_store import KeyStore  # noqa: PLC0415  # as `Storage` says

    return KeyStore(app.state.storage.open)
