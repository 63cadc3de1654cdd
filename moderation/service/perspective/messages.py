"""The messages of Perspective's protocol, read strictly.

From these classes come the reading, its errors, the methods' part of the OpenAPI document and the
discovery document, where each has the name of its class, or of its class's `discovery_id`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails

from moderation.errors import InvalidText, MalformedJSON, ModerationError, TooLarge
from moderation.service.messages import NULL, REFUSED, Message, refuse
from moderation.service.perspective.errors import PerspectiveError, invalid_request
from moderation.settings import Settings
from moderation.taxonomy import BY_PERSPECTIVE_NAME
from moderation.text.validate import NO_NUL, NOT_BLANK, check_text, lone_surrogate

MAX_BYTES = 20_480
TAG = "[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,8}"
LANGUAGE_TAG = re.compile(TAG, re.ASCII)
# A name that an error may repeat: it cannot hold a comment.
PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,50}", re.ASCII)


def _encodable(text: str) -> str:
    """Return a string that UTF-8 can hold: JSON can name half an emoji, a lone surrogate."""
    if lone_surrogate(text) is not None:
        raise ValueError("a lone surrogate")
    return text


String = Annotated[str, AfterValidator(_encodable)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]
Offset = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Meanings:
    """Annotation of a choice: the meaning of each name, for the discovery document."""

    by_name: Mapping[str, str]


UNSUPPORTED = "Not supported."
ScoreType = Annotated[
    Literal["SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW"],
    Meanings(
        {
            "SCORE_TYPE_UNSPECIFIED": "The same as PROBABILITY.",
            "PROBABILITY": "A calibrated probability in the range [0, 1].",
            "STD_DEV_SCORE": UNSUPPORTED,
            "PERCENTILE": UNSUPPORTED,
            "RAW": UNSUPPORTED,
        }
    ),
]
TextType = Annotated[
    Literal["TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"],
    Meanings(
        {
            "TEXT_TYPE_UNSPECIFIED": "The same as PLAIN_TEXT.",
            "PLAIN_TEXT": "Plain text.",
            "HTML": UNSUPPORTED,
        }
    ),
]
ANSWERED_SCORES = ("SCORE_TYPE_UNSPECIFIED", "PROBABILITY")
READ_TEXTS = ("TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT")


@dataclass(frozen=True)
class ByAttribute:
    """Annotation of a mapping whose names are those of attributes.

    Parameters
    ----------
    required : bool
        Whether at least one name must be there.
    """

    required: bool = False

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Add the attributes' names."""
        shown = handler(schema)
        value = shown.pop("additionalProperties")
        shown |= {"properties": dict.fromkeys(BY_PERSPECTIVE_NAME, value)}
        shown |= {"additionalProperties": False}
        return shown | ({"minProperties": 1} if self.required else {})


class ProtocolMessage(Message):
    """A message as protocol buffers have it: null is the same as absent, names have two forms."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    discovery_id: ClassVar[str] = ""
    """Its name in the discovery document, if not that of its class."""
    known: ClassVar[frozenset[str]] = frozenset()
    """The names of the fields, in both forms."""
    absent: ClassVar[Mapping[tuple[str, ...], tuple[str, str]]] = {}
    """The type and the message of the error for a required field that is absent."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Note the names of the fields, which every reading needs."""
        aliases = [info.alias or name for name, info in cls.model_fields.items()]
        cls.known = frozenset(aliases) | cls.model_fields.keys()

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        if not isinstance(given, dict) or None not in given.values():
            return given
        return {
            name: value
            for name, value in given.items()
            if value is not None or name not in cls.known
        }

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Allow null in a request, wherever a field may be absent."""
        shown = handler(schema)
        if handler.mode == "validation":
            own = handler.resolve_ref_schema(shown)
            for name, value in own["properties"].items():
                if name not in own.get("required", ()) and NULL not in value.get("anyOf", ()):
                    own["properties"][name] = {"anyOf": [value, NULL]}
        return shown

    @classmethod
    def error_of(cls, errors: Sequence[ErrorDetails]) -> ModerationError:
        """Return the first error of form, which quotes nothing, else the first of upstream's."""
        own = [error for error in errors if error["type"] == REFUSED or cls._is_absent(error)]
        of_form = [error for error in errors if error not in own]
        if of_form:
            return cls._malformed(of_form[0])
        if own[0]["type"] == REFUSED:
            refused: ModerationError = own[0]["ctx"]["error"]
            return refused
        return PerspectiveError(*cls.absent[tuple(map(str, own[0]["loc"]))])

    @classmethod
    def _is_absent(cls, error: ErrorDetails) -> bool:
        return error["type"] == "missing" and error["loc"] in cls.absent

    @classmethod
    def _malformed(cls, error: ErrorDetails) -> MalformedJSON:
        where = str(error["loc"][0]) if error["loc"] and error["loc"][0] in cls.known else ""
        at = f" at '{where}'" if where else ""
        unknown = error["type"] == "extra_forbidden"
        message = f"Unknown name{at}: Cannot find field." if unknown else f"Invalid value{at}."
        return MalformedJSON(message, where=where)


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

    entries: list[TextEntry] | None = None
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


EMPTY = ("COMMENT_EMPTY", "Comment must be non-empty.")


class CommentRequest(ProtocolMessage):
    """The fields that both methods take."""

    absent: ClassVar = {("comment",): EMPTY, ("comment", "text"): EMPTY}

    comment: Comment = Field(description="The comment. Required.")
    context: Context | None = Field(
        None, description="What the comment stands in. It changes nothing."
    )
    languages: Annotated[
        list[Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{TAG}$"})]],
        AfterValidator(_tags),
    ] = Field(
        [],
        description="The comment's languages, as ISO 639 codes or BCP 47 tags. Detected when "
        "absent.",
    )
    do_not_store: bool = Field(
        default=False, description="Whether nothing of the request may be stored."
    )
    client_token: String | None = Field(None, description="Opaque; echoed in the reply.")
    session_id: String | None = Field(None, description="Opaque.")
    community_id: String | None = Field(None, description="Opaque.")


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

    requested_attributes: Annotated[dict[str, AttributeParameters], ByAttribute(required=True)] = (
        Field(description="The attributes to score, by name. Required.")
    )
    span_annotations: bool = Field(
        default=False, description="Whether to return the scores of parts of the text too."
    )
    drop_unsupported_attributes: bool = Field(
        default=False, description="Whether to leave unsupported attributes out instead of failing."
    )

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        requested = self.requested_attributes
        if not requested:
            raise PerspectiveError(*self.absent[("requestedAttributes",)])
        if not self.drop_unsupported_attributes:
            check_names(requested)
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
        check_names(self.attribute_scores)
        suggested = self.attribute_scores.values()
        if not all(scores.summary_score or scores.span_scores for scores in suggested):
            raise invalid_request("Missing summary_score in attribute_scores")
        return self


def check_names(names: Iterable[str]) -> None:
    """Check that each name is that of an attribute.

    Raises
    ------
    PerspectiveError
        Naming the first that is not.
    """
    for name in names:
        if name not in BY_PERSPECTIVE_NAME:
            shown = name if PLAIN_NAME.fullmatch(name) else "(not a name)"
            raise invalid_request(f"Unknown requested attribute: {shown}")
