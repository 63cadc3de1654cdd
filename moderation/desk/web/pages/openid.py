"""Pages to sign in at a provider of OpenID Connect, and to link an account to it."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from moderation.desk.accounts.identities import LIFETIME, new_browser
from moderation.desk.accounts.login import Hashing
from moderation.desk.errors import (
    NoSuchThing,
    NotLinked,
    ProviderFailed,
    ProviderRefused,
    SignInOver,
    TooManyTries,
    WrongPassword,
)
from moderation.desk.types import PendingSignIn, Role, RoleRules, Session
from moderation.desk.web.pages.account import (
    HASHING,
    filled_again,
    own_address,
    set_cookie,
    sign_in_form,
    with_session,
)
from moderation.desk.web.request import (
    DEVICE,
    KEPT,
    PREFIX,
    DeskRequest,
    by_https,
    require_role,
)
from moderation.errors import InvalidInput, ModerationError
from moderation.service.request import settings_of

if TYPE_CHECKING:
    # Its library is installed only where there is a provider.
    from moderation.desk.accounts.openid import Provider

CALLBACK = "/sign-in/callback"
BROWSER = "moderation_desk_sign_in"
"""The cookie by which a browser is known that has begun to sign in: nobody's link finishes it."""
WAITING = Hashing(threads=(4, 2))
"""The threads that wait for the provider: it may be slow, and others work on meanwhile."""


@require_role(None, WAITING)
def begin(request: DeskRequest) -> Response:
    """Send somebody to the provider."""
    provider = _provider(request)
    next_path, kept = request.form.get("next"), request.form.starting(KEPT)
    browser = request.http.cookies.get(BROWSER) or new_browser()
    scheme = "https" if by_https(request.http) else "http"
    redirect = f"{scheme}://{request.http.url.netloc}{PREFIX}{CALLBACK}"
    try:
        asked = provider.authorize(redirect)
        pending = PendingSignIn(asked, next_path, kept)
        request.desk.identities.begin(pending, browser, request.address)
    except (ProviderFailed, TooManyTries) as error:
        return sign_in_form(request, next_path, kept, error)
    # A page that goes on by itself: browsers let a form lead to no other site, not even by a
    # redirection.
    response = request.render("people/leaving.html", address=asked.address, provider=provider.name)
    set_cookie(request, response, BROWSER, browser, LIFETIME)
    return response


@require_role(None, WAITING)
def callback(request: DeskRequest) -> Response:
    """Begin a session for somebody who comes back from the provider."""
    provider, state = _provider(request), request.query.get("state", "")
    identities = request.desk.identities
    try:
        pending = identities.take(state, request.http.cookies.get(BROWSER, ""))
    except SignInOver as error:
        if request.session is not None:
            # Whoever loads the page again has signed in already.
            return request.redirect("")
        return sign_in_form(request, "", {}, error)
    try:
        identity = provider.identify(pending.request, request.query)
    except (ProviderFailed, ProviderRefused) as error:
        return sign_in_form(request, pending.next_path, pending.kept, error)
    try:
        session = identities.sign_in(
            identity,
            _rules(request),
            provider.name,
            state=state,
            device=request.http.cookies.get(DEVICE, ""),
        )
    except ProviderRefused as error:
        return sign_in_form(request, pending.next_path, pending.kept, error)
    except NotLinked as error:
        identities.hold(state, identity)
        return _link_form(request, state, identity.name, error)
    return _finish(request, pending, session)


@require_role(None, HASHING)
def link(request: DeskRequest) -> Response:
    """Link an account to somebody whom the provider has signed in, and who knows its password."""
    provider, state = _provider(request), request.form.get("state")
    identities, accounts = request.desk.identities, request.desk.accounts
    try:
        pending, identity = identities.held(state, request.http.cookies.get(BROWSER, ""))
    except SignInOver as error:
        return sign_in_form(request, "", {}, error)
    known = request.http.cookies.get(DEVICE, "")
    try:
        user = accounts.confirm(
            request.form.get("name"),
            request.form.fields.get("password", ""),
            request.address,
            known,
            request.form.get("code"),
        )
        identities.link_own(user, identity)
        session = identities.sign_in(
            identity, _rules(request), provider.name, state=state, device=known
        )
    except (InvalidInput, NotLinked, ProviderRefused, TooManyTries, WrongPassword) as error:
        return _link_form(request, state, identity.name, error)
    return _finish(request, pending, session)


@require_role(Role.READER)
def kept(request: DeskRequest) -> Response:
    """Show what somebody has typed before they had to sign in again."""
    state, browser = request.query.get("state", ""), request.http.cookies.get(BROWSER, "")
    pending = request.desk.identities.kept(state, browser, request.user)
    page = filled_again(request, pending.next_path, pending.kept)
    return page or RedirectResponse(own_address(pending.next_path), HTTPStatus.SEE_OTHER)


def _finish(request: DeskRequest, pending: PendingSignIn, session: Session) -> Response:
    path = own_address(pending.next_path)
    if pending.kept:
        path = f"{PREFIX}/sign-in/kept?{urlencode({'state': pending.request.state})}"
    response = RedirectResponse(path, HTTPStatus.SEE_OTHER)
    return with_session(replace(request, session=session), response, session)


def _link_form(request: DeskRequest, state: str, name: str, error: ModerationError) -> Response:
    context: Mapping[str, object] = {
        "state": state,
        "name": name,
        "error": error,
        "provider": _provider(request).name,
        "codes": request.desk.second_factor.in_use(),
    }
    return request.render("people/link.html", error.status, **context)


def _provider(request: DeskRequest) -> "Provider":
    """Return the provider of the settings.

    Raises
    ------
    NoSuchThing
        If there is none.
    """
    provider: Provider | None = request.http.app.state.openid
    if provider is None:
        raise NoSuchThing("There is no such page.")
    return provider


def _rules(request: DeskRequest) -> RoleRules:
    return RoleRules.of(settings_of(request.http))
