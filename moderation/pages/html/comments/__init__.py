"""The readers' comments of a page of HTML."""

from moderation.pages.html.comments.find import Comment, find_comments

__all__ = ["Comment", "find_comments"]
