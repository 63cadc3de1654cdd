"""What went wrong, in the words of the catalogue."""

from typing import NamedTuple

from moderation.desk.web.showing.catalogue import Catalogue
from moderation.errors import ModerationError
from moderation.text.display import inert

DETAILS = ("message", "where", "by", "wait")
MOST = 300


class Words(NamedTuple):
    """What a page says of an error: what is wrong, and what to do about it, if anything."""

    text: str
    remedy: str


def words_for(error: ModerationError, t: Catalogue) -> Words:
    """Return the catalogue's words for an error, by its code and by the field it is in.

    The error's own words are said where the catalogue has none for its code; what they name, such
    as a line of a file, stands in the catalogue's sentence.
    """
    table = f"error.{error.code}"
    if not t.has(f"{table}.text"):
        return Words(error.message, error.remedy)
    values = {name: _plain(getattr(error, name, "")) for name in DETAILS}
    needed = getattr(error, "needed", None)
    if needed is not None:
        values["needed"] = t(f"role.{needed}")
    at = f"{table}.{error.where}"
    text = t(at if t.has(at) else f"{table}.text", **values)
    return Words(text, t(f"{table}.remedy", **values) if t.has(f"{table}.remedy") else "")


def _plain(value: object) -> str:
    return inert(str(value), MOST)
