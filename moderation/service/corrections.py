"""Corrections from any protocol: kept with their key, and for a desk with their comment."""

import asyncio
import dataclasses
from typing import Protocol

from fastapi import Request

from moderation.errors import ModerationError
from moderation.service.auth import key_id_of
from moderation.service.engine import engine_of
from moderation.service.intake import Correction, Corrections, Submission, is_wanted, may_store
from moderation.verdict import Action, Verdict

UNJUDGED = "unjudged"
"""The reason and the model of the verdict where no model could judge."""


class MakeComment(Protocol):
    """A function that makes the comment which a correction is about."""

    def __call__(self, verdict: Verdict, /) -> Submission:
        """Return the comment with its context."""


async def keep(
    request: Request, correction: Correction, text: str, comment_of: MakeComment
) -> None:
    """Keep a correction, unless the request says that nothing may be stored.

    Where there is a review desk, the comment goes along with today's verdict: most corrections are
    about comments that the policy allowed, which the desk has not seen.

    Parameters
    ----------
    request : Request
    correction : Correction
    text : str
        What is judged: the text, or a document of it.
    comment_of : callable
        Makes the comment.

    Raises
    ------
    CorrectionNotStored
    """
    if not may_store(request):
        return
    comment = comment_of(await _verdict_on(request, text)) if is_wanted(request) else None
    sent = dataclasses.replace(correction, key=key_id_of(request), comment=comment)
    corrections: Corrections = request.app.state.corrections
    await asyncio.to_thread(corrections.add, sent)


def no_verdict() -> Verdict:
    """Return the verdict on a corrected comment that no model has judged."""
    return Verdict(None, Action.ALLOW, {}, UNJUDGED, reasons=(UNJUDGED,))


async def _verdict_on(request: Request, text: str) -> Verdict:
    try:
        (verdict,) = await engine_of(request).judge([text], counted=0)
    except ModerationError:
        # A correction is kept though no model is ready, or has time.
        return no_verdict()
    return verdict
