"""The messages of the interface for sites: requests and replies."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from moderation.desk.types import SiteComment, SiteState, Webhook
from moderation.errors import ModerationError
from moderation.service.intake import read_time
from moderation.service.messages import Message, Refusal, Reply, Text, refuse
from moderation.service.native.messages import SOURCE, DecisionReply, VerdictReply
from moderation.text.validate import check_text

MAX_STATEMENT = 5_000
MAX_REASON = 200
MAX_BY = 200
PUBLISHED = "Write it as 2026-03-01T10:00:00+07:00, or leave it out."

Words = Annotated[str | None, Refusal("This must be text."), WithJsonSchema({"type": "string"})]


def _time(written: object) -> datetime:
    if not isinstance(written, str):
        raise ValueError("not a text")  # noqa: TRY004  # pydantic takes no other
    return read_time(written)


def _readable(text: str) -> str:
    try:
        return check_text(text, where="")
    except ModerationError as error:
        raise refuse(error) from None


def _readable_if_any(text: str) -> str:
    return _readable(text) if text.strip() else ""


Said = Annotated[str, AfterValidator(_readable)]


class CommentRequest(Message):
    """A comment, or an edit of it."""

    model_config = ConfigDict(title="A comment")
    refusal: ClassVar = Refusal(
        "The body is not a comment.",
        'Send {"text": "..."}, and besides, if you like, "author", "url", "published", "parent", '
        '"title", "article" and "community".',
        where="body",
    )

    text: Text
    author: Words = None
    url: Words = Field(None, description="The address of the page that it stands on.")
    published: Annotated[
        Annotated[datetime, BeforeValidator(_time)] | None,
        Refusal("This is not an ISO 8601 time from 1970 to today.", PUBLISHED),
        WithJsonSchema({"type": "string", "format": "date-time"}),
    ] = None
    parent: Words = Field(None, description="The text of the comment that it answers.")
    title: Words = Field(None, description="The headline of the page.")
    article: Words = Field(None, description="The text of the article that it stands under.")
    community: Words = None
    replies: Annotated[
        Annotated[int, Field(ge=0, le=2**31 - 1)] | None,
        Refusal("The number of replies must be a whole number, 0 or more."),
    ] = Field(None, description="Answers to it so far, for the order at the desk.")


class FlagRequest(Message):
    """A reader's flag of a comment."""

    model_config = ConfigDict(title="A flag")
    refusal: ClassVar = Refusal(
        "The body is not a flag.",
        'Send {"by": "the reader\'s id at your site", "reason": "..."}.',
        where="body",
    )

    by: Annotated[Said, StringConstraints(min_length=1, max_length=MAX_BY)] = Field(
        description="The reader's id at the site, who counts once. A hash of it is kept."
    )
    reason: Annotated[
        str, AfterValidator(_readable_if_any), StringConstraints(max_length=MAX_REASON)
    ] = ""


class AppealRequest(Message):
    """An author's appeal against a rejection."""

    model_config = ConfigDict(title="An appeal")
    refusal: ClassVar = Refusal(
        "The body is not an appeal.",
        'Send {"statement": "..."} of up to 5,000 characters.',
        where="body",
    )

    statement: Annotated[Said, StringConstraints(min_length=1, max_length=MAX_STATEMENT)]


class WebhookRequest(Message):
    """An address to which events are to be sent."""

    model_config = ConfigDict(title="A webhook")
    refusal: ClassVar = Refusal(
        "The body is not a webhook.",
        'Send {"url": "https://..."}, and "source" if only its events are wanted.',
        where="body",
    )

    url: str
    source: Annotated[str, Field(pattern=SOURCE)] | None = None


class RevisionReply(Reply):
    """One of a comment's texts."""

    revision: Annotated[int, Field(ge=1)]
    received: Annotated[str, Field(description="ISO 8601, UTC.")]
    state: Annotated[
        SiteState | None,
        Field(description="Null where it was edited before anybody decided on it."),
    ]


class CommentReply(Reply):
    """A comment as the review desk has it."""

    source: str
    id: str
    revision: Annotated[int, Field(ge=1)]
    state: SiteState
    verdict: VerdictReply
    decision: Annotated[
        DecisionReply | None, Field(description="The one that stands on the latest text.")
    ]
    flags: Annotated[int, Field(ge=0, description="Readers who have flagged the latest text.")]
    appealed: Annotated[bool, Field(description="Whether an appeal waits for a moderator.")]
    revisions: list[RevisionReply]


class DecisionsReply(Reply):
    """Decisions that were made or undone, oldest first."""

    decisions: list[DecisionReply]
    next: Annotated[str, Field(description="The cursor for the decisions after these.")]


class WebhookReply(Reply):
    """A webhook; its secret is shown once, when it is made."""

    id: str
    url: str
    source: str | None
    created: str


class NewWebhookReply(WebhookReply):
    """A webhook that was just made."""

    secret: Annotated[str, Field(description="Signs its messages (Standard Webhooks).")]


class WebhooksReply(Reply):
    """The webhooks."""

    webhooks: list[WebhookReply]


def comment_reply(comment: SiteComment) -> dict[str, Any]:
    """Return a comment as built-in values; its verdict's action follows the decision."""
    verdict = comment.verdict.to_dict()
    if comment.decision is not None:
        verdict["action"] = "allow" if comment.decision.is_approval else "block"
    return {
        "source": comment.source,
        "id": comment.external_id,
        "revision": comment.revision,
        "state": comment.state.value,
        "verdict": verdict,
        "decision": comment.decision and comment.decision.to_dict(),
        "flags": comment.flags,
        "appealed": comment.appealed,
        "revisions": [
            {
                "revision": each.number,
                "received": each.received.isoformat(timespec="milliseconds"),
                "state": each.state and each.state.value,
            }
            for each in comment.revisions
        ],
    }


def webhook_reply(webhook: Webhook) -> dict[str, Any]:
    """Return a webhook as built-in values, without its secret."""
    return {
        "id": webhook.id,
        "url": webhook.url,
        "source": webhook.source,
        "created": webhook.made.isoformat(timespec="seconds"),
    }
