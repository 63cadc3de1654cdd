"""Comments that the policy does not allow, handed on to where people decide them."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from moderation.errors import ModerationError
from moderation.service.operation import metrics
from moderation.verdict import Action, Verdict

if TYPE_CHECKING:
    from fastapi import Request  # the desk’s commands do without it

log = logging.getLogger(__name__)

DO_NOT_STORE = "x-do-not-store"
"""The header by which a caller of any protocol keeps its texts from being stored."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
TELL_AGAIN_SECONDS = 10.0
"""Shortest time between two log lines about comments that could not be kept."""
_OFF = frozenset({"", "0", "false", "no"})


@dataclass(frozen=True, slots=True)
class Submission:
    """A comment that comes in with its verdict.

    Parameters
    ----------
    text : str
    verdict : Verdict
    source : str
        The door by which it came: ``native``, ``perspective``, ``openai``, ``coral``, ``batch``
        or ``upload``.
    external_id : str, optional
        What the sender calls the comment.
    page, title : str, optional
        The page under which it stands: address or path, and headline.
    author : str, optional
    parent, article : str, optional
        What it answers, and what it stands under.
    community : str, optional
    flags : int
        Readers who have flagged it.
    time : datetime, optional
        When it was written; now if None.
    """

    text: str
    verdict: Verdict
    source: str
    external_id: str | None = None
    page: str | None = None
    title: str | None = None
    author: str | None = None
    parent: str | None = None
    article: str | None = None
    community: str | None = None
    flags: int = 0
    time: datetime | None = None


class Intake(Protocol):
    """Keeps comments for people to decide."""

    def take(self, sent: Sequence[Submission], /) -> object:
        """Keep comments; when this returns, they outlive the process and the machine.

        Raises
        ------
        ModerationError
            If they cannot be kept.
        """


def read_time(told: str) -> datetime:
    """Return when a comment was written, in UTC; a time without a zone is taken for UTC.

    Raises
    ------
    ValueError
        If it is no time of ISO 8601, or was before comments were written, or is to come.
    """
    time = datetime.fromisoformat(told)
    try:
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("out of range") from None
    # A day more: clocks and zones may be wrong.
    if not EARLIEST <= time <= datetime.now(UTC) + timedelta(days=1):
        raise ValueError("out of range")
    return time


def time_of(told: str | None) -> datetime | None:
    """Return when a comment was written, as far as what its page says of it can be read."""
    try:
        return read_time(told) if told else None
    except ValueError:
        return None


def may_store(request: "Request") -> bool:
    """Whether a request lets its texts be stored."""
    return request.headers.get(DO_NOT_STORE, "").strip().lower() in _OFF


def is_wanted(request: "Request") -> bool:
    """Whether comments of a request go anywhere: there is a desk, and they may be stored."""
    return request.app.state.intake is not None and may_store(request)


async def enqueue(request: "Request", sent: Sequence[Submission]) -> None:
    """Hand on what is not allowed, before the request is answered.

    Nothing is handed on where there is no desk, or where the request says that nothing is to be
    stored. A verdict does not depend on whether anybody can keep the comment: what cannot be kept
    is counted (`moderation_desk_lost_total`), and the log says how much it is.
    """
    if not is_wanted(request):
        return
    intake: Intake = request.app.state.intake
    held = [one for one in sent if one.verdict.action is not Action.ALLOW]
    if not held:
        return
    try:
        await asyncio.to_thread(intake.take, held)
    except Exception as error:  # noqa: BLE001  # whatever it is, the verdict is there
        metrics.LOST.inc(len(held))
        _losses.add(len(held), error)


class _Losses:
    """The number of comments that could not be kept, for the log."""

    def __init__(self) -> None:
        self._number = 0
        self._next = 0.0

    def add(self, number: int, error: Exception) -> None:
        """Count comments, and tell of them unless that was done just now."""
        self._number += number
        if time.monotonic() < self._next:
            return
        why = str(error) if isinstance(error, ModerationError) else type(error).__name__
        log.error("%d comments could not be kept for people: %s", self._number, why)
        self._number, self._next = 0, time.monotonic() + TELL_AGAIN_SECONDS


_losses = _Losses()
