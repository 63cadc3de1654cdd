"""The replies of Perspective's protocol: their types, languages, and form by query parameters.

Every method of upstream's takes the parameters `alt`, `fields`, `prettyPrint` and some more.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

from fastapi import Request
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from starlette.responses import Response

from moderation.service.messages import NULL, Reply
from moderation.service.perspective.errors import (
    PerspectiveError,
    invalid_request,
    language_not_supported,
)
from moderation.service.perspective.fields import ByAttribute
from moderation.service.perspective.messages import (
    AnalyzeCommentRequest,
    AttributeScores,
    SuggestCommentScoreRequest,
)
from moderation.service.perspective.spans import ScoredPart
from moderation.service.request import json_response
from moderation.text.document import Document

DIGITS = 6
"""Decimal places of a score."""
MAX_MASK_CHARS = 1_000
MAX_MASK_DEPTH = 10
TRUTHS = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}
"""The forms in which clients write yes and no."""


@dataclass(frozen=True)
class Parameter:
    """A query parameter: it reads its value, and documents itself.

    Parameters
    ----------
    name, description : str
    choices : mapping of str to str
        The values that it can have, each with its meaning; any where there are none.
    default : str, optional
    yes_or_no : bool
        Whether the value is one of the forms of yes and no.
    """

    name: str
    description: str
    choices: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None
    yes_or_no: bool = False

    def read(self, query: Mapping[str, str]) -> str | None:
        """Return the value, the default one where there is none.

        Raises
        ------
        PerspectiveError
            If it cannot have this value.
        """
        value = query.get(self.name, self.default)
        if value is None or value in (TRUTHS if self.yes_or_no else self.choices or [value]):
            return value
        choices = ("true", "false") if self.yes_or_no else self.choices
        raise invalid_request(f"The parameter {self.name} can only be {' or '.join(choices)}.")

    def openapi(self) -> dict[str, Any]:
        """Return the parameter as the OpenAPI document has it."""
        values = list(TRUTHS if self.yes_or_no else self.choices)
        return {
            "name": self.name,
            "in": "query",
            "required": False,
            "schema": {"type": "string"} | ({"enum": values} if values else {}),
            "description": self.description,
        }

    def discovery(self) -> dict[str, Any]:
        """Return the parameter as the discovery document has it."""
        shown: dict[str, Any] = {
            "description": self.description,
            "location": "query",
            "type": "boolean" if self.yes_or_no else "string",
        }
        if self.choices:
            shown["enum"] = list(self.choices)
            shown["enumDescriptions"] = list(self.choices.values())
        return shown if self.default is None else shown | {"default": self.default}


ERROR_FORM = Parameter(
    "$.xgafv", "V1 error format.", {"1": "v1 error format", "2": "v2 error format"}
)
FORM = Parameter(
    "alt",
    "Data format for response.",
    {"json": "Responses with Content-Type of application/json"},
    default="json",
)
FIELDS = Parameter("fields", "Selector specifying which fields to include in a partial response.")
PRETTY = Parameter(
    "prettyPrint",
    "Returns response with indentations and line breaks.",
    default="false",
    yes_or_no=True,
)
PARAMETERS = (
    ERROR_FORM,
    FORM,
    FIELDS,
    Parameter("key", "API key."),
    PRETTY,
    Parameter("quotaUser", "Accepted, and without effect."),
)
"""All parameters; the service's access control reads `key`."""

Mask = dict[str, "Mask"]
"""The names that are kept, each with a mask for the names below it; an empty mask keeps all."""

# Linear: no part can match what the next begins with.
_PART = re.compile(r"[A-Za-z0-9_*]+|[/,()]")
_NAME = "n"
# The pairs of parts that may stand together; ^ and $ are the mask's ends.
_NEIGHBOURS = frozenset(["^n", "n/", "n,", "n(", "n)", "n$", "/n", ",n", "(n", "),", "))", ")$"])


class Rendering:
    """The form of a reply, as the request's parameters choose it.

    Parameters
    ----------
    request : Request

    Raises
    ------
    PerspectiveError
        If a parameter has a value that it cannot have.
    """

    def __init__(self, request: Request) -> None:
        query = request.query_params
        FORM.read(query)
        ERROR_FORM.read(query)
        self._pretty = TRUTHS[PRETTY.read(query) or "false"]
        fields = FIELDS.read(query)
        self._mask = parse_mask(fields) if fields else {}

    def write(self, reply: dict[str, Any]) -> Response:
        """Return a reply with the fields and in the form that were chosen."""
        chosen = select(reply, self._mask)
        if not self._pretty:
            return json_response(chosen)
        content = json.dumps(chosen, ensure_ascii=False, indent=2)
        return Response(content.encode("utf-8"), media_type="application/json")


def parse_mask(written: str) -> Mask:
    """Read a partial-response mask: ``a,b/c,d(e,f/g)``; `*` stands for every name.

    Raises
    ------
    PerspectiveError
        If it is not one.
    """
    parts = _parts(written)
    mask: Mask = {}
    # The mask that gets the next name, and those to which the open parentheses return.
    here, roots = mask, [mask]
    for part in parts:
        if part == ",":
            here = roots[-1]
        elif part == "(":
            roots.append(here)
        elif part == ")":
            here = roots.pop()
        elif part != "/":
            here = here.setdefault(part, {})
        if not 0 < len(roots) <= MAX_MASK_DEPTH:
            raise _wrong()
    if len(roots) != 1:
        raise _wrong()
    return mask


def select(value: Any, mask: Mask) -> Any:
    """Return the parts of a JSON value that a mask keeps."""
    if not mask:
        return value
    if isinstance(value, list):
        return [select(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    every = mask.get("*")
    kept = {}
    for name, inner in value.items():
        below = mask.get(name, every)
        if below is not None:
            kept[name] = select(inner, below)
    return kept


def _parts(written: str) -> list[str]:
    """Return the names and signs of a mask, if each may stand where it does."""
    written = written.replace(".", "/")
    parts = _PART.findall(written)
    if len(written) > MAX_MASK_CHARS or "".join(parts) != written:
        raise _wrong()
    kinds = ["^", *(part if part in "/,()" else _NAME for part in parts), "$"]
    if not {left + right for left, right in pairwise(kinds)} <= _NEIGHBOURS:
        raise _wrong()
    return parts


def _wrong() -> Exception:
    return invalid_request("Invalid field selection in the parameter fields.")


class Languages(NamedTuple):
    """The languages that a request names, and those that were detected in its comment."""

    requested: list[str]
    detected: list[str]
    """The language that the text is judged in, where none is certain."""
    used: list[str]
    """The languages that the text counts as being in."""
    unsupported: list[str]
    """Those for which the request is refused."""

    @property
    def spoken(self) -> str:
        """The one language that the text is judged in."""
        used = [_primary(tag) for tag in self.used]
        return next((language for language in self.detected if language in used), used[0])

    def document(self, text: str) -> Document:
        """Return the comment as one in its language, if the request names any."""
        return self.part(text) if self.requested else Document.of(text)

    def part(self, text: str) -> Document:
        """Return a sentence of the comment, which alone might seem to be in another language."""
        return Document.in_language(text, self.spoken)

    def refusal(self, attribute: str) -> PerspectiveError:
        """Return the error for an attribute that does not support them."""
        return language_not_supported(attribute, self.unsupported, detected=not self.requested)


def find_languages(text: str, requested: Sequence[str], supported: Sequence[str]) -> Languages:
    """Return the languages of a comment; region and script of those named do not matter.

    A text without a language of its own, as an emoji or a number is, counts as one in the first of
    the supported languages. Of several that a request names, those that are supported are used,
    unless the text is certainly in one of the others: a score in the wrong language means nothing.
    """
    named = [tag for tag in requested if _primary(tag) != "und"]
    certain = Document.of(text).language
    detected = [certain or supported[0]]
    used = named or detected
    unsupported = [tag for tag in used if _primary(tag) not in supported]
    if len(unsupported) < len(used):
        used = [tag for tag in used if tag not in unsupported]
        unsupported = [tag for tag in unsupported if _primary(tag) == certain]
    return Languages(named, detected, used, unsupported)


def _primary(tag: str) -> str:
    return tag.replace("_", "-").split("-", 1)[0].lower()


def _never_null(schema: JsonSchemaValue) -> None:
    """Remove null from the schema of a field that is absent when it has no value."""
    (shown,) = (kind for kind in schema.pop("anyOf") if kind != NULL)
    del schema["default"]
    schema |= shown


class MethodReply(Reply):
    """A reply of a method."""

    model_config = ConfigDict(alias_generator=to_camel)


class AnalyzeCommentResponse(MethodReply):
    """The scores of a comment."""

    attribute_scores: Annotated[dict[str, AttributeScores], ByAttribute(any_known=True)] | None = (
        Field(None, description="The scores, by attribute.", json_schema_extra=_never_null)
    )
    languages: list[str] = Field(
        description="The request's languages that are supported, else those detected."
    )
    detected_languages: list[str] = Field(description="The languages detected.")
    client_token: str | None = Field(
        None, description="The request's.", json_schema_extra=_never_null
    )


class SuggestCommentScoreResponse(MethodReply):
    """The acknowledgement of a suggestion."""

    client_token: str | None = Field(
        None, description="The request's.", json_schema_extra=_never_null
    )
    detected_languages: list[str] = Field(description="The languages detected.")
    requested_languages: list[str] | None = Field(
        None, description="The request's languages.", json_schema_extra=_never_null
    )


def analysis(
    request: AnalyzeCommentRequest,
    languages: Languages,
    judged: Mapping[str, str],
    parts: Sequence[ScoredPart],
) -> dict[str, Any]:
    """Return the reply to a comment to analyse.

    Parameters
    ----------
    request : AnalyzeCommentRequest
    languages : Languages
    judged : mapping of str to str
        The requested attributes that are answered, each with ours that answers it.
    parts : sequence of ScoredPart
        The whole text, and its sentences where those are asked for; none where no attribute is
        answered.
    """
    scores = _attribute_scores(request, judged, parts)
    return {
        **({"attributeScores": scores} if scores else {}),
        "languages": languages.used,
        "detectedLanguages": languages.detected,
        **_token(request),
    }


def acknowledgement(request: SuggestCommentScoreRequest, languages: Languages) -> dict[str, Any]:
    """Return the reply to a suggested score."""
    return {
        "detectedLanguages": languages.detected,
        **({"requestedLanguages": languages.requested} if languages.requested else {}),
        **_token(request),
    }


def _attribute_scores(
    request: AnalyzeCommentRequest, judged: Mapping[str, str], parts: Sequence[ScoredPart]
) -> dict[str, Any]:
    scores: dict[str, Any] = {}
    for name, attribute in judged.items():
        value = round(parts[0].scores[attribute], DIGITS)
        least = request.requested_attributes[name].score_threshold
        if least is not None and value < least:
            continue
        scores[name] = {
            "summaryScore": _score(value),
            "spanScores": [
                {"begin": begin, "end": end, "score": _score(round(part[attribute], DIGITS))}
                for begin, end, part in parts[1:] or parts
            ],
        }
    return scores


def _score(value: float) -> dict[str, Any]:
    return {"value": value, "type": "PROBABILITY"}


def _token(request: AnalyzeCommentRequest | SuggestCommentScoreRequest) -> dict[str, str]:
    return {} if request.client_token is None else {"clientToken": request.client_token}
