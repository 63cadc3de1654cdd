"""Every word that the desk's pages say, in one file a language."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from markupsafe import Markup, escape

from moderation.taxonomy import ATTRIBUTES
from moderation.text.peoples import PEOPLES

FOLDER = resources.files("moderation.desk.web.showing")
ONE_AND_OTHER = frozenset({"en"})
"""Languages with a form for one thing; the others have one form for all numbers."""
_MEANINGS = (
    {f"attribute.{each.name}.title": each.title for each in ATTRIBUTES}
    | {f"attribute.{each.name}.meaning": each.meaning for each in ATTRIBUTES}
    | {f"people.{name}": name for name in PEOPLES}
)
"""The tables of attributes and of peoples have their own words; another language has others."""


class Catalogue:
    """The words of one language.

    Parameters
    ----------
    language : str
        As in HTML's ``lang``.
    words : mapping of str to str
        By key: ``queue.review``, or ``queue.count.one`` where a number chooses.
    """

    def __init__(self, language: str, words: Mapping[str, str]) -> None:
        self.language = language
        self.words = words

    def __call__(self, key: str, /, **values: Any) -> str:
        """Return a text with its values filled in; `count` chooses between its forms.

        Raises
        ------
        KeyError
            If there is no such text.
        """
        return self.words[self.form(key, values)].format(**values)

    def rich(self, key: str, /, **values: Any) -> Markup:
        """Return a text for a page whose values may be elements; what is none is escaped.

        Raises
        ------
        KeyError
            If there is no such text.
        """
        return escape(self.words[self.form(key, values)]).format(**values)

    def form(self, key: str, values: Mapping[str, Any]) -> str:
        """Return the key of the form of a text that a number among its values chooses."""
        if key in self.words or "count" not in values:
            return key
        one = values["count"] == 1 and self.language in ONE_AND_OTHER
        return f"{key}.{'one' if one else 'other'}"

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self.words


@cache
def read_catalogue(language: str = "en") -> Catalogue:
    """Return the catalogue of a language."""
    content = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))
    return Catalogue(language, _MEANINGS | dict(_flat(content)))


def _flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        if isinstance(value, str):
            yield prefix + name, value
        else:
            yield from _flat(value, f"{prefix}{name}.")
