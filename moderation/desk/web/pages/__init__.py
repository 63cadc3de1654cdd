"""Handlers of the desk's pages and forms."""
