"""A request to the desk: who asks, what they sent, and how they are answered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderation.desk import Desk
from moderation.desk.accounts.passwords import Hashing
from moderation.desk.errors import NoSuchThing, NotSignedIn, RoleNeeded
from moderation.desk.web.asking import number_of
from moderation.desk.web.showing.templates import render
from moderation.desk.web.visiting.form import Form, read_form
from moderation.desk.web.visiting.origin import check_origin, check_token
from moderation.desk.web.visiting.told import COOKIE as TOLD_COOKIE
from moderation.desk.web.visiting.told import Flash, flash, pop_flash
from moderation.desk.words import Role, Session, User
from moderation.text.check import clean_text

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
            response.delete_cookie(TOLD_COOKIE, path=PREFIX)
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
