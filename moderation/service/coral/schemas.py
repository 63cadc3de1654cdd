"""The requests and replies of the endpoint, as the OpenAPI document shows them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["NONE", "APPROVED", "REJECTED", "PREMOD", "SYSTEM_WITHHELD"]


class Reply(BaseModel):
    """A part of a reply: nothing is in it that is not listed."""

    model_config = ConfigDict(extra="forbid")


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
    """What becomes of a comment that the policy does not allow."""

    status: Annotated[Status | None, Field(description="Absent: Coral's next phase goes on.")] = (
        None
    )
    actions: list[CoralFlag] | None = None
    moderationAction: CoralRejection | None = None  # noqa: N815  # Coral's name


# What is not named here is not read, and Coral may send more.
REQUEST: dict[str, Any] = {
    "type": "object",
    "properties": {
        "action": {"description": "`NEW` or `EDIT`; both are judged alike."},
        "comment": {
            "type": "object",
            "properties": {
                "body": {"type": ["string", "null"], "description": "HTML or text, by policy."}
            },
            "required": ["body"],
        },
    },
    "required": ["comment"],
}
EXAMPLE = {"action": "NEW", "comment": {"body": "<div>I agree.</div>", "parentID": None}}
