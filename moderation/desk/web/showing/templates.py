"""The templates of the desk's pages in each language, and what all of them may ask."""

import secrets
from datetime import datetime
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from moderation import __version__
from moderation.database.audit import COMMAND
from moderation.desk.web.i18n import Translator, translator
from moderation.desk.web.showing.errors import words_for
from moderation.desk.web.vocabulary import names_in
from moderation.desk.words import Queue, RejectionReason, Role, Sort
from moderation.service.http.security import DESK_HEADERS
from moderation.service.state import settings_of
from moderation.taxonomy import ATTRIBUTES, Label
from moderation.text.display import inert

HERE = Path(__file__).parent.parent
NAME = 80
"""Most characters of a name, a title or an address on a page."""


def name(text: str | None, most: int = NAME) -> Markup:
    """Return a name that somebody else chose, which can do nothing to the words beside it."""
    return Markup('<bdi class="name">{}</bdi>').format(inert(text, most))


def with_values(text: str, **values: object) -> Markup:
    """Return a message with its values; what is no element among them is escaped."""
    return escape(text) % values


def _moment(language: Translator, time: datetime) -> Markup:
    """Return a time as an element that programs can read too."""
    return Markup('<time datetime="{}">{}</time>').format(
        time.isoformat(timespec="seconds"), language.time(time)
    )


@cache
def templates_in(language: str) -> Jinja2Templates:
    """Return the templates of a language: each has an environment, whose macros speak it too."""
    spoken = translator(language)
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_translations(spoken.translations, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    env.filters.update(
        moment=partial(_moment, spoken),
        number=spoken.number,
        decimal=spoken.decimal,
        compact=spoken.compact,
        percent=spoken.percent,
        score=spoken.decimal,
        name=name,
        inert=inert,
        with_values=with_values,
    )
    env.globals.update(
        language=language,
        is_reviewed=spoken.is_reviewed,
        names=names_in(spoken),
        words_for=partial(words_for, translator=spoken),
        ATTRIBUTES=ATTRIBUTES,
        HARMFUL=[each for each in ATTRIBUTES if each.harmful],
        LABELS=list(Label),
        QUEUES=list(Queue),
        SORTS=list(Sort),
        REASONS=list(RejectionReason),
        ROLES=list(Role),
        Role=Role,
        COMMAND=COMMAND,
        version=__version__,
        new_token=lambda: secrets.token_urlsafe(16),
    )
    return Jinja2Templates(env=env)


def render(
    request: Request, template: str, status: int = HTTPStatus.OK, **context: Any
) -> Response:
    """Return a page of the desk, in the language of the setting `desk_language`."""
    templates = templates_in(settings_of(request).desk_language)
    response = templates.TemplateResponse(request, template, context, status_code=status)
    response.headers.update(DESK_HEADERS)
    return response
