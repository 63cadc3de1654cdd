"""The desk's errors."""

from http import HTTPStatus

from moderation.desk.types.admin import Role
from moderation.errors import ModerationError


class DeskError(ModerationError):
    """The desk cannot do what was requested."""

    code = "desk_error"


class NotSignedIn(DeskError):
    """There is no such session, or it has ended."""

    code = "not_signed_in"
    status = HTTPStatus.UNAUTHORIZED


class WrongPassword(DeskError):
    """The name or the password is wrong; the error does not tell which."""

    code = "wrong_password"
    status = HTTPStatus.UNAUTHORIZED


class WrongCode(WrongPassword):
    """The password is right, and the code that the user's app shows is missing or wrong."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__(
            "The code is missing or wrong.",
            remedy="Type the code that your app shows now; each code works once.",
        )


class TooManyTries(DeskError):
    """A name has been tried too often with wrong passwords; it must wait `wait` seconds more."""

    code = "too_many_tries"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, wait: int, message: str = "Too many wrong passwords.") -> None:
        super().__init__(message, remedy=f"Try again in {wait} seconds.")
        self.wait = wait


class Crowded(TooManyTries):
    """Too many people are signing in at once."""

    code = "crowded"


class NotAllowed(DeskError):
    """The person's role does not permit the act."""

    code = "not_allowed"
    status = HTTPStatus.FORBIDDEN


class RoleNeeded(NotAllowed):
    """A page, a form or an act needs the role `needed`."""

    code = "role_needed"

    def __init__(self, needed: Role) -> None:
        super().__init__(f"This needs the role {needed}.", remedy="Ask an administrator for it.")
        self.needed = needed


class NoSuchThing(DeskError):
    """There is no comment, decision or user with this number or name."""

    code = "no_such_thing"
    status = HTTPStatus.NOT_FOUND


class NotSavedYet(DeskError):
    """A form came after its session's end; it is shown again, filled in, after signing in."""

    code = "not_saved"
    status = HTTPStatus.OK

    def __init__(self) -> None:
        super().__init__(
            "This has not been saved: your session had ended.",
            remedy="Check it, then send it.",
        )


class InvalidRuling(DeskError):
    """A ruling contradicts itself, or lacks a necessary part."""

    code = "invalid_ruling"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class AlreadyDecided(DeskError):
    """The comment has been decided on already, by the user `by` at the time `when`."""

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
    """The comment is held by another moderator, `by`."""

    code = "held"
    status = HTTPStatus.CONFLICT

    def __init__(self, by: str) -> None:
        super().__init__(
            "%(by)s is reviewing this comment.", remedy="Open another one.", values={"by": by}
        )
        self.by = by


class Edited(DeskError):
    """The comment's author has edited it; its latest text is comment `latest`."""

    code = "edited"
    status = HTTPStatus.CONFLICT

    def __init__(self, latest: int | None) -> None:
        super().__init__(
            "The author has edited this comment meanwhile.",
            remedy="Read its new text, and decide on that.",
        )
        self.latest = latest


class ForOthers(DeskError):
    """The comment waits for somebody else than this user."""

    code = "for_others"
    status = HTTPStatus.FORBIDDEN


class ForLeads(ForOthers):
    """A lead has been asked to decide on the comment, and the user is none."""

    code = "for_leads"

    def __init__(self) -> None:
        super().__init__(
            "A lead has been asked to decide on this comment.", remedy="Leave it to the leads."
        )


class OwnDecision(ForOthers):
    """The author appeals against this user's own decision."""

    code = "own_decision"

    def __init__(self) -> None:
        super().__init__(
            "This is an appeal against your own decision.", remedy="Leave it to a colleague."
        )


class NoSecondReview(DeskError):
    """A comment does not wait for the second review of this user, any more or at all."""

    code = "no_second_review"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "This comment no longer waits for your second review.",
            remedy="Go on to the next one.",
        )


class AlreadySettled(DeskError):
    """A disagreement was settled already, or its first decision does not stand any more."""

    code = "already_settled"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "This disagreement has already been settled, or the comment has been edited, erased "
            "or decided anew.",
            remedy="Go on to the next one.",
        )


class AlreadyUndone(DeskError):
    """The decision has been undone already, or cannot be undone any more."""

    code = "already_undone"
    status = HTTPStatus.CONFLICT


class AlreadyTraining(DeskError):
    """Another attempt to train a model is running."""

    code = "already_training"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "A model is being trained already.",
            remedy="Wait for its outcome, which the page “Model” shows.",
        )


class OutOfDate(DeskError):
    """The content of a page has changed since it was loaded; nothing was done."""

    code = "out_of_date"
    status = HTTPStatus.CONFLICT


class ProviderFailed(DeskError):
    """The provider at which people sign in does not answer, or not by its protocol."""

    code = "provider_failed"
    status = HTTPStatus.BAD_GATEWAY

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(
            "%(provider)s cannot sign you in at the moment (%(reason)s).",
            remedy="Try again in a moment; if it happens again, tell whoever runs the desk.",
            values={"provider": provider, "reason": reason},
        )


class ProviderRefused(DeskError):
    """The provider refuses to sign somebody in, or what it sent does not hold."""

    code = "provider_refused"
    status = HTTPStatus.FORBIDDEN

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(
            "%(provider)s has not signed you in (%(reason)s).",
            remedy="Try again; if it happens again, tell whoever runs the desk.",
            values={"provider": provider, "reason": reason},
        )


class NotLinked(DeskError):
    """Somebody has signed in at the provider to whom no account of the desk is linked."""

    code = "not_linked"
    status = HTTPStatus.FORBIDDEN


class SignInOver(DeskError):
    """A way through the provider was used already, took too long, or began in another browser."""

    code = "sign_in_over"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self) -> None:
        super().__init__(
            "This sign-in has been used already, or took too long.", remedy="Sign in again."
        )


class PasswordsOff(DeskError):
    """The settings do not let this person sign in with a password."""

    code = "passwords_off"
    status = HTTPStatus.FORBIDDEN

    def __init__(self, provider: str) -> None:
        super().__init__(
            "Passwords are turned off for you at this desk.",
            remedy="Sign in with %(provider)s.",
            values={"provider": provider},
        )
