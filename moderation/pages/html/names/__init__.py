"""What the names that a page gives its elements (class, id, itemprop, ...) say about them."""

from moderation.pages.html.names.marks import Mark, marks_of

__all__ = ["Mark", "marks_of"]
