"""What a caller sends: the messages of the protocol, read strictly."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from moderation.errors import InvalidText, MalformedJSON, TooLarge
from moderation.service.perspective.errors import PerspectiveError, invalid_request
from moderation.settings import Settings
from moderation.taxonomy import BY_PERSPECTIVE_NAME
from moderation.text.check import check_text, lone_surrogate

MOST_BYTES = 20_480
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,8}", re.ASCII)
# A name that an error may repeat: it cannot hold a comment.
PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,50}", re.ASCII)


def _encodable(text: str) -> str:
    """Return a string that is one: JSON can name half an emoji, a lone surrogate."""
    if lone_surrogate(text) is not None:
        raise ValueError("a lone surrogate")
    return text


String = Annotated[str, AfterValidator(_encodable)]
Number = Annotated[float, Field(allow_inf_nan=False)]
ScoreType = Literal[
    "SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW"
]  # fmt: skip
ONLY_SCORE_TYPES = {"SCORE_TYPE_UNSPECIFIED", "PROBABILITY"}


class Message(BaseModel):
    """A message as protocol buffers have it: null is the same as absent, names have two forms."""

    model_config = ConfigDict(
        extra="forbid", strict=True, alias_generator=to_camel, populate_by_name=True
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        known = {field.alias for field in cls.model_fields.values()} | set(cls.model_fields)
        return {
            name: value for name, value in given.items() if value is not None or name not in known
        }


class TextEntry(Message):
    """A text and its type."""

    text: String = ""
    type: Literal["TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"] = "PLAIN_TEXT"


class ArticleAndParentComment(Message):
    """What a comment answers."""

    article: TextEntry | None = None
    parent_comment: TextEntry | None = None


class Context(Message):
    """What a comment stands in; like upstream, nothing reads it."""

    entries: list[TextEntry] | None = None
    article_and_parent_comment: ArticleAndParentComment | None = None


class Request(Message):
    """What both methods take."""

    comment: TextEntry = TextEntry()
    context: Context | None = None
    languages: list[str] = []
    do_not_store: bool = False
    client_token: String | None = None
    session_id: String | None = None
    community_id: String | None = None

    def check(self, settings: Settings) -> Self:
        """Return the request if its text and languages can be taken.

        Raises
        ------
        PerspectiveError
        """
        text = self.comment.text
        if not text.strip():
            raise PerspectiveError("COMMENT_EMPTY", "Comment must be non-empty.")
        if self.comment.type == "HTML":
            raise invalid_request("Currently, only 'PLAIN_TEXT' comments are supported")
        if (size := len(text.encode("utf-8"))) > MOST_BYTES:
            raise PerspectiveError(
                "COMMENT_TOO_LONG",
                f"Comment text was too many bytes. Value ({size}) exceeded limit ({MOST_BYTES}).",
            )
        try:
            check_text(text, limit=settings.max_text_chars)
        except TooLarge as error:
            raise PerspectiveError("COMMENT_TOO_LONG", error.message) from None
        except InvalidText as error:
            raise invalid_request(error.message) from None
        if self.context and None not in (
            self.context.entries,
            self.context.article_and_parent_comment,
        ):
            raise invalid_request(
                "Only one of 'entries' and 'article_and_parent_comment' may be set in 'context'"
            )
        if not all(map(LANGUAGE_TAG.fullmatch, self.languages)):
            raise invalid_request("A language must be an ISO 639 code or a BCP 47 tag")
        return self


class AttributeParameters(Message):
    """How an attribute is asked for."""

    score_type: ScoreType = "PROBABILITY"
    score_threshold: Number | None = None


class AnalyzeRequest(Request):
    """A comment, and the attributes it is to be scored for."""

    requested_attributes: dict[str, AttributeParameters] = {}
    span_annotations: bool = False
    drop_unsupported_attributes: bool = False

    def check(self, settings: Settings) -> Self:
        """Return the request if it can be answered.

        Raises
        ------
        PerspectiveError
        """
        super().check(settings)
        if not self.requested_attributes:
            raise PerspectiveError("NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes")
        if not self.drop_unsupported_attributes:
            check_names(self.requested_attributes)
        for parameters in self.requested_attributes.values():
            if parameters.score_type not in ONLY_SCORE_TYPES:
                raise invalid_request("Currently, only 'PROBABILITY' scores are supported")
        return self


R = TypeVar("R", bound=Request)


def read(kind: type[R], body: object, settings: Settings) -> R:
    """Return a request that has been checked.

    Raises
    ------
    MalformedJSON
        If it does not have the form of the message; nothing of it is repeated.
    PerspectiveError
        If upstream would refuse it.
    """
    try:
        request = kind.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        known = {field.alias for field in kind.model_fields.values()} | set(kind.model_fields)
        where = str(first["loc"][0]) if first["loc"] and first["loc"][0] in known else ""
        at = f" at '{where}'" if where else ""
        unknown = first["type"] == "extra_forbidden"
        message = f"Unknown name{at}: Cannot find field." if unknown else f"Invalid value{at}."
        raise MalformedJSON(message, where=where) from None
    return request.check(settings)


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
