"""The fields of a line of JSON, or of a row of a table, that are read."""

HTML = ("html",)
"""A page's HTML."""
PAGE_TEXT = ("page_text",)
"""A page as plain text."""
COMMENT = ("text", "comment", "comment_text", "body", "content")
"""One passage, taken as a reader's comment whole."""
NAME = ("url", "page", "id")
"""What the outputs call the page, or the page of the comment."""
AUTHOR = ("author", "user", "username")
TIME = ("time", "created_at", "date", "timestamp")
CHARSET = ("charset",)
TITLE = ("title",)
PERMALINK = ("permalink",)

KNOWN_FIELDS = frozenset(
    (*HTML, *PAGE_TEXT, *COMMENT, *NAME, *AUTHOR, *TIME, *CHARSET, *TITLE, *PERMALINK)
)
