"""Suggested scores, read strictly, and as corrections for the labelled set."""

from typing import Annotated, Self

from pydantic import Field

from moderation.service.corrections import Correction
from moderation.service.perspective.errors import invalid_request
from moderation.service.perspective.requests import Message, Request, ScoreType, check_names
from moderation.settings import Settings
from moderation.taxonomy import BY_PERSPECTIVE_NAME
from moderation.text.utf16 import from_utf16
from moderation.verdict import Span

SOURCE = "perspective"
EXPERIMENTAL = "_EXPERIMENTAL"
"""What the names end in that upstream had for an attribute on trial."""

Probability = Annotated[float, Field(ge=0, le=1)]


class Score(Message):
    """A number, and what it is."""

    value: Probability
    type: ScoreType = "PROBABILITY"


class SpanScore(Message):
    """A score of a part of the text, in UTF-16 code units."""

    begin: Annotated[int, Field(ge=0)] = 0
    end: Annotated[int, Field(ge=0)] = 0
    score: Score


class AttributeScores(Message):
    """The right score of an attribute, and those of parts of the text."""

    summary_score: Score | None = None
    span_scores: list[SpanScore] = Field(default_factory=list)


class SuggestRequest(Request):
    """A comment, and what its scores should have been."""

    attribute_scores: dict[str, AttributeScores] = Field(default_factory=dict)

    def check(self, settings: Settings) -> Self:
        """Return the request if there is something in it to learn.

        Raises
        ------
        PerspectiveError
        """
        super().check(settings)
        if not self.attribute_scores:
            raise invalid_request("Missing attribute_scores")
        check_names(self.attribute_scores)
        if not all(one.summary_score or one.span_scores for one in self.attribute_scores.values()):
            raise invalid_request("Missing summary_score in attribute_scores")
        return self


def correction_of(request: SuggestRequest) -> Correction:
    """Return what a request says should have been.

    Raises
    ------
    PerspectiveError
        If a span is not one of the text.
    """
    # Where a name and its experimental form are both given, the plain one comes last and holds.
    said = [
        (BY_PERSPECTIVE_NAME[name].name, scores)
        for name, scores in sorted(request.attribute_scores.items(), key=_plain_last)
    ]
    text = request.comment.text
    return Correction(
        text=text,
        scores={name: one.summary_score.value for name, one in said if one.summary_score},
        source=SOURCE,
        spans=tuple(span for name, one in said for span in _spans(text, name, one)),
        languages=tuple(request.languages),
        community=request.community_id,
        client_token=request.client_token,
        session=request.session_id,
    )


def _plain_last(item: tuple[str, AttributeScores]) -> bool:
    return not item[0].endswith(EXPERIMENTAL)


def _spans(text: str, attribute: str, scores: AttributeScores) -> list[Span]:
    spans = []
    for one in scores.span_scores:
        offsets = from_utf16(text, (one.begin, one.end))
        if offsets is None or one.begin >= one.end:
            raise invalid_request("A span's begin and end must be offsets of the text in UTF-16")
        spans.append(Span(offsets[0], offsets[1], attribute, one.score.value))
    return spans
