"""The article of a page of HTML."""

from moderation.pages.html.article.extent import Article

__all__ = ["Article"]
