"""Whether a request comes from the desk's own pages."""

import hmac
from http import HTTPStatus

from starlette.requests import Request

from moderation.desk.errors import DeskError
from moderation.service.http import origin


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
    origin.check_origin(request.scope, request.app.state.hosts)


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
