"""Pages to sign in, to sign out, and to change one's own password."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

from starlette.responses import RedirectResponse, Response

from moderation.desk.accounts.codes import app_link, new_secret
from moderation.desk.accounts.login import Hashing
from moderation.desk.accounts.preferences import MAX_MINUTES
from moderation.desk.accounts.throttling import DEVICE_LIFETIME
from moderation.desk.errors import NotSavedYet, PasswordsOff, TooManyTries, WrongPassword
from moderation.desk.types import Blur, Preferences, Role, Session
from moderation.desk.web.forms import Form, read_filled
from moderation.desk.web.pages.comments import comment_page
from moderation.desk.web.pages.second_reviews import review_page
from moderation.desk.web.query import number_of, read_view
from moderation.desk.web.request import (
    COOKIE,
    DEVICE,
    KEPT,
    PREFIX,
    DeskRequest,
    Flash,
    by_https,
    require_role,
    sign_in_ways,
)
from moderation.errors import InvalidInput, ModerationError
from moderation.service.request import settings_of

HASHING = Hashing()
_COMMENT = re.compile(rf"{PREFIX}/(comments|second)/(\d{{1,18}})", re.ASCII)


@require_role(None)
def sign_in_page(request: DeskRequest) -> Response:
    """Ask for name and password."""
    return sign_in_form(request, request.query.get("next", ""), {})


@require_role(None, HASHING)
def sign_in(request: DeskRequest) -> Response:
    """Begin a session, and go to the page that was requested before."""
    next_path, provider = request.form.get("next"), request.http.app.state.openid
    lowest = Role.READER
    try:
        if provider is not None:
            lowest = _lowest_with_password(request, provider.name)
        # Not stripped: a password may begin or end with a blank.
        password = request.form.fields.get("password", "")
        session = request.desk.accounts.sign_in(
            request.form.get("name"),
            password,
            request.address,
            request.http.cookies.get(DEVICE, ""),
            request.form.get("code"),
            lowest=lowest,
            provider=provider.name if provider else "",
        )
    except (PasswordsOff, WrongPassword, TooManyTries) as error:
        return sign_in_form(request, next_path, request.form.starting(KEPT), error)
    kept = request.form.starting(KEPT)
    response = filled_again(replace(request, session=session), next_path, kept)
    response = response or RedirectResponse(own_address(next_path), HTTPStatus.SEE_OTHER)
    return with_session(request, response, session)


def _lowest_with_password(request: DeskRequest, provider: str) -> Role:
    """Return the lowest role that may sign in with a password, beside a provider."""
    match settings_of(request.http).oidc_passwords:
        case "nobody":
            raise PasswordsOff(provider)
        case "admins":
            return Role.ADMIN
    return Role.READER


def with_session(request: DeskRequest, response: Response, session: Session) -> Response:
    """Return a response with the cookies of a session that has begun."""
    if before := request.http.cookies.get(COOKIE):
        # Its cookie is overwritten: nobody could end that session any more.
        request.desk.accounts.sign_out(before)
    set_cookie(request, response, COOKIE, session.token)
    set_cookie(request, response, DEVICE, session.device, DEVICE_LIFETIME)
    return response


def filled_again(
    request: DeskRequest, next_path: str, fields: Mapping[str, str]
) -> Response | None:
    """Return the page of a comment with what was typed before, to be sent once more.

    None if nothing was typed, or not about a comment.
    """
    number = _COMMENT.fullmatch(next_path)
    if not fields or number is None:
        return None
    kept = Form(dict(fields))
    request.http.scope["path_params"] = {"number": number[2]}
    again = replace(request, form=kept)
    if number[1] == "second":
        return review_page(again, read_filled(kept), NotSavedYet())
    return comment_page(again, read_view(kept.fields), read_filled(kept), NotSavedYet())


@require_role(Role.READER)
def sign_out(request: DeskRequest) -> Response:
    """End the session."""
    request.desk.accounts.sign_out(request.http.cookies[COOKIE])
    response = request.redirect("/sign-in")
    response.delete_cookie(COOKIE, path=PREFIX)
    return response


@require_role(Role.READER)
def password_page(request: DeskRequest) -> Response:
    """Ask for a new password, or for the first code of an app."""
    return _password_form(request)


@require_role(Role.READER, HASHING)
def password(request: DeskRequest) -> Response:
    """Change one's own password, which ends all sessions begun with the old one."""
    accounts, name = request.desk.accounts, request.user.name
    try:
        # Whoever finds an open desk must not be able to keep it.
        accounts.check_password(request.user, request.form.fields.get("old", ""))
        accounts.change(request.user, name, password=request.form.fields.get("new", ""))
    except ModerationError as error:
        return _password_form(request, error)
    return request.redirect("/sign-in", {}, Flash("password_set"))


@require_role(Role.READER, HASHING)
def code(request: DeskRequest) -> Response:
    """Turn on or off the codes with which one signs in."""
    accounts, form, user = request.desk.accounts, request.form, request.user
    turns_on = form.get("act") == "on"
    try:
        accounts.check_password(user, form.fields.get("old", ""))
        if turns_on:
            request.desk.second_factor.turn_on(user, form.get("secret"), form.get("code"))
        else:
            request.desk.second_factor.turn_off(user, user.name, form.get("code"))
    except ModerationError as error:
        return _password_form(request, error, form.get("secret"))
    return request.redirect("/password", {}, Flash("code_on" if turns_on else "code_off"))


@require_role(Role.READER)
def preferences(request: DeskRequest) -> Response:
    """Keep one's own preferences."""
    blur, minutes = request.form.get("blur"), number_of(request.form.get("pause_minutes"))
    if blur not in set(Blur):
        raise InvalidInput("There is no such choice.", where="blur")
    try:
        # Another value than a number is refused as one that is out of range.
        chosen = Preferences(Blur(blur), -1 if minutes is None else minutes)
        request.desk.preferences.save(request.user, chosen)
    except InvalidInput as error:
        return _password_form(request, error)
    return request.redirect("/password", {}, Flash("preferences_saved"))


@require_role(None)
def reset_page(request: DeskRequest) -> Response:
    """Ask whoever has a valid link for a new password."""
    return _reset_form(request, request.query.get("token", ""))


@require_role(None, HASHING)
def reset(request: DeskRequest) -> Response:
    """Set a new password by a link, which then is not valid any more."""
    token, known = request.form.get("token"), request.http.cookies.get(DEVICE, "")
    try:
        new = request.form.fields.get("new", "")
        device = request.desk.resets.use(token, new, known)
    except InvalidInput as error:
        return _reset_form(request, token, error)
    response = request.redirect("/sign-in", {}, Flash("password_set"))
    set_cookie(request, response, DEVICE, device, DEVICE_LIFETIME)
    return response


def own_address(address: str) -> str:
    """Return an address if it is one of the desk's pages, else the desk's first page."""
    path = address.partition("?")[0]
    is_own = f"{path}/".startswith(f"{PREFIX}/") and address.isprintable()
    return address if is_own and not any(part in path for part in ("..", "//", "\\")) else PREFIX


def set_cookie(
    request: DeskRequest, response: Response, name: str, value: str, age: timedelta | None = None
) -> None:
    """Set a cookie of the desk, which no script can read."""
    response.set_cookie(
        name,
        value,
        max_age=int(age.total_seconds()) if age else None,
        path=PREFIX,
        secure=by_https(request.http),
        httponly=True,
        samesite="lax",
    )


def _password_form(
    request: DeskRequest, error: ModerationError | None = None, secret: str = ""
) -> Response:
    secret = secret or new_secret()
    return request.render(
        "people/password.html",
        error.status if error else HTTPStatus.OK,
        here="account",
        error=error,
        secret=secret,
        app_link=app_link(secret, request.user.name),
        most_minutes=MAX_MINUTES,
    )


def _reset_form(request: DeskRequest, token: str, error: ModerationError | None = None) -> Response:
    return request.render(
        "people/reset.html",
        error.status if error else HTTPStatus.OK,
        user=request.desk.resets.user(token),
        token=token,
        error=error,
    )


def sign_in_form(
    request: DeskRequest,
    next_path: str,
    kept: Mapping[str, str],
    error: ModerationError | None = None,
) -> Response:
    """Return the page to sign in.

    Parameters
    ----------
    request : DeskRequest
    next_path : str
        The page to which it leads.
    kept : mapping of str to str
        What somebody has typed, to be kept until then.
    error : ModerationError, optional
    """
    return request.render(
        "people/sign_in.html",
        error.status if error else HTTPStatus.OK,
        next_path=next_path,
        kept=kept,
        error=error,
        empty=not request.desk.accounts.users(),
        codes=request.desk.second_factor.in_use(),
        **sign_in_ways(request.http),
    )
