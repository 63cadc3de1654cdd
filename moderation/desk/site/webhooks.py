"""Webhooks: the addresses to which events are sent, and the messages that are due or have failed.

A message is written with its event, in one transaction, and deleted never before it was delivered:
no crash loses one.
"""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from moderation.database.site_tables import events, messages, webhooks
from moderation.database.store import Store
from moderation.database.tables import comments, decisions, now
from moderation.desk.accounts.accounts import Audit, check_role
from moderation.desk.errors import NoSuchThing
from moderation.desk.site.errors import NoSuchWebhook
from moderation.desk.types import FailedMessage, MessageState, Role, User, Webhook

SECRET_PREFIX = "whsec_"  # noqa: S105  # the standard's prefix
SECRET_BYTES = 32
PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, *[21_600] * 9)
)
"""The pauses after failed attempts: 60 hours in all, and with the last attempt's wait under three
days."""
MAX_AGE = timedelta(days=3)
"""The time after which a message is given up."""
MAX_FAILURE = 200
MAX_SHOWN = 200
KEPT = timedelta(days=30)
"""The time for which delivered messages are kept."""

_earlier = messages.alias("earlier")


@dataclass(frozen=True, slots=True)
class DueMessage:
    """A message that is to be sent now.

    Parameters
    ----------
    id : int
    sequence : int
        Its event's number.
    tries : int
        The number of attempts so far.
    made : datetime
    """

    id: int
    sequence: int
    tries: int
    made: datetime


@dataclass(frozen=True, slots=True)
class Address:
    """The address that a webhook's messages go to, and the secret that signs them."""

    id: str
    url: str
    secret: str


class Webhooks:
    """The webhooks and their messages.

    Parameters
    ----------
    store : Store
    audit : Audit
    """

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def add(self, url: str, source: str | None, by: str) -> tuple[Webhook, str]:
        """Add a webhook; return it and its secret, which is not shown again.

        Parameters
        ----------
        url : str
            Checked by the caller (`moderation.desk.site.addresses`).
        source : str, optional
            The source whose events are sent; all if None.
        by : str
            Who adds it, for the audit log.
        """
        secret = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        webhook = Webhook(f"wh_{secrets.token_hex(8)}", url, source, now())

        def act(connection: sa.Connection) -> None:
            connection.execute(
                webhooks.insert().values(
                    id=webhook.id, url=url, secret=secret, source=source, made=webhook.made
                )
            )
            self._audit.add(connection, by, "webhook.add", f"webhook {webhook.id}", source=source)

        self._store.write(act)
        return webhook, secret

    def all(self) -> list[Webhook]:
        """Return the webhooks, oldest first."""
        chosen = sa.select(webhooks).order_by(webhooks.c.made, webhooks.c.id)
        with self._store.reading() as connection:
            rows = connection.execute(chosen).all()
        return [Webhook(row.id, row.url, row.source, row.made) for row in rows]

    def remove(self, webhook_id: str, by: str) -> None:
        """Remove a webhook, with its messages that are due.

        Raises
        ------
        NoSuchWebhook
        """

        def act(connection: sa.Connection) -> None:
            connection.execute(messages.delete().where(messages.c.webhook_id == webhook_id))
            removed = webhooks.delete().where(webhooks.c.id == webhook_id)
            if not connection.execute(removed).rowcount:
                raise NoSuchWebhook
            self._audit.add(connection, by, "webhook.remove", f"webhook {webhook_id}")

        self._store.write(act)

    def addresses(self) -> Sequence[Address]:
        """Return the addresses to which a message is due."""
        due = sa.exists().where(
            messages.c.webhook_id == webhooks.c.id,
            messages.c.state == sa.text(f"'{MessageState.DUE}'"),
            messages.c.due <= now(),
        )
        chosen = sa.select(webhooks.c.id, webhooks.c.url, webhooks.c.secret).where(due)
        with self._store.reading() as connection:
            return [Address(*row) for row in connection.execute(chosen)]

    def due(self, webhook_id: str, limit: int) -> Sequence[DueMessage]:
        """Return messages of a webhook that are due, at most one for each comment, oldest first.

        A message waits for all earlier ones about its comment.
        """
        is_due = sa.text(f"'{MessageState.DUE}'")
        waits = sa.exists().where(
            _earlier.c.webhook_id == messages.c.webhook_id,
            _earlier.c.about == messages.c.about,
            _earlier.c.sequence < messages.c.sequence,
            _earlier.c.state == is_due,
        )
        chosen = (
            sa.select(messages.c.id, messages.c.sequence, messages.c.tries, messages.c.made)
            .where(
                messages.c.webhook_id == webhook_id,
                messages.c.state == is_due,
                messages.c.due <= now(),
                ~waits,
            )
            .order_by(messages.c.sequence)
            .limit(limit)
        )
        with self._store.reading() as connection:
            return [DueMessage(*row) for row in connection.execute(chosen)]

    def settle(self, results: Mapping[DueMessage, str | None]) -> None:
        """Record the results of attempts: None for a delivery, else the reason of the failure."""

        def act(connection: sa.Connection) -> None:
            for message, failure in results.items():
                connection.execute(
                    messages.update()
                    .where(messages.c.id == message.id)
                    .values(**_after(message, failure))
                )

        self._store.write(act, idempotent=True)

    def failed(self) -> list[FailedMessage]:
        """Return the messages that were given up, latest first."""
        chosen = (
            sa.select(messages, webhooks.c.url, comments.c.source, comments.c.external_id)
            .join(webhooks, webhooks.c.id == messages.c.webhook_id)
            .join(events, events.c.sequence == messages.c.sequence)
            .join(decisions, decisions.c.id == events.c.decision_id)
            .join(comments, comments.c.id == decisions.c.comment_id)
            .where(messages.c.state == MessageState.FAILED.value)
            .order_by(messages.c.made.desc(), messages.c.id.desc())
            .limit(MAX_SHOWN)
        )
        with self._store.reading() as connection:
            return [_failed(row) for row in connection.execute(chosen)]

    def send_again(self, user: User, message_id: int | None = None) -> int:
        """Make failed messages due again, one or all; leads only. Return their number.

        Raises
        ------
        NotAllowed
        NoSuchThing
            If there is none.
        """
        check_role(user, Role.LEAD)

        def act(connection: sa.Connection) -> int:
            again = messages.update().where(messages.c.state == MessageState.FAILED.value)
            if message_id is not None:
                again = again.where(messages.c.id == message_id)
            time = now()
            values = {"state": MessageState.DUE.value, "tries": 0, "made": time, "due": time}
            number: int = connection.execute(again.values(values)).rowcount
            if not number:
                raise NoSuchThing("There is no such message that has failed.")
            self._audit.add(connection, user, "webhook.again", "failed messages", count=number)
            return number

        return self._store.write(act)

    def drop_old(self) -> None:
        """Delete the messages that were delivered long ago."""
        old = messages.c.made < now() - KEPT
        delivered = messages.c.state == MessageState.DELIVERED.value
        self._store.write(
            lambda connection: connection.execute(messages.delete().where(old, delivered)),
            idempotent=True,
        )


def _after(message: DueMessage, failure: str | None) -> dict[str, Any]:
    """Return a message's columns after an attempt."""
    if failure is None:
        return {"state": MessageState.DELIVERED.value, "failure": None}
    tries, time = message.tries + 1, now()
    pause = PAUSES[min(message.tries, len(PAUSES) - 1)]
    is_over = time + pause - message.made > MAX_AGE
    return {
        "state": (MessageState.FAILED if is_over else MessageState.DUE).value,
        "tries": tries,
        "due": time + pause,
        "failure": failure[:MAX_FAILURE],
    }


def _failed(row: Any) -> FailedMessage:
    return FailedMessage(
        id=row.id,
        webhook_url=row.url,
        source=row.source,
        external_id=row.external_id or "",
        tries=row.tries,
        made=row.made,
        failure=row.failure or "",
    )
