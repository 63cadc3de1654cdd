"""Rendering of the desk's pages: templates in each language, with the names and filters they use.

A page shows an error in its own language (`words_for`): the error's message and remedy are looked
up in the catalogue without their values, or replaced by a sentence of the desk's, by its code.
"""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from moderation import __version__
from moderation.database.tables import COMMAND
from moderation.desk.errors import RoleNeeded, TooManyTries
from moderation.desk.types import Blur, Queue, RejectionReason, Role, Sort
from moderation.desk.web.i18n import Translatable, Translator, gettext_noop, translator
from moderation.desk.web.vocabulary import VOCABULARY, names_in
from moderation.errors import ModerationError
from moderation.service.request import settings_of
from moderation.service.security import DESK_HEADERS
from moderation.taxonomy import ATTRIBUTES, Attribute, Label
from moderation.text.display import inert, name_pieces

TEMPLATES = Path(__file__).parent / "templates"
MAX_NAME = 80
"""Most characters of a name, a title or an address on a page."""
MAX_VALUE = 300
"""Most characters of a value in an error's message."""
_LINE = re.compile(r"line ([0-9]{1,18})(?:, (\w+))?", re.ASCII)
_CELL = re.compile(r"sheet “(.*)”, row ([0-9]{1,18})(?:, column ([A-Z]{1,3}))?", re.DOTALL)
"""The place that an error in a file names."""


class ErrorText(NamedTuple):
    """An error's message and remedy, as a page shows them; the remedy may be blank."""

    text: str
    remedy: str


class ErrorSentence(NamedTuple):
    """A sentence that the desk shows in place of an error's own message, or around it.

    Parameters
    ----------
    text : Translatable
        With the placeholders ``%(message)s`` and ``%(where)s``, if it needs them.
    remedy : Translatable, optional
        The error's own if None.
    """

    text: Translatable
    remedy: Translatable | None = None


SENTENCES: Mapping[str, ErrorSentence] = {
    "foreign_origin": ErrorSentence(
        gettext_noop("The form was sent from a page of another site."),
        gettext_noop(
            "Open the desk and try again there. If this was the desk’s own page, tell whoever runs "
            "it: the proxy in front of it must pass on the Host header, or the setting “hosts” "
            "must name it."
        ),
    ),
    "unknown_host": ErrorSentence(
        gettext_noop("The desk cannot be reached under the name in this address."),
        gettext_noop(
            "Use the desk’s own address, or ask whoever runs it to add this name to the setting "
            "“hosts”."
        ),
    ),
    "refused": ErrorSentence(
        gettext_noop("The form took too long to arrive."), gettext_noop("Try again.")
    ),
    "too_large": ErrorSentence(
        gettext_noop("What you sent is too large."), gettext_noop("Split it into smaller parts.")
    ),
    "not_ready": ErrorSentence(
        gettext_noop("The model is still loading."), gettext_noop("Try again in a moment.")
    ),
    "internal_error": ErrorSentence(
        gettext_noop("Something went wrong on the server."),
        gettext_noop("Tell whoever runs the desk the request’s id: %(id)s."),
    ),
    "not_found": ErrorSentence(
        gettext_noop("There is no such page."), gettext_noop("Check the address.")
    ),
    "method_not_allowed": ErrorSentence(
        gettext_noop("This page does not take such a request."),
        gettext_noop("Use the links and buttons of the desk."),
    ),
    "too_many_tries": ErrorSentence(gettext_noop("Too many wrong passwords.")),
    "crowded": ErrorSentence(gettext_noop("Too many people are signing in at once.")),
    "invalid_ruling": ErrorSentence(
        gettext_noop("This cannot be saved: %(message)s"),
        gettext_noop("Correct it below; nothing has been saved yet."),
    ),
    "database_error": ErrorSentence(
        gettext_noop("The desk’s database cannot be used: %(message)s"),
        gettext_noop("Try again; if it happens again, tell whoever runs the desk."),
    ),
    "unanswered": ErrorSentence(
        gettext_noop("The connection to the database broke before it confirmed the change."),
        gettext_noop("Check whether the change was made before you repeat it."),
    ),
    "invalid_policy": ErrorSentence(
        gettext_noop("The policy was not saved (%(where)s): %(message)s"),
    ),
    "invalid_model": ErrorSentence(
        gettext_noop("The model cannot be used (%(where)s): %(message)s")
    ),
}
"""The desk's sentences by the error's code; of other errors it shows their own message."""

IN_LINE = gettext_noop("Line %(line)s: %(message)s")
IN_FIELD = gettext_noop("Line %(line)s, %(field)s: %(message)s")
IN_ROW = gettext_noop("Sheet “%(sheet)s”, row %(row)s: %(message)s")
IN_CELL = gettext_noop("Sheet “%(sheet)s”, row %(row)s, column %(column)s: %(message)s")
ROLE_NEEDED = gettext_noop("This needs the role “%(role)s”.")


def words_for(error: ModerationError, translator: Translator) -> ErrorText:
    """Return an error's message and remedy in the language of a page."""
    return ErrorText(_message(error, translator), _remedy(error, translator))


@cache
def templates_in(language: str) -> Jinja2Templates:
    """Return the templates of a language, in an environment of their own."""
    chosen = translator(language)
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_translations(chosen.translations, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    env.filters.update(
        moment=partial(_moment, chosen),
        day=chosen.day,
        number=chosen.number,
        decimal=chosen.decimal,
        compact=chosen.compact,
        percent=chosen.percent,
        score=chosen.decimal,
        name=_name,
        language_name=chosen.language_name,
        inert=inert,
        with_values=_with_values,
    )
    env.globals.update(
        language=language,
        is_reviewed=chosen.is_reviewed,
        names=names_in(chosen),
        words_for=partial(words_for, translator=chosen),
        ATTRIBUTES=ATTRIBUTES,
        HARMFUL=[attribute for attribute in ATTRIBUTES if attribute.harmful],
        MARKS=_marks(),
        LABELS=list(Label),
        QUEUES=list(Queue),
        SORTS=list(Sort),
        REASONS=list(RejectionReason),
        ROLES=list(Role),
        BLURS=list(Blur),
        Role=Role,
        COMMAND=COMMAND,
        version=__version__,
        new_token=lambda: secrets.token_urlsafe(16),
    )
    return Jinja2Templates(env=env)


def _marks() -> list[tuple[Attribute, int | None]]:
    """Return the attributes that evidence can have, each with its digit.

    A digit is that of the reason for a rejection with the same name, so that it means one thing
    whether or not words are selected; attributes that are no such reason have none.
    """
    digits = {reason.value: digit for digit, reason in enumerate(RejectionReason, 1)}
    marks = [(each, digits.get(each.name)) for each in ATTRIBUTES if each.harmful]
    return sorted(marks, key=lambda mark: mark[1] or len(digits) + 1)


def render(
    request: Request, template: str, status: int = HTTPStatus.OK, **context: Any
) -> Response:
    """Return a page of the desk, in the language of the setting `desk_language`."""
    templates = templates_in(settings_of(request).desk_language)
    response = templates.TemplateResponse(request, template, context, status_code=status)
    response.headers.update(DESK_HEADERS)
    return response


def _message(error: ModerationError, translator: Translator) -> str:
    if isinstance(error, RoleNeeded):
        role = translator.translate(VOCABULARY["role"][error.needed])
        return translator.translate(ROLE_NEEDED, {"role": role})
    message = _plain(translator.translate(error.template, _values(error)))
    sentence = SENTENCES.get(error.code)
    if sentence is None:
        return _placed(message, error.where, translator)
    return translator.translate(sentence.text, {"message": message, "where": _plain(error.where)})


def _placed(message: str, where: str, translator: Translator) -> str:
    cell = _CELL.fullmatch(where)
    if cell is not None:
        values = {"row": cell[2], "column": cell[3], "message": message, "sheet": _plain(cell[1])}
        return translator.translate(IN_CELL if cell[3] else IN_ROW, values)
    line = _LINE.fullmatch(where)
    if line is None:
        return message
    values = {"line": line[1], "field": line[2], "message": message}
    return translator.translate(IN_FIELD if line[2] else IN_LINE, values)


def _remedy(error: ModerationError, translator: Translator) -> str:
    if isinstance(error, TooManyTries):
        return translator.plural(
            "Try again in %(number)s second.", "Try again in %(number)s seconds.", error.wait
        )
    sentence = SENTENCES.get(error.code)
    if sentence is not None and sentence.remedy is not None:
        return translator.translate(sentence.remedy, _values(error))
    if not error.remedy_template:
        return ""
    return translator.translate(error.remedy_template, _values(error))


def _values(error: ModerationError) -> dict[str, str]:
    return {name: _plain(value) for name, value in error.values.items()}


def _plain(value: object) -> str:
    return inert(str(value), MAX_VALUE)


def _name(text: str | None, most: int = MAX_NAME) -> Markup:
    """Return a name that somebody else chose, kept from turning the words around it.

    Characters that nobody sees are shown by name, so that it does not pass for another's.
    """
    pieces = (
        Markup('<span class="odd" data-odd="{}"></span>').format(piece.text)
        if piece.odd
        else escape(piece.text)
        for piece in name_pieces(text or "", most)
    )
    return Markup('<bdi class="name">{}</bdi>').format(Markup().join(pieces))


def _with_values(text: str, **values: object) -> Markup:
    """Return a message with its values, escaped unless they are markup."""
    return escape(text) % values


def _moment(translator: Translator, time: datetime) -> Markup:
    """Return a time as an element that programs can read too."""
    return Markup('<time datetime="{}">{}</time>').format(
        time.isoformat(timespec="seconds"), translator.time(time)
    )
