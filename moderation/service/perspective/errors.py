"""Errors in Perspective's protocol: upstream's types and wording, in a google.rpc.Status."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from moderation.errors import MalformedJSON, ModerationError, TooLarge
from moderation.service.errors import TooMany, Unauthorised, UnsupportedMediaType

SERVICE = "commentanalyzer.googleapis.com"
TYPE = "type.googleapis.com/"
ERROR_TYPE = f"{TYPE}google.commentanalyzer.v1alpha1.Error"

# A status that is not here becomes 400 INVALID_ARGUMENT, as upstream has it for all that a caller
# can mend in the request.
STATUS_NAMES: Mapping[int, str] = {
    HTTPStatus.FORBIDDEN: "PERMISSION_DENIED",
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.METHOD_NOT_ALLOWED: "UNIMPLEMENTED",
    HTTPStatus.TOO_MANY_REQUESTS: "RESOURCE_EXHAUSTED",
    HTTPStatus.INTERNAL_SERVER_ERROR: "INTERNAL",
    HTTPStatus.SERVICE_UNAVAILABLE: "UNAVAILABLE",
}
INVALID_ARGUMENT = "INVALID_ARGUMENT"

INVALID_KEY = "API key not valid. Please pass a valid API key."
NO_KEY = (
    "Method doesn't allow unregistered callers (callers without established identity). "
    "Please use API Key or other form of API consumer identity to call this API."
)


class PerspectiveError(ModerationError):
    """An error of upstream's own, with its type and wording.

    Parameters
    ----------
    error_type : str
    message : str
        Upstream's own words where clients match on them.
    more : mapping, optional
        Further members of the error's detail.
    """

    code = "invalid_input"

    def __init__(
        self, error_type: str, message: str, more: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.detail = {"@type": ERROR_TYPE, "errorType": error_type, **(more or {})}


def invalid_request(message: str) -> PerspectiveError:
    """Return the error for all faults without a type of their own."""
    return PerspectiveError("INVALID_REQUEST", message)


def language_not_supported(
    attribute: str, languages: Sequence[str], *, detected: bool
) -> PerspectiveError:
    """Return the error for languages that an attribute cannot be scored in."""
    kind = "detectedLanguages" if detected else "requestedLanguages"
    return PerspectiveError(
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        f"Attribute {attribute} does not support request languages: {', '.join(languages)}",
        {
            "languageNotSupportedByAttributeError": {
                kind: list(languages),
                "attribute": attribute,
            }
        },
    )


def render_error(error: ModerationError, scope: Scope) -> Response:
    """Return the response to an error of any part of the service, as upstream would word it."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    status, message, details = _upstream_terms(error, keyed="key" in query)
    name = STATUS_NAMES.get(status, INVALID_ARGUMENT)
    body: dict[str, Any] = {"code": status, "message": message, "status": name}
    if query.get("$.xgafv") == ["1"]:
        reason = "badRequest" if name == INVALID_ARGUMENT else name.lower()
        body["errors"] = [{"message": message, "domain": "global", "reason": reason}]
    if details:
        body["details"] = details
    return JSONResponse({"error": body}, status_code=status)


def _upstream_terms(
    error: ModerationError, *, keyed: bool
) -> tuple[int, str, list[dict[str, Any]]]:
    """Return the HTTP status, the message and the details."""
    terms: tuple[int, str, list[dict[str, Any]]]
    match error:
        case PerspectiveError():
            terms = 400, error.message, [error.detail]
        case Unauthorised() if keyed:
            terms = 400, INVALID_KEY, [_info("API_KEY_INVALID")]
        case Unauthorised():
            terms = 403, NO_KEY, []
        case TooMany():
            terms = 429, f"Quota exceeded: {error.message}", [_info("RATE_LIMIT_EXCEEDED")]
        case TooLarge():
            terms = 400, f"Request payload size exceeds the limit: {error.message}", []
        case MalformedJSON() | UnsupportedMediaType():
            terms = 400, f"Invalid JSON payload received. {error.message}", [_violation(error)]
        case _:
            terms = error.status if error.status in STATUS_NAMES else 400, error.message, []
    return terms


def _info(reason: str) -> dict[str, Any]:
    return {
        "@type": f"{TYPE}google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": SERVICE},
    }


def _violation(error: ModerationError) -> dict[str, Any]:
    return {
        "@type": f"{TYPE}google.rpc.BadRequest",
        "fieldViolations": [{"field": error.where, "description": error.message}],
    }
