"""The messages of Perspective's protocol.

From these classes come the reading, its errors, the methods' part of the OpenAPI document and the
discovery document, where each has the name of its class, or of its class's `discovery_id`.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from moderation.errors import InvalidText, TooLarge
from moderation.service.messages import NULL, refuse
from moderation.service.perspective.attributes import find_attribute
from moderation.service.perspective.errors import PerspectiveError, invalid_request
from moderation.service.perspective.fields import (
    ByAttribute,
    Number,
    Offset,
    Probability,
    ProtocolMessage,
    ScoreType,
    String,
    TextType,
    YesOrNo,
    listed,
)
from moderation.settings import Settings
from moderation.taxonomy import BY_PERSPECTIVE_NAME
from moderation.text.validate import NO_NUL, NOT_BLANK, check_text

MAX_BYTES = 20_480
TAG = "[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,8}"
LANGUAGE_TAG = re.compile(TAG, re.ASCII)
# A name that an error may repeat: it cannot hold a comment.
PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,50}", re.ASCII)
ANSWERED_SCORES = ("SCORE_TYPE_UNSPECIFIED", "PROBABILITY")
LEAVE_OUT = "leave_out"
"""The value of the setting `perspective_unjudged` by which attributes are left out of the reply."""
READ_TEXTS = ("TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT")


class TextEntry(ProtocolMessage):
    """A text and its type."""

    text: String = Field("", description=f"UTF-8 text, at most {MAX_BYTES} bytes.")
    type: TextType = Field("PLAIN_TEXT", description="The kind of text.")


class Comment(TextEntry):
    """The text that a request is about."""

    discovery_id = "TextEntry"

    text: Annotated[
        String,
        WithJsonSchema(
            {
                "type": "string",
                "minLength": 1,
                "maxLength": lambda settings: min(MAX_BYTES, settings.max_text_chars),
                "allOf": [{"pattern": NOT_BLANK}, {"pattern": NO_NUL}],
            }
        ),
    ] = Field(description=f"Plain text; at most {MAX_BYTES} bytes of UTF-8.")
    type: Annotated[TextType, WithJsonSchema({"enum": list(READ_TEXTS)})] = "PLAIN_TEXT"

    @model_validator(mode="after")
    def _can_be_judged(self, info: "ValidationInfo[Settings]") -> Self:
        if error := self._error(info.context.max_text_chars):
            raise refuse(error)
        return self

    def _error(self, limit: int) -> PerspectiveError | None:
        """Return the error of a comment that upstream would refuse, None for any other."""
        if not self.text.strip():
            return PerspectiveError(*EMPTY)
        if self.type not in READ_TEXTS:
            return invalid_request("Currently, only 'PLAIN_TEXT' comments are supported")
        if (size := len(self.text.encode("utf-8"))) > MAX_BYTES:
            return PerspectiveError(
                "COMMENT_TOO_LONG",
                f"Comment text was too many bytes. Value ({size}) exceeded limit ({MAX_BYTES}).",
            )
        try:
            check_text(self.text, limit=limit)
        except TooLarge as error:
            return PerspectiveError("COMMENT_TOO_LONG", error.message)
        except InvalidText as error:
            return invalid_request(error.message)
        return None


class ArticleAndParentComment(ProtocolMessage):
    """The article and the comment that a comment answers."""

    article: TextEntry | None = None
    parent_comment: TextEntry | None = None


class Context(ProtocolMessage):
    """The context of a comment; as with upstream, it does not change the scores."""

    entries: Annotated[list[TextEntry], BeforeValidator(listed)] | None = None
    article_and_parent_comment: ArticleAndParentComment | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if None not in (self.entries, self.article_and_parent_comment):
            raise refuse(
                invalid_request(
                    "Only one of 'entries' and 'article_and_parent_comment' may be set in 'context'"
                )
            )
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Allow one of the two fields, and null for the other."""
        shown = super().__get_pydantic_json_schema__(schema, handler)
        own = handler.resolve_ref_schema(shown)
        fields = own["properties"]
        kinds = [own | {"properties": fields | {other: NULL}} for other in reversed(fields)]
        own.clear()
        own["anyOf"] = kinds
        return shown


def _tags(tags: list[str]) -> list[str]:
    if not all(map(LANGUAGE_TAG.fullmatch, tags)):
        raise refuse(invalid_request("A language must be an ISO 639 code or a BCP 47 tag"))
    return tags


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


EMPTY = ("COMMENT_EMPTY", "Comment must be non-empty.")


class CommentRequest(ProtocolMessage):
    """The fields that both methods take."""

    absent: ClassVar = {("comment",): EMPTY, ("comment", "text"): EMPTY}
    aliases: ClassVar[frozenset[str]] = frozenset()
    """The usual names of the fields."""

    comment: Comment = Field(description="The comment. Required.")
    context: Context | None = Field(
        None, description="What the comment stands in. It changes nothing."
    )
    languages: Annotated[
        list[Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{TAG}$"})]],
        BeforeValidator(listed),
        AfterValidator(_tags),
    ] = Field(
        [],
        description="The comment's languages, as ISO 639 codes or BCP 47 tags. Detected when "
        "absent.",
    )
    do_not_store: YesOrNo = Field(
        default=False, description="Whether nothing of the request may be stored."
    )
    client_token: String | None = Field(None, description="Opaque; echoed in the reply.")
    session_id: String | None = Field(None, description="Opaque.")
    community_id: String | None = Field(None, description="Opaque.")

    @classmethod
    def __pydantic_init_subclass__(cls, **more: Any) -> None:
        """Note the usual names of the fields."""
        super().__pydantic_init_subclass__(**more)
        cls.aliases = frozenset(map(to_camel, cls.model_fields))

    @model_validator(mode="before")
    @classmethod
    def _do_not_store_in_any_spelling(cls, given: Any) -> Any:
        """Take a misspelt `doNotStore` for what it means: names not known are else not read."""
        if not isinstance(given, dict) or given.keys() <= cls.aliases:
            return given
        wishes = [given[name] for name in given if _plain(name) == "donotstore"]
        # The first that is not a no: of two that differ, the one that stores nothing.
        noes = ("none", "false")
        chosen = next((wish for wish in wishes if str(wish).lower() not in noes), False)
        return {**given, "doNotStore": chosen} if wishes else given


class AttributeParameters(ProtocolMessage):
    """The options of a requested attribute."""

    score_type: Annotated[ScoreType, WithJsonSchema({"enum": list(ANSWERED_SCORES)})] = Field(
        "PROBABILITY", description="Only PROBABILITY is supported."
    )
    score_threshold: Number | None = Field(
        None, description="Leave the attribute out where it scores less."
    )


class AnalyzeCommentRequest(CommentRequest):
    """A comment, and the attributes to score it for."""

    absent: ClassVar = CommentRequest.absent | {
        ("requestedAttributes",): ("NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes")
    }

    requested_attributes: Annotated[
        dict[str, AttributeParameters], ByAttribute(required=True, any_known=True)
    ] = Field(description="The attributes to score, by name. Required.")
    span_annotations: YesOrNo = Field(
        default=False,
        description="Whether to return the scores of each sentence, and not of the whole alone.",
    )
    drop_unsupported_attributes: YesOrNo = Field(
        default=False, description="Whether to leave unsupported attributes out instead of failing."
    )

    @model_validator(mode="after")
    def _can_be_answered(self, info: "ValidationInfo[Settings]") -> Self:
        requested = self.requested_attributes
        if not requested:
            raise PerspectiveError(*self.absent[("requestedAttributes",)])
        if not self.drop_unsupported_attributes:
            _check_requested(
                requested, may_be_unjudged=info.context.perspective_unjudged == LEAVE_OUT
            )
        if any(options.score_type not in ANSWERED_SCORES for options in requested.values()):
            raise invalid_request("Currently, only 'PROBABILITY' scores are supported")
        return self


ALL_WRITTEN = ConfigDict(json_schema_serialization_defaults_required=True)
"""The configuration of messages of which a reply always has all fields."""


class Score(ProtocolMessage):
    """A number, and its kind."""

    model_config = ALL_WRITTEN

    value: Probability = Field(description="From 0 to 1.")
    type: ScoreType = Field("PROBABILITY", description="What the value is.")


def _with_end(schema: JsonSchemaValue) -> None:
    if "end" not in schema["required"]:
        schema["required"] = ["end", *schema["required"]]


class SpanScore(ProtocolMessage):
    """A score of a part of the text, in UTF-16 code units."""

    # Protocol buffers leave out a 0, where a span may begin and cannot end.
    model_config = ALL_WRITTEN | ConfigDict(json_schema_extra=_with_end)

    begin: Offset = Field(0, description="The first UTF-16 code unit.")
    end: Offset = Field(0, description="The UTF-16 code unit after the last.")
    score: Score


class SuggestedScores(ProtocolMessage):
    """The right score of an attribute, and those of parts of the text."""

    discovery_id = "AttributeScores"

    summary_score: Score | None = Field(None, description="The score of the whole comment.")
    span_scores: list[SpanScore] = Field(
        default_factory=list, description="The scores of parts of it."
    )


class AttributeScores(SuggestedScores):
    """The score of an attribute, and those of parts of the text, in a reply of `analyze`."""

    summary_score: Score = Field(description="The score of the whole comment.")
    span_scores: list[SpanScore] = Field(
        description="The score of the whole comment again, or those of its sentences."
    )


NOTHING_SUGGESTED = ("INVALID_REQUEST", "Missing attribute_scores")


class SuggestCommentScoreRequest(CommentRequest):
    """A comment, and the scores that it should have had."""

    absent: ClassVar = CommentRequest.absent | {("attributeScores",): NOTHING_SUGGESTED}

    attribute_scores: Annotated[dict[str, SuggestedScores], ByAttribute(required=True)] = Field(
        description="The right scores, by attribute. Required."
    )

    @model_validator(mode="after")
    def _can_be_learned(self) -> Self:
        if not self.attribute_scores:
            raise PerspectiveError(*NOTHING_SUGGESTED)
        _check_suggested(self.attribute_scores)
        suggested = self.attribute_scores.values()
        if not all(scores.summary_score or scores.span_scores for scores in suggested):
            raise invalid_request("Missing summary_score in attribute_scores")
        return self


def _check_requested(names: Iterable[str], *, may_be_unjudged: bool) -> None:
    """Refuse the first name that upstream never had, or that is not judged and must be."""
    for name in names:
        attribute = find_attribute(name)
        if attribute is None or not (attribute.judged_by or may_be_unjudged):
            raise _unknown(name, may_be_shown=attribute is not None)


def _check_suggested(names: Iterable[str]) -> None:
    """Refuse the first name that is not that of an attribute of ours."""
    for name in names:
        if name not in BY_PERSPECTIVE_NAME:
            raise _unknown(name)


def _unknown(name: str, *, may_be_shown: bool = False) -> PerspectiveError:
    shown = name if may_be_shown or PLAIN_NAME.fullmatch(name) else "(not a name)"
    return invalid_request(f"Unknown requested attribute: {shown}")
