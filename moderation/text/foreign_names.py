"""The peoples' names in other languages than English, and their places in a text.

The forms stand in ``foreign_names.toml``, by language and people. As with the English ones, slurs
stand beside plain names, because both point at the same people; whether a passage attacks that
people is decided by the model, never by this table.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from moderation.text.compose import compose, grapheme_end
from moderation.text.peoples import PEOPLES
from moderation.text.words import CHARACTER, UNSPACED_RUN

FILE = Path(__file__).with_suffix(".toml")
ANY = "*"
"""Stands in a form for the rest of a word, before it or behind it: endings, articles, particles."""


class Name(NamedTuple):
    """A people's name in a text."""

    people: str
    start: int
    end: int


def names_in(text: str, language: str) -> list[Name]:
    """Return the peoples that a text names in a language, in order; the longest form wins.

    Parameters
    ----------
    text : str
    language : str
        ISO 639 code; of a language without a table, no name is known.

    Examples
    --------
    >>> [name.people for name in names_in("Die Polen und die Türkinnen", "de")]
    ['Poles', 'Turks']
    """
    table = _tables().get(language)
    if table is None:
        return []
    composed = compose(text)
    # Case is folded character by character, so that offsets stay.
    folded = "".join(lower if len(lower := c.lower()) == 1 else c for c in composed.text)
    return [
        Name(
            table.peoples[(match.lastindex or 1) - 1],
            composed.origins[match.start()],
            grapheme_end(text, composed.origins[match.end() - 1] + 1),
        )
        for match in table.pattern.finditer(folded)
    ]


class _Table(NamedTuple):
    """The names of one language."""

    pattern: re.Pattern[str]
    """A group for each form, the longest forms first."""
    peoples: list[str]
    """By group."""


@cache
def _tables() -> dict[str, _Table]:
    """Return the names by language.

    Raises
    ------
    ValueError
        If the file names a people that is not in `PEOPLES`.
    """
    tables: dict[str, _Table] = {}
    for language, by_people in tomllib.loads(FILE.read_text("utf-8")).items():
        if unknown := sorted(set(by_people) - set(PEOPLES)):
            raise ValueError(f"{FILE.name}: {unknown[0]!r} is not in moderation/text/peoples.py")
        pairs = [(form, people) for people, forms in by_people.items() for form in forms]
        pairs.sort(key=lambda pair: -len(pair[0]))
        pattern = re.compile("|".join(f"({_pattern_of(form)})" for form, _ in pairs))
        tables[language] = _Table(pattern, [people for _, people in pairs])
    return tables


def _pattern_of(form: str) -> str:
    core = form.strip(ANY)
    pattern = re.escape(core.lower())
    if UNSPACED_RUN.match(core):
        return pattern
    before = "" if form.startswith(ANY) else f"(?<!{CHARACTER})"
    after = f"{CHARACTER}*+" if form.endswith(ANY) else f"(?!{CHARACTER})"
    return f"{before}{pattern}{after}"
