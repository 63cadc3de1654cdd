"""What a request to score may hold, as a schema and as the code that reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moderation.errors import InvalidInput, TooLarge
from moderation.settings import Settings
from moderation.taxonomy import ATTRIBUTE_NAMES
from moderation.text.check import NO_NUL, NOT_BLANK, check_text
from moderation.verdict import Verdict

MODEL = "The model that is to judge; the default one without it."
WHAT_CONTEXT = "What the texts stand in, for the people who decide on them; nothing judges by it."
CONTEXT = {
    "id": "external_id",
    **{name: name for name in ("page", "title", "author", "parent", "article", "community")},
}
"""What may be told of a text, and what the desk calls it."""
OPTIONS = frozenset({"model", "attributes", "context"})
ATTRIBUTES = "The attributes whose scores and evidence are wanted; all without it."


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """A request to score.

    Parameters
    ----------
    texts : list of str
    model : str, optional
        The id of the model that is to judge; the default model's when None.
    attributes : frozenset of str
        The attributes whose scores and evidence are wanted.
    context : dict of str to str
        What the texts stand in, in the names of `CONTEXT`.
    """

    texts: list[str]
    model: str | None
    attributes: frozenset[str]
    context: dict[str, Any]

    def reply(self, verdict: Verdict) -> dict[str, Any]:
        """Return a verdict as built-in values, with what was asked for."""
        told = verdict.to_dict()
        if len(self.attributes) < len(ATTRIBUTE_NAMES):
            scores = told["scores"]
            told["scores"] = {name: scores[name] for name in scores if name in self.attributes}
            told["spans"] = [s for s in told["spans"] if s["attribute"] in self.attributes]
        return told


def read_score_request(body: object, settings: Settings) -> ScoreRequest:
    """Read the body of a request to score.

    Raises
    ------
    InvalidInput
        If it is not as `score_request_schema` says.
    InvalidText
        If a text is not a string, is blank, or holds NUL or lone surrogates.
    TooLarge
        If there are too many texts, or one is too long.
    """
    if not isinstance(body, dict):
        raise _not_a_request()
    others = {name: value for name, value in body.items() if name not in OPTIONS}
    return ScoreRequest(
        _texts(others, settings),
        _model(body.get("model")),
        _attributes(body.get("attributes")),
        _context(body.get("context")),
    )


def _texts(body: Mapping[str, Any], settings: Settings) -> list[str]:
    limit = settings.max_text_chars
    match body:
        case {"text": text, **others} if not others:
            return [check_text(text, where="text", limit=limit)]
        case {"texts": [], **others} if not others:
            raise InvalidInput(
                "The list of texts is empty.", where="texts", remedy="Send at least one text."
            )
        case {"texts": [_, *_] as texts, **others} if not others:
            if len(texts) > settings.max_texts:
                raise TooLarge(
                    f"There are {len(texts)} texts; the limit is {settings.max_texts}.",
                    where="texts",
                    remedy="Send them in several requests.",
                )
            return [
                check_text(text, where=f"texts[{position}]", limit=limit)
                for position, text in enumerate(texts)
            ]
    raise _not_a_request()


def _model(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise InvalidInput("The model's id must be a string.", where="model")


def _attributes(value: object) -> frozenset[str]:
    if value is None:
        return frozenset(ATTRIBUTE_NAMES)
    if (
        isinstance(value, list)
        and value
        and all(isinstance(name, str) and name in ATTRIBUTE_NAMES for name in value)
        and len(set(value)) == len(value)
    ):
        return frozenset(value)
    raise InvalidInput(
        "The attributes are not a list of names, each once.",
        where="attributes",
        remedy=f"Name some of: {', '.join(ATTRIBUTE_NAMES)}.",
    )


def _context(value: object) -> dict[str, Any]:
    told = {} if value is None else value
    if isinstance(told, dict) and all(
        name in CONTEXT and isinstance(text, str) for name, text in told.items()
    ):
        return {CONTEXT[name]: text for name, text in told.items()}
    raise InvalidInput(
        "The context is not an object of texts.",
        where="context",
        remedy=f"Give some of: {', '.join(CONTEXT)}.",
    )


def _not_a_request() -> InvalidInput:
    return InvalidInput(
        "The body is not a request to score.",
        where="body",
        remedy='Send {"text": "..."} or {"texts": ["...", ...]}, and besides, if you like, '
        '"model", "attributes" and "context".',
    )


def text_schema(settings: Settings) -> dict[str, Any]:
    """Return the JSON schema of one text."""
    return {
        "type": "string",
        "minLength": 1,
        "maxLength": settings.max_text_chars,
        "allOf": [{"pattern": NOT_BLANK}, {"pattern": NO_NUL}],
        "description": "A comment, a paragraph or a whole article, in plain text.",
    }


def score_request_schema(settings: Settings, models: list[str]) -> dict[str, Any]:
    """Return the JSON schema of what `read_score_request` takes.

    Parameters
    ----------
    settings : Settings
    models : list of str
        The ids that may be asked for.
    """
    text = text_schema(settings)
    texts = {"type": "array", "items": text, "minItems": 1, "maxItems": settings.max_texts}
    chosen = {
        "model": {"type": ["string", "null"], "enum": [*models, None], "description": MODEL},
        "attributes": {
            "type": ["array", "null"],
            "items": {"type": "string", "enum": list(ATTRIBUTE_NAMES)},
            "minItems": 1,
            "uniqueItems": True,
            "description": ATTRIBUTES,
        },
        "context": {
            "type": ["object", "null"],
            "properties": {name: {"type": "string"} for name in CONTEXT},
            "additionalProperties": False,
            "description": WHAT_CONTEXT,
        },
    }
    return {
        "oneOf": [
            {
                "title": title,
                "type": "object",
                "properties": {name: schema, **chosen},
                "required": [name],
                "additionalProperties": False,
            }
            for title, name, schema in (("One text", "text", text), ("Some texts", "texts", texts))
        ]
    }
