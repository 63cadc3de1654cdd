"""Whether a request comes from the desk's own pages."""

import hmac
from http import HTTPStatus

from starlette.requests import Request

from moderation.desk.errors import DeskError


class ForeignRequest(DeskError):
    """A form was sent from another site, or from a page that is too old."""

    code = "foreign_request"
    status = HTTPStatus.FORBIDDEN


def check_origin(request: Request) -> None:
    """Refuse what a browser says another site has sent.

    Every browser of today says so in one of two headers; a program that sends neither has no
    cookie that another site could borrow.

    Raises
    ------
    ForeignRequest
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        own = site in {"same-origin", "none"}
    elif origin is not None:
        own = origin.partition("://")[2] == request.headers.get("host")
    else:
        own = True
    if not own:
        raise ForeignRequest(
            "The form was sent from another site.", remedy="Open the desk and try again there."
        )


def check_token(sent: str, csrf: str) -> None:
    """Refuse a form that does not carry its session's token.

    Raises
    ------
    ForeignRequest
    """
    if not hmac.compare_digest(sent.encode(), csrf.encode()):
        raise ForeignRequest(
            "The form is not of this visit.", remedy="Load the page anew and try again."
        )
