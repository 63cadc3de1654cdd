"""The readers' comments of a page of HTML."""

from moderation.pages.html.comments.find import PageComment, find_comments

__all__ = ["PageComment", "find_comments"]
