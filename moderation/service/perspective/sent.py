"""Requests as they are kept: a comment for the review desk, a suggestion as a correction."""

from moderation.service.corrections import Correction
from moderation.service.intake import Submission
from moderation.service.perspective.errors import invalid_request
from moderation.service.perspective.messages import (
    AnalyzeCommentRequest,
    Context,
    SuggestCommentScoreRequest,
    SuggestedScores,
)
from moderation.taxonomy import BY_PERSPECTIVE_NAME
from moderation.text.utf16 import from_utf16
from moderation.verdict import Span, Verdict

SOURCE = "perspective"
EXPERIMENTAL = "_EXPERIMENTAL"
"""The end of the names that upstream had for an attribute on trial."""


def sent_of(asked: AnalyzeCommentRequest, verdict: Verdict) -> Submission:
    """Return a comment with what its request tells of it."""
    article, parent = _around(asked.context)
    return Submission(
        asked.comment.text,
        verdict,
        SOURCE,
        external_id=asked.client_token,
        community=asked.community_id,
        article=article,
        parent=parent,
    )


def _around(context: Context | None) -> tuple[str | None, str | None]:
    """Return the article and the parent comment, as far as a context tells them apart.

    Plain entries stand in the order of a conversation: the last is what was answered.
    """
    if context is None:
        return None, None
    if both := context.article_and_parent_comment:
        article, parent = both.article, both.parent_comment
    else:
        article, parent = None, context.entries[-1] if context.entries else None
    return article.text if article else None, parent.text if parent else None


def correction_of(request: SuggestCommentScoreRequest) -> Correction:
    """Return a suggestion as a correction for the labelled set.

    Raises
    ------
    PerspectiveError
        If a span is not one of the text.
    """
    # Where a name and its experimental form are both given, the plain one comes last and holds.
    suggested = [
        (BY_PERSPECTIVE_NAME[name].name, scores)
        for name, scores in sorted(request.attribute_scores.items(), key=_plain_last)
    ]
    text = request.comment.text
    return Correction(
        text=text,
        scores={
            name: attribute.summary_score.value
            for name, attribute in suggested
            if attribute.summary_score
        },
        source=SOURCE,
        spans=tuple(
            span for name, attribute in suggested for span in _spans(text, name, attribute)
        ),
        languages=tuple(request.languages),
        community=request.community_id,
        client_token=request.client_token,
        session=request.session_id,
    )


def _plain_last(item: tuple[str, SuggestedScores]) -> bool:
    return not item[0].endswith(EXPERIMENTAL)


def _spans(text: str, attribute: str, scores: SuggestedScores) -> list[Span]:
    spans = []
    for scored in scores.span_scores:
        offsets = from_utf16(text, (scored.begin, scored.end))
        if offsets is None or scored.begin >= scored.end:
            raise invalid_request("A span's begin and end must be offsets of the text in UTF-16")
        spans.append(Span(offsets[0], offsets[1], attribute, scored.score.value))
    return spans
