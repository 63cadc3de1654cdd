"""Errors as a page shows them, in its language."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from moderation.desk.errors import RoleNeeded, TooManyTries
from moderation.desk.web.i18n import Message, Translator, gettext_noop
from moderation.desk.web.vocabulary import VOCABULARY
from moderation.errors import ModerationError
from moderation.text.display import inert

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
