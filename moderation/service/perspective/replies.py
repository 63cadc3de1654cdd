"""The replies of the protocol, as types, and made from a verdict."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue

from moderation.service.messages import NULL, Reply
from moderation.service.perspective.languages import Languages
from moderation.service.perspective.messages import (
    AnalyzeCommentRequest,
    AttributeScores,
    ByAttribute,
    SuggestCommentScoreRequest,
)
from moderation.taxonomy import BY_PERSPECTIVE_NAME
from moderation.text.utf16 import to_utf16
from moderation.verdict import Verdict

DIGITS = 6


def _never_null(schema: JsonSchemaValue) -> None:
    """Take null from the schema of what is absent where there is none."""
    (shown,) = (kind for kind in schema.pop("anyOf") if kind != NULL)
    del schema["default"]
    schema |= shown


class Response(Reply):
    """A reply of a method."""

    model_config = ConfigDict(alias_generator=to_camel)


class AnalyzeCommentResponse(Response):
    """The scores of a comment."""

    attribute_scores: Annotated[dict[str, AttributeScores], ByAttribute()] | None = Field(
        None, description="The scores, by attribute.", json_schema_extra=_never_null
    )
    languages: list[str] = Field(description="The request's languages, else those detected.")
    detected_languages: list[str] = Field(description="The languages detected.")
    client_token: str | None = Field(
        None, description="The request's.", json_schema_extra=_never_null
    )


class SuggestCommentScoreResponse(Response):
    """That a suggestion was taken."""

    client_token: str | None = Field(
        None, description="The request's.", json_schema_extra=_never_null
    )
    detected_languages: list[str] = Field(description="The languages detected.")
    requested_languages: list[str] | None = Field(
        None, description="The request's languages.", json_schema_extra=_never_null
    )


def analysis(
    request: AnalyzeCommentRequest, languages: Languages, names: list[str], verdict: Verdict | None
) -> dict[str, Any]:
    """Return the reply to a comment to analyse.

    Parameters
    ----------
    request : AnalyzeCommentRequest
    languages : Languages
    names : list of str
        The requested attributes that are answered.
    verdict : Verdict or None
        None where no attribute is answered.
    """
    scores = _attribute_scores(request, names, verdict) if verdict else {}
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
    request: AnalyzeCommentRequest, names: list[str], verdict: Verdict
) -> dict[str, Any]:
    scores: dict[str, Any] = {}
    for name in names:
        attribute = BY_PERSPECTIVE_NAME[name].name
        value = round(verdict.scores[attribute], DIGITS)
        least = request.requested_attributes[name].score_threshold
        if least is not None and value < least:
            continue
        scores[name] = {"summaryScore": _score(value)}
        if request.span_annotations:
            spans = _span_scores(request.comment.text, verdict, attribute, value)
            scores[name]["spanScores"] = spans
    return scores


def _span_scores(text: str, verdict: Verdict, attribute: str, whole: float) -> list[dict[str, Any]]:
    """Return the evidence; where there is none, the whole text, as clients read the first span."""
    spans = [
        (span.start, span.end, round(span.score, DIGITS))
        for span in sorted(verdict.spans, key=lambda span: (span.start, span.end))
        if span.attribute == attribute
    ] or [(0, len(text), whole)]
    begins = to_utf16(text, (start for start, _, _ in spans))
    ends = to_utf16(text, (end for _, end, _ in spans))
    return [
        {"begin": begin, "end": end, "score": _score(value)}
        for begin, end, (_, _, value) in zip(begins, ends, spans, strict=True)
    ]


def _score(value: float) -> dict[str, Any]:
    return {"value": value, "type": "PROBABILITY"}


def _token(request: AnalyzeCommentRequest | SuggestCommentScoreRequest) -> dict[str, str]:
    return {} if request.client_token is None else {"clientToken": request.client_token}
