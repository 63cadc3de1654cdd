"""Errors of the database, whoever uses it."""

from http import HTTPStatus

from moderation.errors import ModerationError


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
