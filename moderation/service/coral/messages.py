"""The messages of the endpoint: what Coral sends, and what it is answered."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from moderation.service.messages import Message, Refusal, Reply

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
