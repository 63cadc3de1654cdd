"""Languages of the desk: gettext catalogues, numbers and times.

Message ids are the English sentences themselves, so English needs no catalogue. Each other language
has a folder in ``locale``; ``moderation.desk.web.extraction`` brings its catalogue up to date.
"""

import gettext
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal, format_percent

FOLDER = Path(__file__).parent / "locale"
DOMAIN = "desk"
"""The name of the catalogues' files."""
SOURCE = "en"
"""The language of the message ids."""
FORMATS = {"en": "en_GB"}
"""Locales whose numbers and times are used, where the language alone would choose another."""
UNREVIEWED = "unreviewed"
"""The last translator in the header of a catalogue that no native speaker has read."""


class Translatable(NamedTuple):
    """A message that is translated when it is shown.

    Parameters
    ----------
    text : str
        English, with placeholders as ``%(name)s``.
    context : str
        Distinguishes the meanings of one English text in two places; blank where it has one.
    """

    text: str
    context: str = ""


def gettext_noop(text: str) -> Translatable:
    """Mark a message for translation without translating it yet."""
    return Translatable(text)


def pgettext_noop(context: str, text: str) -> Translatable:
    """Mark a message that has a context for translation without translating it yet."""
    return Translatable(text, context)


class Translator:
    """Messages, numbers and times in one language.

    Parameters
    ----------
    language : str
        As in HTML's ``lang``.
    translations : gettext.NullTranslations
    """

    def __init__(self, language: str, translations: gettext.NullTranslations) -> None:
        self.language = language
        self.translations = translations
        self.locale = Locale.parse(FORMATS.get(language, language))

    @property
    def is_reviewed(self) -> bool:
        """True if a native speaker has read the catalogue."""
        return self.translations.info().get("last-translator") != UNREVIEWED

    def translate(
        self, message: Translatable | str, values: Mapping[str, object] | None = None
    ) -> str:
        """Return a message in this language, with its values filled in."""
        if isinstance(message, str):
            message = Translatable(message)
        if message.context:
            text = self.translations.pgettext(message.context, message.text)
        else:
            text = self.translations.gettext(message.text)
        return text % values if values else text

    def plural(self, one: str, many: str, number: int) -> str:
        """Return the form of a message for a number, with the number as ``%(number)s``."""
        text = self.translations.ngettext(one, many, number)
        return text % {"number": self.number(number)}

    def number(self, value: float) -> str:
        """Return a number with separated thousands."""
        return format_decimal(value, locale=self.locale)

    def decimal(self, value: float, places: int = 2) -> str:
        """Return a number with so many decimal places."""
        return format_decimal(value, f"#,##0.{'0' * places}", locale=self.locale)

    def compact(self, value: float) -> str:
        """Return a score or a threshold with at most three decimal places."""
        return format_decimal(value, "0.###", locale=self.locale)

    def percent(self, share: float) -> str:
        """Return a share as whole percent."""
        return format_percent(share, locale=self.locale)

    def language_name(self, code: str) -> str:
        """Return the name of a language, its code where it has none here."""
        return str(self.locale.languages.get(code, code))

    def day(self, day: date) -> str:
        """Return a day."""
        return str(format_date(day, locale=self.locale))

    def time(self, time: datetime) -> str:
        """Return a time to the minute, in UTC as the desk keeps it."""
        day = format_date(time, locale=self.locale)
        return f"{day}, {format_time(time, 'short', locale=self.locale)} UTC"


def languages() -> list[str]:
    """Return the languages that the desk has, English first."""
    return [SOURCE, *sorted(file.parent.parent.name for file in FOLDER.glob(f"*/*/{DOMAIN}.mo"))]


@cache
def translator(language: str = SOURCE) -> Translator:
    """Return the translator of a language.

    Raises
    ------
    FileNotFoundError
        If the desk does not have the language; the setting `desk_language` allows none of these.
    """
    if language == SOURCE:
        return Translator(language, gettext.NullTranslations())
    return Translator(language, gettext.translation(DOMAIN, FOLDER, [language]))
