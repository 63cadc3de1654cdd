"""What the desk refuses, and how it says so."""

from http import HTTPStatus

from moderation.desk.types.people import Role
from moderation.errors import ModerationError


class DeskError(ModerationError):
    """The desk cannot do what was asked."""

    code = "desk_error"


class NotSignedIn(DeskError):
    """There is no such session, or it has ended."""

    code = "not_signed_in"
    status = HTTPStatus.UNAUTHORIZED


class WrongPassword(DeskError):
    """Name and password do not go together; which of the two is wrong is not told."""

    code = "wrong_password"
    status = HTTPStatus.UNAUTHORIZED


class TooManyTries(DeskError):
    """A name has been tried too often with wrong passwords; `wait` seconds are left."""

    code = "too_many_tries"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, wait: int, message: str = "Too many wrong passwords.") -> None:
        super().__init__(message, remedy=f"Try again in {wait} seconds.")
        self.wait = wait


class Crowded(TooManyTries):
    """Too many people sign in at once."""

    code = "crowded"


class NotAllowed(DeskError):
    """The person's role does not go so far."""

    code = "not_allowed"
    status = HTTPStatus.FORBIDDEN


class RoleNeeded(NotAllowed):
    """A page, a form or an act is for people with another role; `needed` says which."""

    code = "role_needed"

    def __init__(self, needed: Role) -> None:
        super().__init__(f"This needs the role {needed}.", remedy="Ask an administrator for it.")
        self.needed = needed


class NoSuchThing(DeskError):
    """There is no comment, decision or user of this number or name."""

    code = "no_such_thing"
    status = HTTPStatus.NOT_FOUND


class InvalidRuling(DeskError):
    """A ruling contradicts itself, or lacks something."""

    code = "invalid_ruling"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class AlreadyDecided(DeskError):
    """Somebody has decided this comment; `by` and `when` say who and when."""

    code = "already_decided"
    status = HTTPStatus.CONFLICT

    def __init__(self, by: str, when: str) -> None:
        super().__init__(
            "%(by)s has already decided on this comment.",
            remedy="Undo that decision to change it.",
            values={"by": by},
        )
        self.by = by
        self.when = when


class Held(DeskError):
    """Another moderator has this comment on their desk; `by` says who."""

    code = "held"
    status = HTTPStatus.CONFLICT

    def __init__(self, by: str) -> None:
        super().__init__(
            "%(by)s is reviewing this comment.", remedy="Open another one.", values={"by": by}
        )
        self.by = by


class AlreadyUndone(DeskError):
    """The decision was undone before, or does not hold any more."""

    code = "already_undone"
    status = HTTPStatus.CONFLICT


class OutOfDate(DeskError):
    """What a page showed is not so any more; nothing was done."""

    code = "out_of_date"
    status = HTTPStatus.CONFLICT
