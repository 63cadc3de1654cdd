"""Akismet's protocol, by which WordPress and other comment systems ask about a comment."""
