"""Whatever goes wrong at the desk, told as a page."""

import re
from http import HTTPStatus
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from moderation.desk.errors import NotSignedIn
from moderation.desk.web.showing.templates import render
from moderation.desk.web.visiting.told import Flash, flash
from moderation.desk.web.visiting.visit import PREFIX
from moderation.errors import ModerationError

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
