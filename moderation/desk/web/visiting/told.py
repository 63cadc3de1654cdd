"""What the next page tells of what was done, once.

It travels in a cookie, not in the address: a link must not make the desk say that something was
done.
"""

from typing import NamedTuple
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "moderation_desk_told"
SECONDS = 60
"""How long it waits for the page that tells it."""


class Flash(NamedTuple):
    """What a page tells: a text of the catalogue, and what it is about."""

    what: str
    about: str = ""


def by_https(request: Request) -> bool:
    """Tell whether a browser has the desk by HTTPS, even where a proxy does not say so."""
    return "https" in {request.url.scheme, request.headers.get("origin", "").partition(":")[0]}


def flash(request: Request, response: Response, path: str, aim: str, told: Flash) -> None:
    """Have a page tell something when it is shown next.

    Parameters
    ----------
    request : Request
        Which is answered.
    response : Response
    path : str
        Of the cookie.
    aim : str
        The address of the page that tells it; no other does.
    told : Flash
    """
    value = "&".join(quote(part, safe="") for part in (aim.partition("?")[0], *told))
    response.set_cookie(
        COOKIE,
        value,
        max_age=SECONDS,
        path=path,
        secure=by_https(request),
        httponly=True,
        samesite="strict",
    )


def pop_flash(request: Request) -> Flash | None:
    """Return what the page that is asked for has to tell."""
    parts = [unquote(part) for part in request.cookies.get(COOKIE, "").split("&")]
    if len(parts) != 1 + len(Flash._fields) or parts[0] != request.url.path:
        return None
    return Flash(*parts[1:])
