"""Sends the messages of webhooks, signed as Standard Webhooks has it, until they are received.

One process sends at a time. Each address has a task of its own, so that a slow receiver delays no
other; messages about one comment follow each other, those about others do not wait for them.

Sources: https://www.standardwebhooks.com (the specification, version 1.0.0).
"""

import asyncio
import base64
import hashlib
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus

import httpcore
from pydantic_core import to_json

from moderation import __version__
from moderation.database.leader import Leader
from moderation.database.store import Store
from moderation.desk.decisions.events import Events
from moderation.desk.site.addresses import PublicNetwork
from moderation.desk.site.webhooks import SECRET_PREFIX, Address, DueMessage, Webhooks
from moderation.desk.types import SiteEvent
from moderation.service.process import repeat

log = logging.getLogger(__name__)

LOCK = 7_366_271_508_002
"""The number of PostgreSQL's advisory lock that the sending process holds."""
EVERY_SECONDS = 1.0
"""Time between two looks for messages that are due."""
TIMEOUT_SECONDS = 15.0
"""Longest time for an attempt's connection, and for each part of its answer."""
ATTEMPT_SECONDS = 20.0
"""Longest time for a whole attempt."""
AT_ONCE = 8
"""Messages that are sent to one address at the same time."""
MAX_ANSWER = 64 << 10
"""Bytes of an answer that are read before its connection is closed."""
GONE = "the comment has been erased"


Bridge = Callable[[SiteEvent], Awaitable[str | None]]
"""Takes an event; returns the reason of a failure, None once it is taken."""


class Sender:
    """Sends what is due, while it runs.

    Parameters
    ----------
    store : Store
    webhooks : Webhooks
    events : Events
    private : bool
        Whether addresses of private networks are called.
    bridges : mapping of str to callable, optional
        By the id of a webhook, what takes its events in place of an address.
    """

    def __init__(
        self,
        store: Store,
        webhooks: Webhooks,
        events: Events,
        *,
        private: bool = False,
        bridges: Mapping[str, Bridge] | None = None,
    ) -> None:
        self._bridges = bridges or {}
        self._store = store
        self._webhooks = webhooks
        self._events = events
        self._network = PublicNetwork(private=private)
        self._leader = Leader(store, LOCK, "webhooks")
        self._busy: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Send again and again, until cancelled, whenever no other process does."""
        try:
            await repeat(self._serve, EVERY_SECONDS, log, "messages to sites cannot be sent")
        finally:
            self._leader.release()

    async def _serve(self) -> None:
        """Send as long as this process leads."""
        if not await asyncio.to_thread(self._leader.acquire):
            return
        pool = httpcore.AsyncConnectionPool(
            ssl_context=httpcore.default_ssl_context(),
            network_backend=self._network,
            max_connections=None,
            max_keepalive_connections=AT_ONCE,
            keepalive_expiry=TIMEOUT_SECONDS,
        )
        try:
            async with pool:
                while await asyncio.to_thread(self._leader.is_held):
                    await self._look(pool)
                    await asyncio.sleep(EVERY_SECONDS)
        finally:
            tasks = list(self._busy.values())
            self._busy.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._leader.release()

    async def _look(self, pool: httpcore.AsyncConnectionPool) -> None:
        """Begin to send to the addresses to which something is due, unless that is under way."""
        self._busy = {key: task for key, task in self._busy.items() if not task.done()}
        for address in await asyncio.to_thread(self._webhooks.addresses):
            if address.id not in self._busy:
                self._busy[address.id] = asyncio.create_task(self._send_due(pool, address))

    async def _send_due(self, pool: httpcore.AsyncConnectionPool, address: Address) -> None:
        """Send to one address what is due, until nothing is, or all of a round fails."""
        try:
            while messages := await asyncio.to_thread(self._webhooks.due, address.id, AT_ONCE):
                results = await self._send_round(pool, address, messages)
                await asyncio.shield(asyncio.to_thread(self._webhooks.settle, results))
                if all(results.values()):
                    break  # it is away, or refuses all; the others wait for the next look
        except Exception as error:  # noqa: BLE001  # the next look begins again
            log.error("messages to a site were not sent: %s", type(error).__name__)  # noqa: TRY400

    async def _send_round(
        self,
        pool: httpcore.AsyncConnectionPool,
        address: Address,
        messages: Sequence[DueMessage],
    ) -> dict[DueMessage, str | None]:
        events = await asyncio.to_thread(
            self._read_events, [message.sequence for message in messages]
        )

        async def result(message: DueMessage) -> str | None:
            event = events.get(message.sequence)
            # Nothing is left to tell of an erased comment, so the message is done.
            if event is None:
                return None
            bridge = self._bridges.get(address.id)
            return await (bridge(event) if bridge else send(pool, address, event))

        failures = await asyncio.gather(*map(result, messages))
        return dict(zip(messages, failures, strict=True))

    def _read_events(self, numbers: Sequence[int]) -> dict[int, SiteEvent]:
        with self._store.reading() as connection:
            return self._events.numbered(connection, numbers)


async def send(
    pool: httpcore.AsyncConnectionPool, address: Address, event: SiteEvent
) -> str | None:
    """Send one event; return the reason of a failure, None once it is received.

    No redirect is followed: any status but 2xx is a failure.
    """
    body = to_json(
        {
            "type": f"comment.{event.kind.value}",
            "timestamp": event.time.isoformat(timespec="milliseconds"),
            "data": event.to_dict(),
        }
    )
    # The same at each attempt, so that a receiver can tell a repetition.
    message_id = f"msg_{address.id.removeprefix('wh_')}_{event.sequence}"
    timestamp = str(int(time.time()))
    headers = {
        "content-type": "application/json",
        "user-agent": f"moderation/{__version__}",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(address.secret, message_id, timestamp, body),
    }
    limits = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_SECONDS)
    try:
        async with asyncio.timeout(ATTEMPT_SECONDS):
            async with pool.stream(
                "POST",
                address.url,
                headers=list(headers.items()),
                content=body,
                extensions={"timeout": limits},
            ) as response:
                await _read_some(response)
                status = response.status
    except (TimeoutError, httpcore.TimeoutException):
        return "no answer in time"
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        return f"no connection: {type(error).__name__}"
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    return f"status {status}"


async def _read_some(response: httpcore.Response) -> None:
    """Read an answer, which nobody needs, so that its connection can be used again."""
    size = 0
    with suppress(httpcore.ProtocolError):
        async for part in response.aiter_stream():
            size += len(part)
            if size > MAX_ANSWER:
                break


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the header `webhook-signature` of a message."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
