"""Errors of the interface for sites."""

from http import HTTPStatus

from moderation.desk.errors import DeskError


class NotRejected(DeskError):
    """An appeal is about a comment that nobody has rejected."""

    code = "not_rejected"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "No moderator has rejected this comment, so there is nothing to appeal against.",
            remedy="GET the comment to see its state.",
        )


class AlreadyAppealed(DeskError):
    """An appeal of the comment waits for a moderator."""

    code = "already_appealed"
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "An appeal of this comment waits for a moderator.",
            remedy="Wait until it is decided; GET the comment to see its state.",
        )


class NoSuchWebhook(DeskError):
    """There is no webhook with this id."""

    code = "no_such_thing"
    status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        super().__init__("There is no such webhook.", remedy="GET /v1/webhooks lists them.")


class AddressRefused(DeskError):
    """Events are not sent to this address."""

    code = "address_refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
