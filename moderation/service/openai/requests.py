"""Read a request to moderate."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from moderation.errors import InvalidInput, TooLarge
from moderation.service.openai.schemas import ITS_MODELS
from moderation.settings import Settings
from moderation.text.check import check_text

_ITS_MODEL = re.compile(f"(?:{'|'.join(ITS_MODELS)})[a-z0-9-]+")


class ModerationRequest(NamedTuple):
    """The texts to judge, and how they make up inputs.

    Parameters
    ----------
    texts : list of str
    together : bool
        Whether the texts are parts of one input, which gets one result.
    model : str, optional
        The id of the model that is to judge; the default model's when None.
    """

    texts: list[str]
    together: bool
    model: str | None


def read_request(body: object, settings: Settings) -> ModerationRequest:
    """Read the body of a request to moderate.

    Raises
    ------
    InvalidInput
        If it is not as `request_schema` says, images included.
    InvalidText
        If a text is blank, or holds NUL or lone surrogates.
    TooLarge
        If there are too many texts, or one is too long.
    """
    if not isinstance(body, dict):
        raise InvalidInput("The body is not a JSON object.", where="body")
    if "input" not in body:
        raise InvalidInput("You must provide the parameter 'input'.", where="input")
    if body.keys() - {"input", "model"}:
        raise InvalidInput("There is a parameter besides 'input' and 'model'.", where="body")
    texts, together = _texts(body["input"], settings)
    return ModerationRequest(texts, together, _model(body.get("model")))


def _texts(value: object, settings: Settings) -> tuple[list[str], bool]:
    limit = settings.max_text_chars
    if isinstance(value, str):
        return [check_text(value, where="input", limit=limit)], False
    if not isinstance(value, list) or not value:
        raise InvalidInput(
            "The input is neither a text nor a list with texts in it.", where="input"
        )
    if len(value) > settings.max_texts:
        raise TooLarge(
            f"There are {len(value)} inputs; the limit is {settings.max_texts}.",
            where="input",
            remedy="Send them in several requests.",
        )
    together = isinstance(value[0], dict)
    texts = _parts(value) if together else value
    return [
        check_text(text, where=f"input[{position}]", limit=limit)
        for position, text in enumerate(texts)
    ], together


def _parts(parts: Sequence[Any]) -> list[object]:
    for position, part in enumerate(parts):
        where = f"input[{position}]"
        if isinstance(part, dict) and part.get("type") == "image_url":
            raise InvalidInput(
                "Images cannot be judged here.", where=where, remedy="Send text only."
            )
        if not isinstance(part, dict) or part.keys() != {"type", "text"} or part["type"] != "text":
            raise InvalidInput("This part of the input is not a text.", where=where)
    return [part["text"] for part in parts]


def _model(value: object) -> str | None:
    if value is None or (isinstance(value, str) and _ITS_MODEL.fullmatch(value)):
        return None
    if isinstance(value, str):
        return value
    raise InvalidInput("The model's id must be a string.", where="model")
