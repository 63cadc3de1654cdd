"""One family of errors, and the one JSON shape in which all of them are told."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any


class ModerationError(Exception):
    """Something the caller can mend.

    Parameters
    ----------
    message : str
        What is wrong. It never contains the text of a comment.
    where : str, optional
        The file, line, field or setting that is wrong.
    remedy : str, optional
        What to do about it.
    values : mapping, optional
        What stands for each ``%(name)s`` in `message` and `remedy`. Given apart, it leaves the
        sentences ones that a catalogue of another language can have.

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
    """A request or an argument does not have the form that was asked for."""

    code = "invalid_input"
    status = 422


class MalformedJSON(ModerationError):
    """A request's body cannot be read as JSON at all."""

    code = "malformed_json"


class InvalidText(InvalidInput):
    """A text is empty, or holds characters that no text has (NUL, lone surrogates)."""

    code = "invalid_text"


class TooLarge(ModerationError):
    """A text, a list of texts or a body is over its limit."""

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


# FOLDED errors: Errors of the database, whoever uses it.


class DatabaseError(ModerationError):
    """The database cannot be reached, or is of another version."""

    code = "database_error"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class Unavailable(DatabaseError):
    """The database cannot be used now, and may be later: it is away, busy, or its disk is full."""


class DatabaseRefused(DatabaseError):
    """The database works, and does not take what it was given."""


class Unanswered(DatabaseError):
    """The connection broke before the database said whether something was done."""

    code = "unanswered"
