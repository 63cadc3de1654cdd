"""The words by which page furniture is known, read once from ``phrases.toml``."""

import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any

CACHED = 1 << 14

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_IGNORED = str.maketrans({"’": "'", "‘": "'", **dict.fromkeys("()[]{}", " ")})
_EDGES = ' :;.,!?…|·•*«»‹›<>→←↑↓▲▼►◄▶◀➔–—-_=+"“”/\\'

_tables: dict[str, Any] = tomllib.loads(
    (resources.files("moderation.pages.signs") / "phrases.toml").read_text("utf-8")
)
_dates: dict[str, list[str]] = _tables["dates"]


# The same words and lines are looked up many times on a page.
@lru_cache(CACHED)
def key(text: str) -> str:
    """Return the form in which a line is looked up: case, edges and numbers do not count."""
    return folded(text).strip(_EDGES)


@lru_cache(CACHED)
def folded(text: str) -> str:
    """Return `text` in one case, without brackets, with every number written ``#``."""
    return " ".join(_NUMBER.sub("#", text.casefold().translate(_IGNORED)).split())


COMMENT_HEADERS = frozenset(_tables["comment_headers"])
COMMENT_COUNTS = frozenset(_tables["comment_counts"])
COMMENT_NOUNS = frozenset(_tables["comment_nouns"])
COMMENT_LINKS = frozenset(_tables["comment_links"])
COMMENT_FORMS = frozenset(_tables["comment_forms"])
SECTIONS = frozenset(_tables["sections"])
SECTION_STARTS = tuple(_tables["section_starts"])
PAGERS = frozenset(_tables["pagers"])
SINGLE_PAGERS = frozenset(_tables["single_pagers"])
SHARES = frozenset(_tables["shares"])
BUTTONS = frozenset(_tables["buttons"])
ADVERTISEMENTS = frozenset(_tables["advertisements"])
ADVERTISEMENT_STARTS = tuple(_tables["advertisement_starts"])
FORM_STARTS = tuple(_tables["form_starts"])
NAVIGATION = frozenset(_tables["navigation"])
NAVIGATION_STARTS = tuple(_tables["navigation_starts"])
SAID = (*_tables["said"], *_tables["says"])
SAYS = frozenset(_tables["says"])
NAMELESS = frozenset(_tables["nameless"])
NOT_IN_NAMES = frozenset(_tables["not_in_names"])
NAME_PARTICLES = frozenset(_tables["name_particles"])
NOTE_STARTS = tuple(_tables["note_starts"])
CAPTION_STARTS = tuple(_tables["caption_starts"])
CREDITS = frozenset(_tables["credits"])
STREETS = frozenset(_tables["streets"])
CONTACTS = tuple(_tables["contacts"])

MONTHS = frozenset(_dates["months"])
UNITS = frozenset(_dates["units"])
DATE_LEADS = frozenset(_dates["leading"])
DATE_STARTS = frozenset(_dates["starting"])
DATE_FILLERS = frozenset(_dates["filling"])
AGO = frozenset(_dates["relative"])
DAYS_BY_NAME = frozenset(_dates["alone"])
