"""A bridge to Coral: its moderation queue comes to the desk, and the desk's decisions go back.

Coral's webhook tells which comments enter or leave its queue; the comment itself, and the decision,
go by Coral's GraphQL API with a personal access token of a moderator there. A decision made in
Coral closes the comment's entry at the desk, also one that waits for a lead.

Sources: https://docs.coralproject.net/webhooks.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

import sqlalchemy as sa
from fastapi import APIRouter, FastAPI, Request, Response

from moderation.database.site_tables import webhooks
from moderation.database.store import Store, insert_into
from moderation.database.tables import comments, now, users
from moderation.desk import Desk
from moderation.desk.errors import AlreadyDecided, Edited, Held, NoSuchThing
from moderation.desk.intake.records import QUEUES
from moderation.desk.site.comments import SiteComments
from moderation.desk.site.coral_client import CommentInCoral, CoralClient
from moderation.desk.site.webhooks import Address
from moderation.desk.types import (
    EventKind,
    Outcome,
    Queue,
    RejectionReason,
    Role,
    Ruling,
    SiteEvent,
    SiteState,
    Submission,
    User,
)
from moderation.errors import MalformedJSON, ModerationError
from moderation.service.engine import Engine, engine_of
from moderation.service.intake import time_of
from moderation.service.process import repeat
from moderation.service.request import parse_json, settings_of
from moderation.service.security import SIGNATURE_HEADER, check_signature, expect_signature
from moderation.settings import Settings

log = logging.getLogger(__name__)

PATH = "/coral/events"
SOURCE = "coral"
WEBHOOK = "wh_coral"
"""The id of the bridge among the webhooks, whose messages it takes."""
USER = "(Coral)"
"""The name at the desk of whoever decides in Coral; nobody can sign in by it."""
EVENTS = frozenset({"COMMENT_ENTERED_MODERATION_QUEUE", "COMMENT_LEFT_MODERATION_QUEUE"})
EVERY_SECONDS = 60.0
CHECKED = 50
"""Waiting comments of which Coral is asked at a time whether they were decided there."""
DECIDED = {"APPROVED": Outcome.APPROVE, "REJECTED": Outcome.REJECT}
STATUS = {SiteState.APPROVED: "APPROVED", SiteState.REJECTED: "REJECTED"}


class CoralBridge:
    """Brings Coral's queue to the desk, and the desk's decisions to Coral.

    Parameters
    ----------
    desk : Desk
    site : SiteComments
    client : CoralClient
    engine : callable
        Returns the engine that judges.
    """

    def __init__(
        self, desk: Desk, site: SiteComments, client: CoralClient, engine: Callable[[], Engine]
    ) -> None:
        self._desk = desk
        self._site = site
        self._client = client
        self._engine = engine
        self._last = 0

    async def take(self, comment_id: str) -> None:
        """Bring a comment to the desk as it is now, or close its entry if it was decided there.

        Raises
        ------
        ModerationError
        """
        comment = await self._client.comment(comment_id)
        if comment is None or not comment.text:
            return
        outcome = DECIDED.get(comment.status)
        if outcome is not None:
            await asyncio.to_thread(self._close, comment, outcome)
            return
        (verdict,) = await self._engine().judge([comment.text])
        submission = Submission(
            comment.text,
            verdict,
            SOURCE,
            external_id=comment.id,
            page=comment.url,
            title=comment.title,
            author=comment.author,
            parent=comment.parent,
            # It waits in Coral's queue, whatever the policy makes of it here.
            flags=1,
            time=time_of(comment.created),
            of_site=True,
        )
        await asyncio.to_thread(self._site.put, submission)

    async def send(self, event: SiteEvent) -> str | None:
        """Tell Coral of a decision; return the reason of a failure, None once it is done.

        Coral knows no way back from a decision, so that an undone one changes nothing there.
        """
        if event.kind is EventKind.UNDONE:
            return None
        try:
            comment = await self._client.comment(event.external_id)
            if comment is None or comment.status == STATUS[event.outcome]:
                return None
            standing = await asyncio.to_thread(
                self._site.standing, SOURCE, comment.id, comment.text
            )
            if standing.decision is None:
                # Edited there since: the new text comes to the desk, and is not decided by the old.
                await self.take(comment.id)
                return None
            await self._client.decide(comment, event.outcome)
        except ModerationError as error:
            return error.message
        return None

    async def run(self) -> None:
        """Ask again and again, until cancelled, for what was decided in Coral meanwhile."""
        try:
            await repeat(self.check, EVERY_SECONDS, log, "Coral cannot be asked", wait_first=True)
        finally:
            await self._client.close()

    async def check(self) -> None:
        """Ask of some waiting comments whether they were decided in Coral.

        Raises
        ------
        ModerationError
        """
        waiting = await asyncio.to_thread(self._waiting)
        for number, comment_id in waiting:
            comment = await self._client.comment(comment_id)
            outcome = DECIDED.get(comment.status) if comment else None
            if comment is not None and outcome is not None:
                await asyncio.to_thread(self._close, comment, outcome)
            self._last = number
        if len(waiting) < CHECKED:
            self._last = 0

    def _waiting(self) -> list[tuple[int, str]]:
        queues = [queue.value for queue in (*QUEUES.values(), Queue.LEADS)]
        chosen = (
            sa.select(comments.c.id, comments.c.external_id)
            .where(
                comments.c.source == SOURCE,
                comments.c.queue.in_(queues),
                comments.c.latest,
                comments.c.site_key.is_not(None),
                comments.c.id > self._last,
            )
            .order_by(comments.c.id)
            .limit(CHECKED)
        )
        with self._desk.store.reading() as connection:
            return [(row.id, row.external_id) for row in connection.execute(chosen)]

    def _close(self, comment: CommentInCoral, outcome: Outcome) -> None:
        """Decide at the desk as was decided in Coral, unless somebody has decided here."""
        try:
            here = self._site.get(SOURCE, comment.id)
        except NoSuchThing:
            return
        if here.state is not SiteState.WAITING:
            return
        reason = RejectionReason.OTHER if outcome is Outcome.REJECT else None
        ruling = Ruling(outcome, reason, token=f"coral {comment.id} {comment.revision}")
        try:
            user = coral_user(self._desk.store)
            self._desk.decisions.decide(user, here.number, ruling, at_desk=False)
        except (AlreadyDecided, Edited, Held, NoSuchThing):
            log.info("a decision of Coral's waits for the moderator who looks at its comment here")


def coral_user(store: Store) -> User:
    """Return the user in whose name decisions of Coral's are kept, made if there is none.

    It has the rights of a lead: a comment may be moderated in Coral while it waits here for one.

    Raises
    ------
    DatabaseError
    """

    def act(connection: sa.Connection) -> User:
        values = {
            "name": USER,
            "folded": USER.casefold(),
            "role": Role.LEAD.value,
            "password": "",
            "disabled": True,
            "created": now(),
            "pseudonym": SOURCE,
        }
        statement = insert_into(connection, users).values(values)
        # Earlier versions made it a moderator.
        statement = statement.on_conflict_do_update(
            index_elements=["folded"], set_={"role": Role.LEAD.value}
        )
        number = connection.execute(statement.returning(users.c.id)).scalar_one()
        return User(number, USER, Role.LEAD)

    return store.write(act, idempotent=True)


def register(store: Store, address: Address) -> None:
    """Have the messages about Coral's comments kept for the bridge.

    Raises
    ------
    DatabaseError
    """

    def act(connection: sa.Connection) -> None:
        values = {
            "id": WEBHOOK,
            "url": address.url,
            "secret": address.secret,
            "source": SOURCE,
            "made": now(),
        }
        connection.execute(
            insert_into(connection, webhooks)
            .values(values)
            .on_conflict_do_update(index_elements=["id"], set_={"url": address.url})
        )

    store.write(act, idempotent=True)


async def receive(request: Request) -> Response:
    """Take what Coral's webhook tells of a comment that enters or leaves its queue.

    Signed by Coral with one of the setting `coral_secrets`. Other events are passed over.
    """
    settings = settings_of(request)
    signature = request.headers.get(SIGNATURE_HEADER, "")
    expect_signature(signature, settings.coral_secrets)
    raw = await request.body()
    check_signature(raw, signature, settings.coral_secrets)
    event = parse_json(raw)
    if not isinstance(event, dict):
        raise MalformedJSON("The body is not an event.", where="body")
    data = event.get("data")
    comment_id = data.get("commentID") if isinstance(data, dict) else None
    if event.get("type") in EVENTS and isinstance(comment_id, str) and comment_id:
        engine_of(request)
        bridge: CoralBridge = request.app.state.coral_bridge
        await bridge.take(comment_id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def bridge_of(app: FastAPI, desk: Desk, site: SiteComments) -> CoralBridge | None:
    """Return the bridge, and add its route to the service, if the settings name Coral."""
    settings: Settings = app.state.settings
    if settings.coral_url is None or settings.coral_token is None:
        return None
    client = CoralClient(settings.coral_url, settings.coral_token.get_secret_value())
    bridge = CoralBridge(desk, site, client, lambda: app.state.engine)
    app.state.coral_bridge = bridge
    router = APIRouter(include_in_schema=False)
    router.add_api_route(PATH, receive, methods=["POST"], response_class=Response)
    app.include_router(router)
    return bridge


def registration(settings: Settings, store: Store) -> Callable[[], None]:
    """Return the function that registers the bridge in the database."""
    return partial(register, store, Address(WEBHOOK, str(settings.coral_url), ""))
