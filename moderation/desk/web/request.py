"""A request to the desk: who asks, what they sent, and how they are answered."""

import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from moderation.desk import Desk
from moderation.desk.accounts.login import Hashing
from moderation.desk.errors import DeskError, NoSuchThing, NotSignedIn, RoleNeeded
from moderation.desk.types import Role, Session, User
from moderation.desk.web.forms import Form, read_form
from moderation.desk.web.query import number_of
from moderation.desk.web.templates import render
from moderation.errors import ModerationError
from moderation.service import middleware
from moderation.text.validate import clean_text

# FOLDED told: What the next page tells of what was done, once.
# It travels in a cookie, not in the address: a link must not make the desk say that something was
# done.

FLASH_COOKIE = "moderation_desk_told"
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
        FLASH_COOKIE,
        value,
        max_age=SECONDS,
        path=path,
        secure=by_https(request),
        httponly=True,
        samesite="strict",
    )


def pop_flash(request: Request) -> Flash | None:
    """Return what the page that is asked for has to tell."""
    parts = [unquote(part) for part in request.cookies.get(FLASH_COOKIE, "").split("&")]
    if len(parts) != 1 + len(Flash._fields) or parts[0] != request.url.path:
        return None
    return Flash(*parts[1:])


# FOLDED origin: Whether a request comes from the desk's own pages.


class ForeignRequest(DeskError):
    """A form comes from a page that is too old."""

    code = "foreign_request"
    status = HTTPStatus.FORBIDDEN


def check_origin(request: Request) -> None:
    """Refuse what a browser says another site has sent, because it sends the desk's cookie along.

    Raises
    ------
    ForeignOrigin
    """
    middleware.check_origin(request.scope, request.app.state.hosts)


def check_token(sent: str, csrf: str) -> None:
    """Refuse a form that does not carry its session's token.

    Raises
    ------
    ForeignRequest
    """
    if not hmac.compare_digest(sent.encode(), csrf.encode()):
        raise ForeignRequest(
            "The form is from an earlier session.", remedy="Reload the page and try again."
        )


COOKIE = "moderation_desk"
DEVICE = "moderation_desk_device"
"""The cookie by which a browser is known from which somebody has signed in."""
PREFIX = "/desk"


Handler = Callable[["Visit"], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Visit:
    """A request with the form and the session that came with it."""

    request: Request
    desk: Desk
    form: Form
    session: Session | None

    @property
    def user(self) -> User:
        """The person who asks.

        Raises
        ------
        NotSignedIn
        """
        if self.session is None:
            raise NotSignedIn("You are not signed in.")
        return self.session.user

    @property
    def address(self) -> str:
        """The network address of who asks, as a proxy says it that is believed."""
        return self.request.client.host if self.request.client else ""

    @property
    def query(self) -> dict[str, str]:
        """What stands in the address behind the question mark, filled fields alone."""
        return {
            name: clean_text(value, "")
            for name, value in self.request.query_params.items()
            if value.strip()
        }

    @property
    def number(self) -> int:
        """The number in the path.

        Raises
        ------
        NoSuchThing
        """
        number = number_of(self.request.path_params["number"])
        if number is None:
            raise NoSuchThing("There is nothing with this number.")
        return number

    def page(self, template: str, status: int = HTTPStatus.OK, **context: Any) -> Response:
        """Answer with a page, which tells what was left for it to tell."""
        told = pop_flash(self.request)
        response = render(
            self.request, template, status, session=self.session, told=told, **context
        )
        if told is not None:
            response.delete_cookie(FLASH_COOKIE, path=PREFIX)
        return response

    def go(
        self, path: str, query: dict[str, str] | None = None, told: Flash | None = None
    ) -> Response:
        """Answer with the way to another page of the desk, which tells something if need be."""
        asked = f"?{urlencode(query)}" if query else ""
        response = RedirectResponse(f"{PREFIX}{path}{asked}", HTTPStatus.SEE_OTHER)
        if told is not None:
            flash(self.request, response, PREFIX, f"{PREFIX}{path}", told)
        return response


def require_role(
    role: Role | None, hashing: Hashing | None = None
) -> Callable[[Handler], Endpoint]:
    """Return a decorator of handlers that lets only people with a role pass, None everybody.

    A handler runs in a thread, because it waits for the database; one that looks at passwords in
    one of `hashing`. What was sent by POST is let through only from the desk's own pages, and read
    only where the person may send it.
    """

    def decorate(handler: Handler) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            posted = request.method == "POST"
            if posted:
                check_origin(request)
            session = await to_thread.run_sync(_admit, request, role)
            # Where something goes wrong, the page that tells so is the person's too.
            request.state.desk_session = session
            form = await read_form(request) if posted else Form()
            if posted and role is not None:
                check_token(form.get("csrf"), session.csrf if session else "")
            visit = Visit(request, request.app.state.desk, form, session)
            if hashing is not None:
                known = session is not None or await to_thread.run_sync(_is_known, request)
                return await hashing.run(partial(handler, visit), visit.address, known=known)
            return await to_thread.run_sync(handler, visit)

        return endpoint

    return decorate


def _admit(request: Request, role: Role | None) -> Session | None:
    session = _session(request, request.app.state.desk)
    if role is None:
        return session
    if session is None:
        raise NotSignedIn("You are not signed in.", remedy="Sign in.")
    if not session.user.role.may(role):
        raise RoleNeeded(role)
    return session


def _is_known(request: Request) -> bool:
    token, desk = request.cookies.get(DEVICE), request.app.state.desk
    return bool(token) and desk.accounts.knows(token)


def _session(request: Request, desk: Desk) -> Session | None:
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    try:
        return desk.accounts.session(token)
    except NotSignedIn:
        return None


# FOLDED problems: Whatever goes wrong at the desk, told as a page.

COMMENT = re.compile(rf"{PREFIX}/comments/\d{{1,18}}(?=/)", re.ASCII)


def render_error(error: ModerationError, scope: Scope) -> Response:
    """Return the page of an error; whoever is not signed in is asked to do so first."""
    request = Request(scope)
    if isinstance(error, NotSignedIn):
        return _to_sign_in(request)
    session = getattr(request.state, "desk_session", None)
    return render(request, "problem.html", error.status, session=session, told=None, error=error)


def _to_sign_in(request: Request) -> Response:
    """Return the way to the page that was asked for, or on which the form stood, by signing in."""
    path, sent = request.url.path, request.method != "GET"
    asked = f"?{request.url.query}" if not sent and request.url.query else ""
    if sent:
        comment = COMMENT.match(path)
        path = comment[0] if comment else PREFIX
    aim = f"{PREFIX}/sign-in"
    response = RedirectResponse(f"{aim}?next={quote(path + asked, safe='')}", HTTPStatus.SEE_OTHER)
    if sent and request.url.path != f"{PREFIX}/sign-out":
        flash(request, response, PREFIX, aim, Flash("lost"))
    return response
