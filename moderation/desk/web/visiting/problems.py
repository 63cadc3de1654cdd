"""Whatever goes wrong at the desk, told as a page."""

from http import HTTPStatus
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from moderation.desk.errors import NotSignedIn
from moderation.desk.web.showing.templates import render
from moderation.desk.web.visiting.visit import PREFIX
from moderation.errors import ModerationError


def tell(error: ModerationError, scope: Scope) -> Response:
    """Return the page of an error; whoever is not signed in is asked to do so first."""
    request = Request(scope)
    if isinstance(error, NotSignedIn):
        path = request.url.path if request.method == "GET" else PREFIX
        asked = f"?{request.url.query}" if request.method == "GET" and request.url.query else ""
        return RedirectResponse(
            f"{PREFIX}/sign-in?next={quote(path + asked, safe='')}", HTTPStatus.SEE_OTHER
        )
    return render(request, "problem.html", error.status, session=None, error=error)
