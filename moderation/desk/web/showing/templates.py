"""The templates, and what all of them may ask."""

import secrets
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi.templating import Jinja2Templates
from jinja2 import StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from moderation import __version__
from moderation.database.audit import COMMAND
from moderation.desk.web.showing.catalogue import read_catalogue
from moderation.desk.web.showing.errors import words_for
from moderation.desk.words import Queue, Reason, Role, Sort
from moderation.service.http.security import DESK_HEADERS
from moderation.taxonomy import ATTRIBUTES, Label
from moderation.text.display import inert

HERE = Path(__file__).parent.parent
NAME = 80
"""Most characters of a name, a title or an address on a page."""

templates = Jinja2Templates(directory=HERE / "templates")
templates.env.undefined = StrictUndefined
templates.env.trim_blocks = templates.env.lstrip_blocks = True


def moment(time: datetime) -> Markup:
    """Return a time as an element that programs can read too."""
    return Markup('<time datetime="{}">{}</time>').format(
        time.isoformat(timespec="seconds"), time.strftime("%Y-%m-%d %H:%M UTC")
    )


def score(value: float) -> str:
    """Return a score as people read it."""
    return f"{value:.2f}"


def name(text: str | None, most: int = NAME) -> Markup:
    """Return a name that somebody else chose, which can do nothing to the words beside it."""
    return Markup('<bdi class="name">{}</bdi>').format(inert(text, most))


templates.env.filters.update(moment=moment, score=score, name=name, inert=inert)
templates.env.globals.update(
    t=read_catalogue(),
    words_for=words_for,
    ATTRIBUTES=ATTRIBUTES,
    HARMFUL=[each for each in ATTRIBUTES if each.harmful],
    LABELS=list(Label),
    QUEUES=list(Queue),
    SORTS=list(Sort),
    REASONS=list(Reason),
    ROLES=list(Role),
    Role=Role,
    COMMAND=COMMAND,
    version=__version__,
    new_token=lambda: secrets.token_urlsafe(16),
)


def render(
    request: Request, template: str, status: int = HTTPStatus.OK, **context: Any
) -> Response:
    """Return a page of the desk."""
    response = templates.TemplateResponse(request, template, context, status_code=status)
    response.headers.update(DESK_HEADERS)
    return response
