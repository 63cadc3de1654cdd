"""Comments for the desk's tests, with verdicts that the tests choose."""

from collections.abc import Mapping
from typing import Any

from moderation.desk.types import Submission
from moderation.taxonomy import ATTRIBUTE_NAMES, FLAGGED, Label
from moderation.verdict import Action, Span, Verdict


def verdict(
    scores: Mapping[str, float] | None = None,
    action: Action = Action.REVIEW,
    targets: tuple[str, ...] = (),
    spans: tuple[Span, ...] = (),
) -> Verdict:
    """Return a verdict; attributes that are not named score 0.1."""
    whole = dict.fromkeys(ATTRIBUTE_NAMES, 0.1) | dict(scores or {})
    label = next((one for one in FLAGGED if whole[one.value] >= 0.5), Label.CIVIL)
    return Verdict(label, action, whole, "fake@1", spans, targets, ("toxicity",))


def sent(text: str, toxicity: float = 0.5, **about: Any) -> Submission:
    """Return a comment that a policy sends to review; `about` tells more of it, or its verdict."""
    given = about.pop("verdict", None) or verdict({"toxicity": toxicity})
    return Submission(text, given, about.pop("source", "native"), **about)


def unread(text: str, language: str | None = "de", **about: Any) -> Submission:
    """Return a comment in a language that the model does not know, which a policy holds."""
    held = Verdict(None, Action.REVIEW, {}, "fake@1", reasons=("language",), language=language)
    return Submission(text, held, about.pop("source", "native"), **about)
