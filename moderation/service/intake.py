"""Comments that the policy does not allow, handed on to where people decide them."""

import asyncio
import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from moderation.errors import ModerationError
from moderation.service import metrics
from moderation.verdict import Action, Span, Verdict

if TYPE_CHECKING:
    from fastapi import Request

# FOLDED corrections: Corrections: what people say against a verdict, until the labelled set
# learns from it.


class CorrectionNotStored(ModerationError):
    """A correction could not be kept."""

    code = "not_stored"
    status = HTTPStatus.SERVICE_UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Correction:
    """What a passage's scores should have been, in somebody's judgement.

    Parameters
    ----------
    text : str
        The passage as received.
    scores : mapping of attribute name to probability
        The right scores, of the attributes that something was said of.
    source : str
        The protocol by which it came.
    spans : tuple of Span
        The right scores of parts of the text.
    languages : tuple of str
        The text's languages, as far as the sender said.
    community, client_token, session : str, optional
        What the sender calls its community, the comment and the visit.
    id, time : str
        The correction's own id, and when it came (ISO 8601, UTC).
    """

    text: str
    scores: Mapping[str, float]
    source: str
    spans: tuple[Span, ...] = ()
    languages: tuple[str, ...] = ()
    community: str | None = None
    client_token: str | None = None
    session: str | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))

    def to_dict(self) -> dict[str, Any]:
        """Return the correction as built-in values, ready for JSON."""
        return asdict(self) | {"scores": dict(self.scores)}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> "Correction":
        """Return the correction that `to_dict` wrote."""
        spans = tuple(Span(**span) for span in record["spans"])
        return cls(**record | {"spans": spans, "languages": tuple(record["languages"])})


class Corrections(Protocol):
    """A store of corrections."""

    def add(self, correction: Correction) -> None:
        """Keep a correction; when this returns, it outlives the process and the machine.

        Raises
        ------
        CorrectionNotStored
        """


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
