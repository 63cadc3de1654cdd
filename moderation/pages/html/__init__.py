"""Splits a page's HTML: metadata, comment extraction and the extent of the main content."""
