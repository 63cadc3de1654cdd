"""Verdicts -> what Coral is told, by the policy."""

from collections.abc import Sequence
from typing import Any

from moderation.policy import CoralPolicy, CoralReply
from moderation.taxonomy import ATTRIBUTES, FLAGGED
from moderation.verdict import Action, Verdict

CODES = {attribute.name: attribute.coral for attribute in ATTRIBUTES if attribute.coral}
OTHER_CODE = "OFFENSIVE"
"""Coral's reason for a word of the newsroom's own list."""
SEVERITY = list(Action)
HOLDING = ("PREMOD", "SYSTEM_WITHHELD")
"""Statuses that keep a comment from readers until a person has seen it."""


def decide(verdicts: Sequence[Verdict], policy: CoralPolicy) -> dict[str, Any] | None:
    """Return the answer to Coral, None for no opinion.

    Parameters
    ----------
    verdicts : sequence of Verdict
        One for each way to read the comment; the worst decides.
    policy : CoralPolicy
    """
    worst = max(verdicts, key=lambda verdict: SEVERITY.index(verdict.action), default=None)
    if worst is None or worst.action is Action.ALLOW:
        return None
    if worst.action is Action.BLOCK:
        return answer(policy.block, reason_code(worst))
    return answer(policy.review, reason_code(worst))


def unjudged(policy: CoralPolicy) -> dict[str, Any] | None:
    """Return the answer for a comment that could not be judged, None for no opinion.

    It is held as one for review is. Where the policy does not hold those, this one is withheld all
    the same; and its author is not told that it was rejected.
    """
    if policy.unjudged == "allow":
        return None
    status = policy.review.status if policy.review.status in HOLDING else "SYSTEM_WITHHELD"
    return answer(policy.review.model_copy(update={"status": status, "notify": False}), OTHER_CODE)


def answer(reply: CoralReply, code: str) -> dict[str, Any]:
    """Return a policy's reply in Coral's form."""
    told: dict[str, Any] = {}
    if reply.status:
        told["status"] = reply.status
    if reply.flag:
        told["actions"] = [{"actionType": "FLAG", "reason": reply.flag}]
    if reply.notify:
        told["moderationAction"] = {"status": reply.status, "rejectionReason": {"code": code}}
    return told


def reason_code(verdict: Verdict) -> str:
    """Return Coral's code for the worst of the policy's reasons."""
    worst = [label.value for label in FLAGGED if label.value in verdict.reasons]
    return next((CODES[name] for name in (*worst, *verdict.reasons) if name in CODES), OTHER_CODE)
