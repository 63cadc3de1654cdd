"""Messages as types: one class reads what a client sends, makes its errors, and documents itself.

A protocol's message is a pydantic model that derives from `Message`. `read` makes one from a
request's body, or raises the protocol's own error; `schema_of` gives its part of the OpenAPI
document. Limits come from the settings at each use: pydantic hands the settings to the validators
as the validation's context, and the schema has, in the place of a limit, a function that takes it
from the settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import chain
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from moderation.errors import InvalidInput, InvalidText, ModerationError, TooLarge
from moderation.settings import Settings
from moderation.text.validate import NO_NUL, NOT_BLANK, check_text, empty_text

REFUSED = "refused"
"""The type of a pydantic error that carries a `ModerationError`."""
FORM = frozenset({"model_type", "model_attributes_type", "missing", "extra_forbidden"})
"""The types of errors in a message's form, which come before all others."""
NULL = {"type": "null"}
MODELS = "(the ids of the models that may be asked for)"
"""A placeholder for those ids in a list of a message's schema."""


def refuse(error: ModerationError) -> PydanticCustomError:
    """Return an error as a validator raises it, so that it gets its place.

    Raised as it is, it would end the validation before later errors that count for more.
    """
    return PydanticCustomError(REFUSED, REFUSED, {"error": error})


@dataclass(frozen=True)
class Refusal:
    """The error for a value that does not have the form that is asked for.

    As an annotation of a field it replaces every error of form in it; an error that has a message
    of its own, as a text's has, keeps it.

    Parameters
    ----------
    message, remedy : str
    where : str, optional
        The place that the error names; the field's own if None.
    error : type
        The class of the error.
    """

    message: str
    remedy: str = ""
    where: str | None = None
    error: type[InvalidInput] = field(default=InvalidInput, kw_only=True)

    def make(self, where: str = "") -> ModerationError:
        """Return the error."""
        named = where if self.where is None else self.where
        return self.error(self.message, where=named, remedy=self.remedy)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Replace the field's own errors."""

        def refused(value: Any, inner: core_schema.ValidatorFunctionWrapHandler) -> Any:
            try:
                return inner(value)
            except ValidationError as failed:
                errors = failed.errors(include_url=False, include_input=False)
                if all(error["type"] == REFUSED for error in errors):
                    raise
            raise refuse(self.make())

        return core_schema.no_info_wrap_validator_function(refused, handler(source))


class PlainText:
    """Annotation of a string: a text that can be judged, and is not over the service's limit."""

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        """Validate by `check_text` alone."""
        return core_schema.with_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the rules of `check_text`."""
        return {
            "type": "string",
            "minLength": 1,
            "maxLength": attrgetter("max_text_chars"),
            "allOf": [{"pattern": NOT_BLANK}, {"pattern": NO_NUL}],
            "description": "A comment, a paragraph or a whole article, in plain text.",
        }

    def check(self, value: object, info: "ValidationInfo[Settings]") -> Any:
        """Return a text that can be judged."""
        try:
            return check_text(value, where="", limit=info.context.max_text_chars)
        except ModerationError as error:
            raise refuse(error) from None


class ListedText(PlainText):
    """Annotation of a string in a list of texts, which may be blank."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the rules, without those against blank texts."""
        rules = super().__get_pydantic_json_schema__(schema, handler)
        del rules["minLength"], rules["allOf"]
        words = f"{rules.pop('description')} A blank one gets an error in its place."
        return rules | {"pattern": NO_NUL, "description": words}

    def check(self, value: object, info: "ValidationInfo[Settings]") -> Any:
        """Return a blank text or one that can be judged."""
        limit = info.context.max_text_chars
        if isinstance(value, str) and len(value) <= limit and not value.strip():
            return value
        return super().check(value, info)


class OneText(PlainText):
    """Annotation of a list of texts that is sent as one text."""

    def check(self, value: object, info: "ValidationInfo[Settings]") -> Any:
        """Return a list of the text."""
        return [super().check(value, info)]


Text = Annotated[str, PlainText()]


def _not_all_blank(texts: list[str], info: "ValidationInfo[Settings]") -> list[str]:
    if not any(map(str.strip, texts)):
        raise refuse(empty_text(f"{info.field_name}[0]"))
    return texts


Texts = Annotated[
    list[Annotated[str, ListedText()]],
    Field(min_length=1, json_schema_extra={"contains": {"type": "string", "pattern": NOT_BLANK}}),
    AfterValidator(_not_all_blank),
]
"""Some texts, each answered in its place: one at least can be judged, the others may be blank."""


@dataclass(frozen=True)
class AtMostTexts:
    """Annotation of a list: no longer than the setting `max_texts`.

    Parameters
    ----------
    noun : str
        The name of the items in the error, plural.
    """

    noun: str = "texts"

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Count before anything in the list is read."""

        def limited(value: Any, info: "ValidationInfo[Settings]") -> Any:
            limit = info.context.max_texts
            if isinstance(value, list) and len(value) > limit:
                message = f"There are {len(value)} {self.noun}; the limit is {limit}."
                raise refuse(TooLarge(message, remedy="Send them in several requests."))
            return value

        return core_schema.with_info_before_validator_function(limited, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Add the limit."""
        return handler(schema) | {"maxItems": attrgetter("max_texts")}


class Message(BaseModel):
    """A client's message: it has no field that is not listed, and no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)

    refusals: ClassVar[Mapping[str, Refusal]] = {}
    """The errors for wrong forms outside the fields that have their own, by pydantic's type."""
    refusal: ClassVar[Refusal] = Refusal("The body is of another form.", where="body")
    """The error for all other wrong forms."""

    @classmethod
    def read(cls, body: object, settings: Settings) -> Self:
        """Return the message in a body.

        Raises
        ------
        ModerationError
            Naming the first thing that is wrong; the contents of texts come last.
        """
        try:
            return cls.model_validate(body, context=settings)
        except ValidationError as failed:
            error = cls.error_of(failed.errors(include_url=False, include_input=False))
        raise error

    @classmethod
    def error_of(cls, errors: Sequence[ErrorDetails]) -> ModerationError:
        """Return the one error that a client is sent, of all that are in its message."""
        first = min(errors, key=cls._rank)
        if first["type"] == REFUSED:
            error: ModerationError = first["ctx"]["error"]
            error.where = error.where or place_of(first["loc"])
            return error
        return cls.refusals.get(first["type"], cls.refusal).make()

    @classmethod
    def _rank(cls, error: ErrorDetails) -> tuple[bool, bool, int, bool]:
        """Return an error's rank: the message's form first, then each field, its form first."""
        loc = error["loc"]
        of_form = len(loc) <= 1 and error["type"] in FORM
        own = error["ctx"]["error"] if error["type"] == REFUSED else None
        names = [info.alias or name for name, info in cls.model_fields.items()]
        position = names.index(str(loc[0])) if loc and loc[0] in names else -1
        of_text = isinstance(own, InvalidText | TooLarge)
        return not of_form, error["type"] == "extra_forbidden", position, of_text


def place_of(loc: Sequence[int | str]) -> str:
    """Return the place of an error: its field, and the positions in it."""
    return (
        str(loc[0]) + "".join(f"[{part}]" for part in loc if isinstance(part, int)) if loc else ""
    )


class Reply(BaseModel):
    """A part of a reply: it has no field that is not listed."""

    model_config = ConfigDict(extra="forbid")


class ErrorDetail(Reply):
    """An error: the fault, its place, and the remedy."""

    code: str
    message: str
    where: str | None
    remedy: str | None


class ErrorReply(Reply):
    """The one shape of every error."""

    error: ErrorDetail


KEYS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
"""The refusals of a key, or of the lack of one."""
UNPARSED = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
"""The refusals of a body that cannot be read."""


def error_replies(
    *statuses: HTTPStatus, model: type[Reply] = ErrorReply
) -> dict[int | str, dict[str, Any]]:
    """Return a route's errors for the OpenAPI document."""
    return {int(s): {"model": model, "description": s.phrase} for s in statuses}


class _Schema(GenerateJsonSchema):
    """A schema generator without titles that repeat a name, and without defaults that are null."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  # pydantic passes it
        """Return False: a message gives its title itself."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the schema of a field with a default."""
        shown = super().default_schema(schema)
        if shown.get("default", ...) is None:
            del shown["default"]
        return shown

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:  # noqa: ARG002  # likewise
        """Return the schema unsorted: the fields keep the order in which they were written."""
        return value


def schema_of(
    message: type[Message], settings: Settings, models: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the JSON schema of the bodies that `message.read` takes, complete in itself.

    Parameters
    ----------
    message : type
    settings : Settings
    models : sequence of str
        The ids that may be asked for.
    """
    schema = message.model_json_schema(ref_template="{model}", schema_generator=_Schema)
    parts = schema.pop("$defs", {})

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                value = parts[value["$ref"]] | {k: v for k, v in value.items() if k != "$ref"}
            return {name: filled(inner) for name, inner in value.items()}
        if isinstance(value, list):
            named = [models if item == MODELS else [filled(item)] for item in value]
            return list(chain.from_iterable(named))
        return value(settings) if callable(value) else value

    document: dict[str, Any] = filled(schema)
    return document


def json_request(schema: Mapping[str, Any], **example: Any) -> dict[str, Any]:
    """Return a route's request body in JSON for the OpenAPI document, with its example, if any."""
    return {"required": True, "content": {"application/json": {"schema": schema, **example}}}
