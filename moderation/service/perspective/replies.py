"""What a caller gets: the replies of the protocol, made from a verdict."""

from typing import Any

from moderation.service.perspective.languages import Languages
from moderation.service.perspective.requests import AnalyzeRequest
from moderation.service.perspective.suggestions import SuggestRequest
from moderation.taxonomy import BY_PERSPECTIVE_NAME
from moderation.text.utf16 import to_utf16
from moderation.verdict import Verdict

DIGITS = 6


def analysis(
    request: AnalyzeRequest, languages: Languages, names: list[str], verdict: Verdict | None
) -> dict[str, Any]:
    """Return the reply to a comment to analyse.

    Parameters
    ----------
    request : AnalyzeRequest
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


def acknowledgement(request: SuggestRequest, languages: Languages) -> dict[str, Any]:
    """Return the reply to a suggested score."""
    return {
        "detectedLanguages": languages.detected,
        **({"requestedLanguages": languages.requested} if languages.requested else {}),
        **_token(request),
    }


def _attribute_scores(
    request: AnalyzeRequest, names: list[str], verdict: Verdict
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


def _token(request: AnalyzeRequest | SuggestRequest) -> dict[str, str]:
    return {} if request.client_token is None else {"clientToken": request.client_token}
