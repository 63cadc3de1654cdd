"""Requests to the desk: the session and the form that come with one, and its answers.

`require_role` turns a handler, a function of a `DeskRequest`, into an endpoint: it checks where the
request comes from, who sends it and the form's token. `render_error` makes the page of whatever
goes wrong. A flash message is one that the next page shows, once.
"""

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
from moderation.desk.types import Role, Section, Session, User
from moderation.desk.web.forms import Form, read_form
from moderation.desk.web.query import number_of
from moderation.desk.web.templates import render
from moderation.desk.web.wellbeing import veil_for
from moderation.errors import ModerationError
from moderation.service.middleware import check_origin
from moderation.service.request import settings_of
from moderation.text.validate import clean_text

PREFIX = "/desk"
COOKIE = "moderation_desk"
"""The cookie that holds the session's token."""
DEVICE = "moderation_desk_device"
"""The cookie by which a browser is known from which somebody has signed in."""
FLASH_COOKIE = "moderation_desk_told"
"""The cookie that holds a flash message. It is no part of an address: a link must not make the desk
say that something was done."""
MAX_KEPT_DIGITS = 5
"""Digits of the length of a form that is kept while somebody signs in again."""
KEPT = "kept."
"""The prefix of such a form's fields on the page to sign in."""
FLASH_SECONDS = 60
"""The life of a flash message that no page shows."""
_COMMENT = re.compile(rf"{PREFIX}/(?:comments|second)/\d{{1,18}}(?=/)", re.ASCII)

Handler = Callable[["DeskRequest"], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


class ForeignRequest(DeskError):
    """A form carries the token of another session, as one from an old page does."""

    code = "foreign_request"
    status = HTTPStatus.FORBIDDEN


class Flash(NamedTuple):
    """A flash message: its key in the vocabulary, and the thing that it is about."""

    key: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class DeskRequest:
    """A request with the form and the session that came with it."""

    http: Request
    desk: Desk
    form: Form
    session: Session | None

    @property
    def user(self) -> User:
        """The person who sends the request.

        Raises
        ------
        NotSignedIn
        """
        if self.session is None:
            raise NotSignedIn("You are not signed in.")
        return self.session.user

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections whose comments alone the person's queues show; empty shows everything."""
        if self.session is None or self.session.all_sections:
            return ()
        return self.desk.assignments.of(self.user)

    @property
    def address(self) -> str:
        """The network address of the client, as a trusted proxy reports it."""
        return self.http.client.host if self.http.client else ""

    @property
    def query(self) -> dict[str, str]:
        """The filled fields of the query string."""
        return {
            name: clean_text(value, "")
            for name, value in self.http.query_params.items()
            if value.strip()
        }

    @property
    def number(self) -> int:
        """The number in the path.

        Raises
        ------
        NoSuchThing
        """
        number = number_of(self.http.path_params["number"])
        if number is None:
            raise NoSuchThing("There is nothing with this number.")
        return number

    def render(self, template: str, status: int = HTTPStatus.OK, **context: Any) -> Response:
        """Return a page, with the flash message that is waiting for it."""
        waiting = pop_flash(self.http)
        response = render(
            self.http,
            template,
            status,
            session=self.session,
            flash=waiting,
            veiled=veil_for(self.http, self.session),
            **context,
        )
        if waiting is not None:
            response.delete_cookie(FLASH_COOKIE, path=PREFIX)
        return response

    def redirect(
        self, path: str, query: dict[str, str] | None = None, message: Flash | None = None
    ) -> Response:
        """Return a redirection to another page of the desk, which shows a message if one is given.

        Parameters
        ----------
        path : str
            Below the desk's own path.
        query : dict of str to str, optional
        message : Flash, optional
        """
        fields = f"?{urlencode(query)}" if query else ""
        response = RedirectResponse(f"{PREFIX}{path}{fields}", HTTPStatus.SEE_OTHER)
        if message is not None:
            flash(self.http, response, f"{PREFIX}{path}", message)
        return response


def require_role(
    role: Role | None, hashing: Hashing | None = None, *, in_use: bool = True
) -> Callable[[Handler], Endpoint]:
    """Return a decorator of handlers that admits only people with a role.

    A handler runs in a thread, because it waits for the database. A form is accepted only from the
    desk's own pages, and read only where the person may send it.

    Parameters
    ----------
    role : Role or None
        None admits everybody.
    hashing : Hashing, optional
        The threads for a handler that checks or sets passwords.
    in_use : bool
        Whether the request is a use of the session; one that a page sends by itself is none.
    """

    def decorate(handler: Handler) -> Endpoint:
        async def endpoint(http: Request) -> Response:
            is_form = http.method == "POST"
            if is_form:
                # The browser sends the desk's cookie with another site's form too.
                check_origin(http.scope, http.app.state.hosts)
            try:
                session = await to_thread.run_sync(partial(_admit, http, role, in_use=in_use))
            except NotSignedIn:
                if is_form and _is_worth_keeping(http):
                    return _ask_again(http, await read_form(http))
                raise
            # The page of an error is shown to the same person.
            http.state.desk_session = session
            form = await read_form(http) if is_form else Form()
            if is_form and role is not None:
                check_token(form.get("csrf"), session.csrf if session else "")
            request = DeskRequest(http, http.app.state.desk, form, session)
            if hashing is not None:
                known = session is not None or await to_thread.run_sync(_is_known_device, http)
                return await hashing.run(partial(handler, request), request.address, known=known)
            return await to_thread.run_sync(handler, request)

        return endpoint

    return decorate


def check_token(token: str, csrf: str) -> None:
    """Refuse a form that does not carry its session's token.

    Raises
    ------
    ForeignRequest
    """
    if not hmac.compare_digest(token.encode(), csrf.encode()):
        raise ForeignRequest(
            "The form is from an earlier session.", remedy="Reload the page and try again."
        )


def by_https(http: Request) -> bool:
    """Tell whether a browser reaches the desk by HTTPS, even where a proxy does not report it."""
    return "https" in {http.url.scheme, http.headers.get("origin", "").partition(":")[0]}


def flash(http: Request, response: Response, path: str, message: Flash) -> None:
    """Have a page show a message when it is next loaded.

    Parameters
    ----------
    http : Request
        The request that is answered.
    response : Response
    path : str
        The path of the page; no other shows the message.
    message : Flash
    """
    value = "&".join(quote(part, safe="") for part in (path, *message))
    response.set_cookie(
        FLASH_COOKIE,
        value,
        max_age=FLASH_SECONDS,
        path=PREFIX,
        secure=by_https(http),
        httponly=True,
        samesite="strict",
    )


def pop_flash(http: Request) -> Flash | None:
    """Return the message that is waiting for the page requested."""
    parts = [unquote(part) for part in http.cookies.get(FLASH_COOKIE, "").split("&")]
    if len(parts) != 1 + len(Flash._fields) or parts[0] != http.url.path:
        return None
    return Flash(*parts[1:])


def render_error(error: ModerationError, scope: Scope) -> Response:
    """Return the page of an error, or the page to sign in to whoever has not."""
    http = Request(scope)
    if isinstance(error, NotSignedIn):
        return _to_sign_in(http)
    session = getattr(http.state, "desk_session", None)
    return render(http, "problem.html", error.status, session=session, flash=None, error=error)


def _to_sign_in(http: Request) -> Response:
    """Return a redirection to the page to sign in, which leads back to the page requested.

    A form's own address is no page: its comment's page, or the first page, stands for it.
    """
    path, is_form = http.url.path, http.method != "GET"
    fields = f"?{http.url.query}" if not is_form and http.url.query else ""
    if is_form:
        comment = _COMMENT.match(path)
        path = comment[0] if comment else PREFIX
    sign_in = f"{PREFIX}/sign-in"
    following = quote(path + fields, safe="")
    response = RedirectResponse(f"{sign_in}?next={following}", HTTPStatus.SEE_OTHER)
    if is_form and http.url.path != f"{PREFIX}/sign-out":
        flash(http, response, sign_in, Flash("lost"))
    return response


def _is_worth_keeping(http: Request) -> bool:
    """Tell whether a form is one in which somebody has typed, and short enough to send back."""
    length = http.headers.get("content-length", "")
    return (
        _COMMENT.match(http.url.path) is not None
        and length.isdecimal()
        and len(length) <= MAX_KEPT_DIGITS
    )


def _ask_again(http: Request, form: Form) -> Response:
    """Return the page to sign in, which holds what was typed until somebody has."""
    comment = _COMMENT.match(http.url.path)
    kept = {name: value for name, value in form.fields.items() if name != "csrf" and value}
    return render(
        http,
        "people/sign_in.html",
        HTTPStatus.UNAUTHORIZED,
        session=None,
        flash=None,
        next_path=comment[0] if comment else PREFIX,
        kept=kept,
        error=None,
        empty=False,
        codes=http.app.state.desk.second_factor.in_use(),
        **sign_in_ways(http),
    )


def sign_in_ways(http: Request) -> dict[str, Any]:
    """Return the ways to sign in, as the page to do so shows them: provider and passwords."""
    provider = http.app.state.openid
    passwords = settings_of(http).oidc_passwords
    return {
        "provider": provider.name if provider else None,
        "passwords": provider is None or passwords != "nobody",
        "admins_only": provider is not None and passwords == "admins",
    }


def _admit(http: Request, role: Role | None, *, in_use: bool) -> Session | None:
    session = _session(http, in_use=in_use)
    if role is None:
        return session
    if session is None:
        raise NotSignedIn("You are not signed in.", remedy="Sign in.")
    if not session.user.role.may(role):
        raise RoleNeeded(role)
    return session


def _is_known_device(http: Request) -> bool:
    desk: Desk = http.app.state.desk
    token = http.cookies.get(DEVICE)
    return bool(token and desk.accounts.knows_device(token))


def _session(http: Request, *, in_use: bool) -> Session | None:
    desk: Desk = http.app.state.desk
    token = http.cookies.get(COOKIE)
    if not token:
        return None
    try:
        return desk.accounts.session(token, in_use=in_use)
    except NotSignedIn:
        return None
