"""Words that are looked for in texts."""

import sqlalchemy as sa

from moderation.database.tables import comments, texts
from moderation.database.words import unfinished
from moderation.errors import InvalidInput
from moderation.text.words import WORD

MAX_WORDS = 8
LONGEST = 200
"""Most characters of what is sought."""
MANY = 5_000
"""From so many texts on, words are common."""
MAX_COUNTED = 15_000
MAX_READ = 20_000
"""The latest comments, whose texts are read where no word is sought, and no index helps."""

_index = sa.table("search", sa.column("rowid"), sa.column("search"))


def has_words(sought: str, *, sqlite: bool, common: bool) -> sa.ColumnElement[bool]:
    """Return the condition that all of some words stand in a comment's text.

    The last may be unfinished, from three letters on. Where there is no word (an emoji, say), the
    text must hold what is sought as it is; the latest 20,000 comments are looked at.

    Parameters
    ----------
    sought : str
    sqlite : bool
        Which database is asked.
    common : bool
        SQLite only: whether to read one text after the other. Where the words are in many, that
        finds the first few long before all are listed.

    Raises
    ------
    InvalidInput
        If it is too long.
    """
    words = _words(sought)
    if not words:
        held = texts.c.text.contains(sought.strip(), autoescape=True)
        latest = sa.select(sa.func.max(comments.c.id) - MAX_READ).scalar_subquery()
        return sa.and_(comments.c.id > latest, sa.exists().where(texts.c.id == comments.c.id, held))
    if sqlite:
        found = sa.select(_index.c.rowid).where(_matches(words))
        if common:
            holds = sa.func.has_words(texts.c.text, " ".join(words))
            return sa.exists().where(texts.c.id == comments.c.id, holds == 1)
        return comments.c.id.in_(found)
    asked = " & ".join(f"'{word}'" for word in words) + (":*" if unfinished(words[-1]) else "")
    vector: sa.ColumnElement[str] = sa.literal_column("texts.words")
    matches = vector.op("@@")(sa.func.to_tsquery("simple", asked))
    return sa.exists().where(texts.c.id == comments.c.id, matches)


def is_common(connection: sa.Connection, sought: str) -> bool:
    """Whether some words stand in very many texts, by SQLite's index."""
    words = _words(sought)
    if not words:
        return False
    some = sa.select(sa.literal(1)).select_from(_index).where(_matches(words)).limit(MANY)
    return connection.scalar(sa.select(sa.func.count()).select_from(some.subquery())) == MANY


def first_found(sought: str) -> sa.Select[tuple[int]] | None:
    """Return a query of the first texts with some words in SQLite; None where there is no word.

    Counting looks at no more than these: all texts with a common word are too many to list.
    """
    words = _words(sought)
    return sa.select(_index.c.rowid).where(_matches(words)).limit(MAX_COUNTED) if words else None


def _words(sought: str) -> list[str]:
    if len(sought) > LONGEST:
        raise InvalidInput(
            "A search has at most %(most)s characters.", where="words", values={"most": LONGEST}
        )
    return WORD.findall(sought)[:MAX_WORDS]


def _matches(words: list[str]) -> sa.ColumnElement[bool]:
    asked = " ".join(f'"{word}"' for word in words) + ("*" if unfinished(words[-1]) else "")
    return _index.c.search.op("MATCH", is_comparison=True)(asked)
