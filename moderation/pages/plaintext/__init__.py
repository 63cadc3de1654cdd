"""Splits a page's plain text, as a reader saw it, by its words and the form of its lines."""
