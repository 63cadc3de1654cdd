"""The templates of the desk's pages in each language, and what all of them may ask."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
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
from moderation.desk.types import Queue, RejectionReason, Role, Sort
from moderation.desk.web.i18n import Message, Translator, gettext_noop, translator
from moderation.desk.web.vocabulary import VOCABULARY, names_in
from moderation.errors import ModerationError
from moderation.service.request import settings_of
from moderation.service.security import DESK_HEADERS
from moderation.taxonomy import ATTRIBUTES, Attribute, Label
from moderation.text.display import inert

# FOLDED scores: A verdict's scores, explained.

LEVELS = ((0.8, "high"), (0.5, "likely"), (0.2, "unsure"), (0.0, "low"))
"""How a score is put in words, from which score on."""
WORTH_SHOWING = 0.2


@dataclass(frozen=True, slots=True)
class ExplainedScore:
    """A score as a person reads it.

    Parameters
    ----------
    attribute : Attribute
    value : float
    level : str
        The key of the words for it.
    threshold : float or None
        From where on the policy in use acts, if it looks at the attribute.
    shown : bool
        Whether it is shown at once; the others are folded away.
    """

    attribute: Attribute
    value: float
    level: str
    threshold: float | None
    shown: bool

    @property
    def over(self) -> bool:
        """Whether the policy in use acts on it."""
        return self.threshold is not None and self.value >= self.threshold


def explain(scores: Mapping[str, float], thresholds: Mapping[str, float]) -> list[ExplainedScore]:
    """Return all scores, those that speak against a comment first, highest first."""
    told = []
    for attribute in ATTRIBUTES:
        value = scores.get(attribute.name, 0.0)
        limit = thresholds.get(attribute.name)
        level = next(words for least, words in LEVELS if value >= least)
        shown = value >= min(WORTH_SHOWING, 1.0 if limit is None else limit)
        told.append(ExplainedScore(attribute, value, level, limit, shown))
    return sorted(told, key=lambda each: (not each.attribute.harmful, -each.value))


# FOLDED errors: Errors as a page shows them, in its language.

MOST = 300
LINE = re.compile(r"line ([0-9]{1,18})(?:, (\w+))?", re.ASCII)
"""The place that an error in a file names."""


class ErrorText(NamedTuple):
    """What a page says of an error: what is wrong, and what to do about it, if anything."""

    text: str
    remedy: str


class Sentence(NamedTuple):
    """What the desk says in place of an error's own message, or around it.

    Parameters
    ----------
    text : Message
        May have the error's own message and place in it.
    remedy : Message, optional
    """

    text: Message
    remedy: Message | None = None


SENTENCES: Mapping[str, Sentence] = {
    "foreign_origin": Sentence(
        gettext_noop("The form was sent from a page of another site."),
        gettext_noop(
            "Open the desk and try again there. If this was the desk’s own page, tell whoever runs "
            "it: the proxy in front of it must pass on the Host header, or the setting “hosts” "
            "must name it."
        ),
    ),
    "unknown_host": Sentence(
        gettext_noop("The desk cannot be reached under the name in this address."),
        gettext_noop(
            "Use the desk’s own address, or ask whoever runs it to add this name to the setting "
            "“hosts”."
        ),
    ),
    "refused": Sentence(
        gettext_noop("The form took too long to arrive."), gettext_noop("Try again.")
    ),
    "too_large": Sentence(
        gettext_noop("What you sent is too large."), gettext_noop("Split it into smaller parts.")
    ),
    "not_ready": Sentence(
        gettext_noop("The model is still loading."), gettext_noop("Try again in a moment.")
    ),
    # What to do about it names the request's id, in the service's own words.
    "internal_error": Sentence(gettext_noop("Something went wrong on the server.")),
    "too_many_tries": Sentence(gettext_noop("Too many wrong passwords.")),
    "crowded": Sentence(gettext_noop("Too many people are signing in at once.")),
    "invalid_ruling": Sentence(
        gettext_noop("This cannot be saved: %(message)s"),
        gettext_noop("Correct it below; nothing has been saved yet."),
    ),
    "database_error": Sentence(
        gettext_noop("The desk’s database cannot be used: %(message)s"),
        gettext_noop("Try again; if it happens again, tell whoever runs the desk."),
    ),
    "unanswered": Sentence(
        gettext_noop("The connection to the database broke before it confirmed the change."),
        gettext_noop("Check whether the change was made before you repeat it."),
    ),
    "invalid_policy": Sentence(
        gettext_noop("The policy was not saved (%(where)s): %(message)s"),
    ),
    "invalid_model": Sentence(gettext_noop("The model cannot be used (%(where)s): %(message)s")),
}
"""Sentences of the desk's own, by the error's code; other errors say their own message."""

IN_LINE = gettext_noop("Line %(line)s: %(message)s")
IN_FIELD = gettext_noop("Line %(line)s, %(field)s: %(message)s")
ROLE_NEEDED = gettext_noop("This needs the role “%(role)s”.")


def words_for(error: ModerationError, translator: Translator) -> ErrorText:
    """Return an error's words in the language of a page."""
    return ErrorText(_text(error, translator), _remedy(error, translator))


def _text(error: ModerationError, translator: Translator) -> str:
    if isinstance(error, RoleNeeded):
        role = translator.translate(VOCABULARY["role"][error.needed])
        return translator.translate(ROLE_NEEDED, {"role": role})
    shown = {name: _plain(value) for name, value in error.values.items()}
    message = _plain(translator.translate(error.template, shown))
    sentence = SENTENCES.get(error.code)
    if sentence is None:
        return _placed(message, error.where, translator)
    return translator.translate(sentence.text, {"message": message, "where": _plain(error.where)})


def _placed(message: str, where: str, translator: Translator) -> str:
    line = LINE.fullmatch(where)
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
        return translator.translate(sentence.remedy)
    return translator.translate(error.remedy) if error.remedy else ""


def _plain(value: object) -> str:
    return inert(str(value), MOST)


HERE = Path(__file__).parent
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
