"""Words that are looked for in texts."""

import re

import sqlalchemy as sa

from moderation.desk.store.tables import comments, texts

MOST_WORDS = 8
_WORD = re.compile(r"[\w\u17b4-\u17d3]+")
"""Khmer vowel signs, which \\w leaves out, stay with their word."""

_index = sa.table("search", sa.column("rowid"), sa.column("search"))


def has_words(sought: str, *, sqlite: bool) -> sa.ColumnElement[bool]:
    """Return the condition that all of some words stand in a comment's text.

    The last may be unfinished. Where there is no word (an emoji, say), the text must hold what is
    sought as it is.
    """
    words = _WORD.findall(sought)[:MOST_WORDS]
    if not words:
        held = texts.c.text.contains(sought.strip(), autoescape=True)
        return sa.exists().where(texts.c.id == comments.c.id, held)
    if sqlite:
        asked = " ".join(f'"{word}"' for word in words) + "*"
        found = sa.select(_index.c.rowid).where(_index.c.search.op("MATCH")(asked))
        return comments.c.id.in_(found)
    asked = " & ".join(f"'{word}'" for word in words) + ":*"
    vector: sa.ColumnElement[str] = sa.literal_column("texts.words")
    matches = vector.op("@@")(sa.func.to_tsquery("simple", asked))
    return sa.exists().where(texts.c.id == comments.c.id, matches)
