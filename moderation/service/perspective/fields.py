"""The fields of Perspective's messages: their types, and the forms in which they may be written.

The documents name the forms to send. Upstream took some more, which are taken here too: names of
choices in any case, a text for a list of one, numbers and yes or no as texts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails

from moderation.errors import MalformedJSON, ModerationError
from moderation.service.messages import NULL, REFUSED, Message
from moderation.service.perspective.attributes import NAMES, VERSIONED
from moderation.service.perspective.errors import PerspectiveError
from moderation.taxonomy import BY_PERSPECTIVE_NAME
from moderation.text.validate import lone_surrogate

UNSUPPORTED = "Not supported."
WORDS = {"true": True, "false": False}
# Of JSON's numbers, those of a length that no sender of a number would need more than.
_NUMBER = re.compile(r"-?[0-9]{1,32}(\.[0-9]{1,32})?([eE][+-]?[0-9]{1,3})?", re.ASCII)


def _encodable(text: str) -> str:
    """Return a string that UTF-8 can hold: JSON can name half an emoji, a lone surrogate."""
    if lone_surrogate(text) is not None:
        raise ValueError("a lone surrogate")
    return text


def _in_capitals(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _yes_or_no(value: Any) -> Any:
    return WORDS.get(value.lower(), value) if isinstance(value, str) else value


def listed(value: Any) -> Any:
    """Return the list of one that a text, or an object, stands for; anything else as it is."""
    return [value] if isinstance(value, str | dict) else value


String = Annotated[str, AfterValidator(_encodable)]
Number = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_number)]
YesOrNo = Annotated[bool, BeforeValidator(_yes_or_no)]
Probability = Annotated[float, Field(ge=0, le=1)]
Offset = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Meanings:
    """Annotation of a choice: the meaning of each name, for the discovery document."""

    by_name: Mapping[str, str]


ScoreType = Annotated[
    Literal["SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW"],
    BeforeValidator(_in_capitals),
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
    BeforeValidator(_in_capitals),
    Meanings(
        {
            "TEXT_TYPE_UNSPECIFIED": "The same as PLAIN_TEXT.",
            "PLAIN_TEXT": "Plain text.",
            "HTML": UNSUPPORTED,
        }
    ),
]


@dataclass(frozen=True)
class ByAttribute:
    """Annotation of a mapping whose names are those of attributes.

    Parameters
    ----------
    required : bool
        Whether at least one name must be there.
    any_known : bool
        Whether the names of upstream's that are not judged are among them, and names with a
        version.
    """

    required: bool = False
    any_known: bool = False

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Add the attributes' names."""
        shown = handler(schema)
        value = shown.pop("additionalProperties")
        shown |= {"properties": dict.fromkeys(BY_PERSPECTIVE_NAME, value)}
        if self.any_known:
            others = "|".join(name for name in NAMES if name not in BY_PERSPECTIVE_NAME)
            shown |= {"patternProperties": {f"^({others})$": value, VERSIONED: value}}
        shown |= {"additionalProperties": False}
        return shown | ({"minProperties": 1} if self.required else {})


class ProtocolMessage(Message):
    """A message as protocol buffers have it: null is the same as absent, names have two forms.

    Fields that are not listed are not read.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")

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
        """Allow null in a request, wherever a field may be absent; a reply has no other fields."""
        shown = handler(schema)
        own = handler.resolve_ref_schema(shown)
        if handler.mode == "serialization":
            own["additionalProperties"] = False
        else:
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
        return MalformedJSON(
            f"Invalid value at '{where}'." if where else "Invalid value.", where=where
        )
