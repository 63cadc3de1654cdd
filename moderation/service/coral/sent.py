"""A comment that Coral sent, as the review desk takes it."""

from collections.abc import Sequence
from dataclasses import replace

from moderation.service.coral.decision import SEVERITY
from moderation.service.coral.messages import CoralRequest
from moderation.service.intake import Submission
from moderation.taxonomy import ATTRIBUTE_NAMES, OTHERWISE
from moderation.verdict import Action, Verdict

SOURCE = "coral"
LENGTH = "length"
"""The reason of a verdict on a comment that was too long to be read whole."""
UNJUDGED = "unjudged"
"""The reason of one on a comment that nothing could judge in time, and the model that says so."""


def sent_of(
    request: CoralRequest, texts: Sequence[str], verdicts: Sequence[Verdict]
) -> list[Submission]:
    """Return the one comment, as it was read at its worst, with what Coral tells of it.

    Coral names a comment only once it is published, so that it has no id here.
    """
    if not verdicts:
        return []
    pairs = zip(texts, verdicts, strict=True)
    text, verdict = max(pairs, key=lambda pair: SEVERITY.index(pair[1].action))
    return [
        Submission(
            text,
            verdict,
            SOURCE,
            page=request.page,
            author=request.author,
            community=request.community,
        )
    ]


def no_verdict() -> Verdict:
    """Return a verdict without scores, for a comment that a person has to read."""
    scores = dict.fromkeys(ATTRIBUTE_NAMES, 0.0)
    return Verdict(OTHERWISE, Action.REVIEW, scores, UNJUDGED, reasons=(UNJUDGED,))


def as_beginning(sent: Submission, whole: str) -> Submission:
    """Return a long comment, of which the beginning was read, as one for a person to read.

    The evidence stays where it is evidence in the whole text, too, and not in what a reader sees
    of its markup.
    """
    verdict = replace(
        sent.verdict,
        action=Action.REVIEW,
        spans=sent.verdict.spans if whole.startswith(sent.text) else (),
        reasons=(*sent.verdict.reasons, LENGTH),
    )
    return replace(sent, text=whole, verdict=verdict)
