"""A page's comments with what they stand under: the article, and the comment that each answers."""

from collections.abc import Iterable
from typing import NamedTuple

from moderation.pages.page import Kind


class Context(NamedTuple):
    """A page's article, and its comments by their number."""

    article: str | None
    """The article's passages, with a blank line between them."""
    texts: dict[int, str]

    def parent(self, position: int | None) -> str | None:
        """Return the text of the comment that another names as its parent."""
        return None if position is None else self.texts.get(position)


def context_of(passages: Iterable[tuple[str, str, int | None]]) -> Context:
    """Return the context of a page's comments.

    Parameters
    ----------
    passages : iterable of (kind, text, position)
        All of a page's, in its order: those of a `Page`, or the rows that a batch run wrote.
    """
    article: list[str] = []
    texts: dict[int, str] = {}
    for kind, text, position in passages:
        if kind == Kind.ARTICLE:
            article.append(text)
        elif kind == Kind.COMMENT and position is not None:
            texts[position] = text
    return Context("\n\n".join(article) or None, texts)
