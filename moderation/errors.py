"""The errors that a user can meet, and the one JSON form that they all have."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any


class ModerationError(Exception):
    """Base of all errors that the caller can mend.

    Parameters
    ----------
    message : str
        The fault. It never contains the text of a comment.
    where : str, optional
        The file, line, field or setting that is wrong.
    remedy : str, optional
        The way to mend it.
    values : mapping, optional
        The values for each ``%(name)s`` in `message` and `remedy`. They are separate, so that a
        catalogue of another language can hold the sentences.

    Attributes
    ----------
    template, remedy_template : str
        Message and remedy without their values.
    """

    code = "error"
    status = 400

    def __init__(
        self,
        message: str,
        *,
        where: str = "",
        remedy: str = "",
        values: Mapping[str, object] | None = None,
    ) -> None:
        self.template = message
        self.values = dict(values or {})
        self.message = message % self.values if self.values else message
        super().__init__(self.message)
        self.where = where
        self.remedy_template = remedy
        self.remedy = remedy % self.values if self.values else remedy

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{where}{self.message}{remedy}"

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"error": {"code", "message", "where", "remedy"}}``."""
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "where": self.where or None,
                "remedy": self.remedy or None,
            }
        }


class InvalidInput(ModerationError):
    """A request or an argument does not have the required form."""

    code = "invalid_input"
    status = 422


class MalformedJSON(ModerationError):
    """A request's body cannot be read as JSON at all."""

    code = "malformed_json"


class InvalidText(InvalidInput):
    """A text is empty, or holds characters that no text has (NUL, lone surrogates)."""

    code = "invalid_text"


class BlankLine(InvalidText):
    """A line of a file has no text."""

    code = "blank_line"


class TooLarge(ModerationError):
    """A text, a list of texts or a body is larger than allowed."""

    code = "too_large"
    status = 413


class NotReady(ModerationError):
    """The model is not loaded yet."""

    code = "not_ready"
    status = 503


class InvalidLabels(ModerationError):
    """The labelled set breaks a rule."""

    code = "invalid_labels"


class InvalidPolicy(ModerationError):
    """A policy file breaks a rule."""

    code = "invalid_policy"


class InvalidModel(ModerationError):
    """A model is missing, damaged, or made for another version."""

    code = "invalid_model"


class UnreadablePage(ModerationError):
    """A page cannot be read; the batch run reports it and goes on."""

    code = "unreadable_page"


class MissingExtra(ModerationError):
    """A command needs packages that are not installed."""

    code = "missing_extra"
    status = 500


class DatabaseError(ModerationError):
    """The database cannot be reached, or is of another version."""

    code = "database_error"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class Unavailable(DatabaseError):
    """The database cannot be used now, and may be later: it is away, busy, or its disk is full."""


class DatabaseRefused(DatabaseError):
    """The database works, and refuses a statement or a value."""


class Unanswered(DatabaseError):
    """The connection broke before the database confirmed a change."""

    code = "unanswered"
