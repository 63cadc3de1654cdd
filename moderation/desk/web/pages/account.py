"""Signing in and out, and one's own password."""

from http import HTTPStatus

from starlette.responses import RedirectResponse, Response

from moderation.desk.accounts.login import Hashing
from moderation.desk.accounts.throttling import DEVICE_LIFETIME
from moderation.desk.errors import TooManyTries, WrongPassword
from moderation.desk.types import Role
from moderation.desk.web.request import COOKIE, DEVICE, PREFIX, Visit, by_https, require_role
from moderation.errors import ModerationError

HASHING = Hashing()


@require_role(None)
def sign_in_page(visit: Visit) -> Response:
    """Ask for name and password."""
    return _form(visit, visit.query.get("next", ""))


@require_role(None, HASHING)
def sign_in(visit: Visit) -> Response:
    """Begin a session, and go where the person was on the way to."""
    aim = visit.form.get("next")
    try:
        # Not stripped: a password may begin or end with a blank.
        password = visit.form.fields.get("password", "")
        known = visit.request.cookies.get(DEVICE, "")
        session = visit.desk.accounts.sign_in(
            visit.form.get("name"), password, visit.address, known
        )
    except (WrongPassword, TooManyTries) as error:
        return _form(visit, aim, error)
    if before := visit.request.cookies.get(COOKIE):
        # Its cookie is overwritten: nobody could end that visit any more.
        visit.desk.accounts.sign_out(before)
    response = RedirectResponse(own_address(aim), HTTPStatus.SEE_OTHER)
    for name, value, age in (
        (COOKIE, session.token, None),
        (DEVICE, session.device, int(DEVICE_LIFETIME.total_seconds())),
    ):
        response.set_cookie(
            name,
            value,
            max_age=age,
            path=PREFIX,
            secure=by_https(visit.request),
            httponly=True,
            samesite="lax",
        )
    return response


@require_role(Role.READER)
def sign_out(visit: Visit) -> Response:
    """End the session."""
    visit.desk.accounts.sign_out(visit.request.cookies[COOKIE])
    response = visit.go("/sign-in")
    response.delete_cookie(COOKIE, path=PREFIX)
    return response


@require_role(Role.READER)
def password_page(visit: Visit) -> Response:
    """Ask for a new password."""
    return visit.page("people/password.html", error=None)


@require_role(Role.READER, HASHING)
def password(visit: Visit) -> Response:
    """Change one's own password, which ends all visits with the old one."""
    accounts, name = visit.desk.accounts, visit.user.name
    try:
        # Whoever finds an open desk must not be able to keep it.
        accounts.check_password(visit.user, visit.form.fields.get("old", ""))
        accounts.change(visit.user, name, password=visit.form.fields.get("new", ""))
    except ModerationError as error:
        return visit.page("people/password.html", error.status, error=error)
    return visit.go("/sign-in")


def own_address(aim: str) -> str:
    """Return an address if it is one of the desk's pages, else the desk's first page."""
    path = aim.partition("?")[0]
    own = f"{path}/".startswith(f"{PREFIX}/") and aim.isprintable()
    return aim if own and not any(part in path for part in ("..", "//", "\\")) else PREFIX


def _form(visit: Visit, aim: str, error: ModerationError | None = None) -> Response:
    return visit.page(
        "people/sign_in.html",
        error.status if error else HTTPStatus.OK,
        aim=aim,
        error=error,
        empty=not visit.desk.accounts.users(),
    )
