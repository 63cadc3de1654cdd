"""Moderators' wellbeing on the pages: which texts are blurred, and what counts as severe."""

from collections.abc import Callable, Mapping

from starlette.requests import Request

from moderation.desk.queue.severe import is_severe, severe_limits
from moderation.desk.types import Blur, CommentRow, Session
from moderation.errors import NotReady
from moderation.service.engine import moderator_of

Veil = Callable[[CommentRow], bool]
"""Tells whether a comment's text is blurred until asked for."""


def limits_in_use(http: Request) -> Mapping[str, float]:
    """Return the scores from which a comment is severe, by the policy and the model in use."""
    try:
        moderator = moderator_of(http)
    except NotReady:
        return severe_limits({}, {})
    return severe_limits(moderator.bound_policy.held, moderator.model.review_thresholds)


def veil_for(http: Request, session: Session | None) -> Veil:
    """Return the rule by which texts are blurred for a person."""
    blur = session.user.preferences.blur if session else Blur.NEVER
    if blur is Blur.NEVER:
        return lambda _: False
    if blur is Blur.ALWAYS:
        return lambda line: not line.erased
    limits = limits_in_use(http)
    return lambda line: not line.erased and is_severe(line.scores, limits)
