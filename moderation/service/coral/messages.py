"""The messages of the endpoint: what Coral sends, and what it is answered."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from moderation.policy import CoralPolicy, CoralReply
from moderation.service.intake import Submission
from moderation.service.messages import Message, Refusal, Reply
from moderation.taxonomy import ATTRIBUTE_NAMES, ATTRIBUTES, FLAGGED, OTHERWISE
from moderation.text.markup import TooDeep, visible_text
from moderation.text.validate import clean_text
from moderation.verdict import Action, Verdict

# FOLDED body: What a comment in Coral says: its HTML or its text, as a reader sees it.

# A tag as Coral's editor and clean-up leave it in a comment's HTML: no words fit into one.
_TAG = re.compile(
    r"""</?(?:a|b|blockquote|br|div|em|i|li|ol|p|s|span|strong|sub|sup|u|ul)
    (?:\ (?:(?:class|href|target)="[^"<>\s]*"|rel="(?:nofollow|noopener|noreferrer|ugc|\ )*"))*
    \ ?/?>""",
    re.IGNORECASE | re.VERBOSE,
)


def readings(body: str, form: Literal["either", "html", "text"]) -> list[str]:
    """Return the texts to judge for one comment; none when it says nothing.

    Nothing in a comment may keep it from being judged, because Coral publishes what was not
    answered: NUL and lone surrogates are left out, as they would part a word.

    Parameters
    ----------
    body : str
        The comment as Coral sent it.
    form : {"either", "html", "text"}
        How Coral was told to send it. With ``"either"``, what holds other markup than Coral
        writes is read both ways, so that nobody hides words in tags of their own.
    """
    clean = clean_text(body, "")
    found = [clean]
    if form != "text" and ("<" in clean or "&" in clean):
        try:
            found = [visible_text(clean)]
        except TooDeep:
            return [clean]
        if form == "either" and "<" in _TAG.sub("", clean):
            found.append(clean)
    return [text for text in found if text.strip()]


Status = Literal["NONE", "APPROVED", "REJECTED", "PREMOD", "SYSTEM_WITHHELD"]
EXAMPLE = {"action": "NEW", "comment": {"body": "<div>I agree.</div>", "parentID": None}}


class Optionally:
    """Annotation of a string that is read where there is one, and None where there is not.

    Nothing besides the comment may keep it from being judged, because Coral publishes what was not
    answered.

    Parameters
    ----------
    *path : str
        The names under which the string stands in the field.
    """

    def __init__(self, *path: str) -> None:
        self._path = path

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        """Read whatever stands there."""
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Allow whatever stands there."""
        return {}

    def _read(self, value: Any) -> str | None:
        for name in self._path:
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, str) else None


class CoralComment(Message):
    """The comment, as far as it is read."""

    model_config = ConfigDict(extra="ignore")

    body: str | None = Field(description="HTML or text, by policy; null for a picture alone.")


class CoralRequest(Message):
    """A comment to decide on; what is not named here is not read, and Coral may send more."""

    model_config = ConfigDict(extra="ignore")

    refusal: ClassVar = Refusal("The request has no comment with a body.", where="comment.body")

    action: Any = Field(None, description="`NEW` or `EDIT`; both are judged alike.")
    comment: CoralComment
    page: Annotated[str | None, Optionally("url")] = Field(
        None, alias="story", description="The story that is commented on; its `url` is kept."
    )
    author: Annotated[str | None, Optionally("id")] = Field(
        None, description="The comment's author, whose `id` is kept."
    )
    community: Annotated[str | None, Optionally()] = Field(
        None, alias="tenantDomain", description="The domain of the newsroom's site, which is kept."
    )


class CoralFlag(Reply):
    """A flag for Coral's moderators."""

    actionType: Literal["FLAG"]  # noqa: N815  # Coral's name
    reason: Literal["COMMENT_DETECTED_TOXIC", "COMMENT_DETECTED_SPAM"]


class CoralReason(Reply):
    """Why a comment is rejected, as Coral tells its author."""

    code: str


class CoralRejection(Reply):
    """A rejection of which Coral tells the author."""

    status: Status
    rejectionReason: CoralReason  # noqa: N815  # Coral's name


class CoralDecision(Reply):
    """The decision on a comment that the policy does not allow."""

    status: Annotated[Status | None, Field(description="Absent: Coral's next phase goes on.")] = (
        None
    )
    actions: list[CoralFlag] | None = None
    moderationAction: CoralRejection | None = None  # noqa: N815  # Coral's name


# FOLDED decision: Verdicts -> what Coral is told, by the policy.

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


# FOLDED sent: A comment that Coral sent, as the review desk takes it.

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
