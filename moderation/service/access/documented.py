"""What the OpenAPI document says of keys, where the service asks for them."""

from typing import Any

from fastapi import FastAPI

OPEN = frozenset({"/healthz", "/readyz", "/coral/moderation", "/$discovery/rest"})
"""The paths that need no key: Coral signs what it sends, and the others tell nobody anything."""

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
}


def document_keys(app: FastAPI) -> None:
    """Let the OpenAPI document of `app` say where a key is asked for, and how it may be sent."""
    without = app.openapi

    def openapi() -> dict[str, Any]:
        document = without()
        document.setdefault("components", {})["securitySchemes"] = SCHEMES
        for path, operations in document["paths"].items():
            if path not in OPEN:
                for operation in operations.values():
                    operation["security"] = [{name: []} for name in SCHEMES]
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation has it
