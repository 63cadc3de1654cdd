"""The messages of Coral's endpoint: the comment as it is read, the decision, the submission."""

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
from moderation.taxonomy import ATTRIBUTES, FLAGGED
from moderation.text.markup import TooDeep, visible_text
from moderation.text.validate import clean_text
from moderation.verdict import Action, Verdict

# A tag as Coral's editor and clean-up leave it in a comment's HTML: no words fit into one.
_TAG = re.compile(
    r"""</?(?:a|b|blockquote|br|div|em|i|li|ol|p|s|span|strong|sub|sup|u|ul)
    (?:\ (?:(?:class|href|target)="[^"<>\s]*"|rel="(?:nofollow|noopener|noreferrer|ugc|\ )*"))*
    \ ?/?>""",
    re.IGNORECASE | re.VERBOSE,
)


def readings(body: str, form: Literal["either", "html", "text"]) -> list[str]:
    """Return the texts to judge for one comment, as readers see it; none when it is blank.

    Nothing in a comment may keep it from being judged, because Coral publishes comments without an
    answer: NUL and lone surrogates are left out, as they would split a word.

    Parameters
    ----------
    body : str
        The comment as Coral sent it.
    form : {"either", "html", "text"}
        The form in which Coral sends it. With ``"either"``, a comment with other markup than Coral
        writes is read both ways, so that nobody hides words in tags of their own.
    """
    clean = clean_text(body, "")
    texts = [clean]
    if form != "text" and ("<" in clean or "&" in clean):
        try:
            texts = [visible_text(clean)]
        except TooDeep:
            return [clean]
        if form == "either" and "<" in _TAG.sub("", clean):
            texts.append(clean)
    return [text for text in texts if text.strip()]


Status = Literal["NONE", "APPROVED", "REJECTED", "PREMOD", "SYSTEM_WITHHELD"]
EXAMPLE = {"action": "NEW", "comment": {"body": "<div>I agree.</div>", "parentID": None}}


class StringOrNone:
    """Annotation of a string that is None where anything but a string is sent.

    Nothing besides the comment may keep it from being judged, because Coral publishes comments
    without an answer.

    Parameters
    ----------
    *path : str
        The names that lead to the string in the field's value.
    """

    def __init__(self, *path: str) -> None:
        self._path = path

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        """Accept any value."""
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema of any value."""
        return {}

    def _read(self, value: Any) -> str | None:
        for name in self._path:
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, str) else None


class CoralComment(Message):
    """The comment: only its body is read."""

    model_config = ConfigDict(extra="ignore")

    body: str | None = Field(description="HTML or text, by policy; null for a picture alone.")


class CoralRequest(Message):
    """A comment to decide on; Coral may send more than is named here, which is not read."""

    model_config = ConfigDict(extra="ignore")

    refusal: ClassVar = Refusal("The request has no comment with a body.", where="comment.body")

    action: Any = Field(None, description="`NEW` or `EDIT`; both are judged alike.")
    comment: CoralComment
    page: Annotated[str | None, StringOrNone("url")] = Field(
        None, alias="story", description="The story that is commented on; its `url` is kept."
    )
    author: Annotated[str | None, StringOrNone("id")] = Field(
        None, description="The comment's author, whose `id` is kept."
    )
    community: Annotated[str | None, StringOrNone()] = Field(
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


REASON_CODES = {attribute.name: attribute.coral for attribute in ATTRIBUTES if attribute.coral}
OTHER_CODE = "OFFENSIVE"
"""Coral's reason for a word of the newsroom's own list."""
SEVERITY = list(Action)
HOLDING = ("PREMOD", "SYSTEM_WITHHELD")
"""Statuses that keep a comment from readers until a person has seen it."""


def decide(verdicts: Sequence[Verdict], policy: CoralPolicy) -> dict[str, Any] | None:
    """Return the decision for Coral, None for no opinion.

    Parameters
    ----------
    verdicts : sequence of Verdict
        One for each reading of the comment; the worst decides.
    policy : CoralPolicy
    """
    worst = max(verdicts, key=_severity, default=None)
    if worst is None or worst.action is Action.ALLOW:
        return None
    if worst.action is Action.BLOCK:
        return decision_of(policy.block, reason_code(worst))
    return decision_of(policy.review, reason_code(worst)) if worst.judged else held(policy)


def unjudged(policy: CoralPolicy) -> dict[str, Any] | None:
    """Return the decision on a comment that could not be judged in time, None for no opinion."""
    return None if policy.unjudged == "allow" else held(policy)


def held(policy: CoralPolicy) -> dict[str, Any]:
    """Return the decision on a comment that is held although it was not judged.

    It is held as one for review is. Where the policy does not hold those, this one is withheld all
    the same; and its author is not told that it was rejected.
    """
    status = policy.review.status if policy.review.status in HOLDING else "SYSTEM_WITHHELD"
    return decision_of(
        policy.review.model_copy(update={"status": status, "notify": False}), OTHER_CODE
    )


def decision_of(reply: CoralReply, code: str) -> dict[str, Any]:
    """Return a policy's reply in Coral's form."""
    decision: dict[str, Any] = {}
    if reply.status:
        decision["status"] = reply.status
    if reply.flag:
        decision["actions"] = [{"actionType": "FLAG", "reason": reply.flag}]
    if reply.notify:
        decision["moderationAction"] = {"status": reply.status, "rejectionReason": {"code": code}}
    return decision


def reason_code(verdict: Verdict) -> str:
    """Return Coral's code for the worst of the policy's reasons."""
    worst = [label.value for label in FLAGGED if label.value in verdict.reasons]
    return next(
        (REASON_CODES[name] for name in (*worst, *verdict.reasons) if name in REASON_CODES),
        OTHER_CODE,
    )


SOURCE = "coral"
LENGTH = "length"
"""The reason of a verdict on a comment that was too long to be read whole."""
UNJUDGED = "unjudged"
"""The reason and the model of a verdict on a comment that nothing could judge in time."""


def submissions_of(
    request: CoralRequest, texts: Sequence[str], verdicts: Sequence[Verdict]
) -> list[Submission]:
    """Return the comment in its worst reading, with its context; an empty list without verdicts.

    Coral gives a comment its id only when it is published, so that it has none here.
    """
    if not verdicts:
        return []
    pairs = zip(texts, verdicts, strict=True)
    text, verdict = max(pairs, key=lambda pair: _severity(pair[1]))
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
    """Return the verdict on a comment that nothing judged, and that a person has to read."""
    return Verdict(None, Action.REVIEW, {}, UNJUDGED, reasons=(UNJUDGED,))


def _severity(verdict: Verdict) -> tuple[int, bool]:
    """Return a verdict's rank; of two with the same action, the one that was judged is worse."""
    return SEVERITY.index(verdict.action), verdict.judged


def as_beginning(read: Submission, whole: str) -> Submission:
    """Return a long comment, of which only the beginning was judged, as one for a person to read.

    The evidence stays only where its offsets hold in the whole text, too: without markup.
    """
    verdict = replace(
        read.verdict,
        action=Action.REVIEW,
        spans=read.verdict.spans if whole.startswith(read.text) else (),
        reasons=(*read.verdict.reasons, LENGTH),
    )
    return replace(read, text=whole, verdict=verdict)
