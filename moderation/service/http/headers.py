"""One header of a request, read from what the server gives: for the few that every request needs.

The framework's own way builds an object and decodes names on each look, five times as slow.
"""

from starlette.types import Scope


def header_of(scope: Scope, name: bytes, default: str = "") -> str:
    """Return the first header of a name (in small letters), or `default`."""
    for found, value in scope["headers"]:
        if found == name:
            return str(value, "latin-1")
    return default
