"""Words that are looked for in texts."""

import re

import sqlalchemy as sa

from moderation.desk.store.tables import comments, texts

MOST_WORDS = 8
MANY = 5_000
"""From so many texts on, words are common."""
_WORD = re.compile(r"[\w\u17b4-\u17d3]+")
"""Khmer vowel signs, which \\w leaves out, stay with their word."""

_index = sa.table("search", sa.column("rowid"), sa.column("search"))


def has_words(sought: str, *, sqlite: bool, common: bool) -> sa.ColumnElement[bool]:
    """Return the condition that all of some words stand in a comment's text.

    The last may be unfinished. Where there is no word (an emoji, say), the text must hold what is
    sought as it is.

    Parameters
    ----------
    sought : str
    sqlite : bool
        Which database is asked.
    common : bool
        SQLite only: whether to ask of one comment after the other. Where the words are in most
        texts, that finds the first few long before all are listed.
    """
    words = _WORD.findall(sought)[:MOST_WORDS]
    if not words:
        held = texts.c.text.contains(sought.strip(), autoescape=True)
        return sa.exists().where(texts.c.id == comments.c.id, held)
    if sqlite:
        found = sa.select(_index.c.rowid).where(_matches(words))
        if common:
            return sa.exists(found.where(_index.c.rowid == comments.c.id))
        return comments.c.id.in_(found)
    asked = " & ".join(f"'{word}'" for word in words) + ":*"
    vector: sa.ColumnElement[str] = sa.literal_column("texts.words")
    matches = vector.op("@@")(sa.func.to_tsquery("simple", asked))
    return sa.exists().where(texts.c.id == comments.c.id, matches)


def is_common(connection: sa.Connection, sought: str) -> bool:
    """Whether some words stand in very many texts, by SQLite's index."""
    words = _WORD.findall(sought)[:MOST_WORDS]
    if not words:
        return False
    some = sa.select(sa.literal(1)).select_from(_index).where(_matches(words)).limit(MANY)
    return connection.scalar(sa.select(sa.func.count()).select_from(some.subquery())) == MANY


def found_first(sought: str) -> sa.FromClause | None:
    """Return what to select from where comments with some words are counted in SQLite.

    The index of words comes first, so that counting may stop early. None where there is no word.
    """
    words = _WORD.findall(sought)[:MOST_WORDS]
    if not words:
        return None
    found = sa.select(_index.c.rowid).where(_matches(words)).subquery("found")
    return found.join(comments, comments.c.id == found.c.rowid)


def _matches(words: list[str]) -> sa.ColumnElement[bool]:
    asked = " ".join(f'"{word}"' for word in words) + "*"
    return _index.c.search.op("MATCH", is_comparison=True)(asked)
