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
from moderation.desk.errors import NoSuchThing, NotAllowed, NotSignedIn
from moderation.desk.web.asking import number_of
from moderation.desk.web.showing.templates import render
from moderation.desk.web.visiting.form import Form, read_form
from moderation.desk.web.visiting.origin import check_origin, check_token
from moderation.desk.words import Role, Session, User

COOKIE = "moderation_desk"
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
            raise NotSignedIn("Nobody is signed in.")
        return self.session.user

    @property
    def query(self) -> dict[str, str]:
        """What stands in the address behind the question mark, filled fields alone."""
        return {
            name: value.replace("\0", "")
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
            raise NoSuchThing("There is nothing of this number.")
        return number

    def page(self, template: str, status: int = HTTPStatus.OK, **context: Any) -> Response:
        """Answer with a page."""
        return render(self.request, template, status, session=self.session, **context)

    def go(self, path: str, query: dict[str, str] | None = None) -> Response:
        """Answer with the way to another page of the desk."""
        asked = f"?{urlencode(query)}" if query else ""
        return RedirectResponse(f"{PREFIX}{path}{asked}", HTTPStatus.SEE_OTHER)


def open_to(role: Role | None) -> Callable[[Handler], Endpoint]:
    """Return a decorator of handlers that lets only people with a role pass, None everybody.

    A handler runs in a thread, because it waits for the database. What was sent by POST is let
    through only from the desk's own pages.
    """

    def decorate(handler: Handler) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            posted = request.method == "POST"
            if posted:
                check_origin(request)
            form = await read_form(request) if posted else Form()
            return await to_thread.run_sync(partial(_answer, handler, request, form, role))

        return endpoint

    return decorate


def _answer(handler: Handler, request: Request, form: Form, role: Role | None) -> Response:
    desk: Desk = request.app.state.desk
    session = _session(request, desk)
    visit = Visit(request, desk, form, session)
    if role is not None:
        if not visit.user.role.may(role):
            raise NotAllowed(f"This needs the role {role}; yours is {visit.user.role}.")
        if request.method == "POST":
            check_token(form.get("csrf"), session.csrf if session else "")
    return handler(visit)


def _session(request: Request, desk: Desk) -> Session | None:
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    try:
        return desk.accounts.session(token)
    except NotSignedIn:
        return None
