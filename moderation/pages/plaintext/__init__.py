"""The plain text of a page, as a reader saw it, split by words and shapes alone."""
