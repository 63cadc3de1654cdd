"""The article of a page of HTML."""

from moderation.pages.html.article.extent import ArticleExtent

__all__ = ["ArticleExtent"]
