"""Comments for people to decide, and corrections of verdicts.

Comments that the policy does not allow go to the review desk, where there is one; corrections wait
until the labelled set learns from them. Both stores are protocols here: the service runs without a
database.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from moderation.errors import ModerationError
from moderation.service import metrics
from moderation.taxonomy import ATTRIBUTES, PRESENT
from moderation.verdict import Action, Span, Verdict

if TYPE_CHECKING:
    from fastapi import Request

log = logging.getLogger(__name__)

DO_NOT_STORE = "x-do-not-store"
"""The header by which a caller of any protocol keeps its texts from being stored."""
HARMS = frozenset(attribute.name for attribute in ATTRIBUTES if attribute.harmful)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LOG_AGAIN_SECONDS = 10.0
"""Shortest time between two log lines about comments that could not be kept."""
_OFF = frozenset({"", "0", "false", "no"})


class CorrectionNotStored(ModerationError):
    """A correction could not be kept."""

    code = "not_stored"
    status = HTTPStatus.SERVICE_UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Correction:
    """The scores that a passage should have had, in somebody's judgement.

    Parameters
    ----------
    text : str
        The passage as received.
    scores : mapping of attribute name to probability
        The right scores, of the attributes that are corrected.
    source : str
        The protocol by which it came.
    spans : tuple of Span
        The right scores of parts of the text.
    languages : tuple of str
        The text's languages, as far as the sender names them.
    community, client_token, session : str, optional
        The sender's names for its community, the comment and the visit.
    key : str, optional
        The id of the API key that sent it.
    comment : Submission, optional
        The comment with its verdict, for a review desk that does not have it yet.
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
    key: str | None = None
    comment: "Submission | None" = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))

    def to_dict(self) -> dict[str, Any]:
        """Return the correction as built-in values, ready for JSON, without its comment."""
        record = asdict(replace(self, comment=None)) | {"scores": dict(self.scores)}
        del record["comment"]
        return record

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> "Correction":
        """Return the correction of a record that `to_dict` wrote."""
        spans = tuple(Span(**span) for span in record["spans"])
        return cls(**record | {"spans": spans, "languages": tuple(record["languages"])})

    @property
    def is_harmful(self) -> bool:
        """True if it says that the passage, or a part of it, is harmful."""
        said = (*self.scores.items(), *((span.attribute, span.score) for span in self.spans))
        return any(score >= PRESENT for name, score in said if name in HARMS)


class Corrections(Protocol):
    """A store of corrections."""

    def add(self, correction: Correction) -> None:
        """Keep a correction; when this returns, it outlives the process and the machine.

        Raises
        ------
        CorrectionNotStored
        """


@dataclass(frozen=True, slots=True)
class Submission:
    """A comment that comes in with its verdict.

    Parameters
    ----------
    text : str
    verdict : Verdict
    source : str
        The way by which it came: ``native``, ``perspective``, ``openai``, ``coral``, ``akismet``,
        ``batch`` or ``upload``.
    external_id : str, optional
        The sender's id of the comment.
    page, title : str, optional
        The page under which it stands: address or path, and headline.
    author : str, optional
    parent, article : str, optional
        The texts of the comment that it answers, and of the article it stands under.
    community : str, optional
    flags : int
        The number of readers who have flagged it.
    time : datetime, optional
        When it was written; now if None.
    of_site : bool
        Whether `source` and `external_id` name one comment for ever, so that another text is an
        edit of it.
    replies : int
        The number of its answers, as far as its site tells.
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
    of_site: bool = False
    replies: int = 0

    @property
    def is_allowed(self) -> bool:
        """True if the policy allows it."""
        return self.verdict.action is Action.ALLOW


class Intake(Protocol):
    """Keeps comments for people to decide."""

    def take(self, comments: Sequence[Submission], /) -> object:
        """Keep comments; when this returns, they outlive the process and the machine.

        Raises
        ------
        ModerationError
            If they cannot be kept.
        """


class Decided(Protocol):
    """A decision of a person on a comment."""

    @property
    def is_approval(self) -> bool:
        """True if the comment is approved, False if it is rejected."""

    def to_dict(self) -> dict[str, object]:
        """Return the decision as built-in values, ready for JSON."""


class Sites(Protocol):
    """The comments of sites at the desk, by source and id."""

    def standing(self, source: str, external_id: str, text: str, /) -> tuple[bool, Decided | None]:
        """Return a comment's standing: True if it is known, and the decision on this very text.

        Raises
        ------
        ModerationError
        """


def read_time(written: str) -> datetime:
    """Return the time at which a comment was written, in UTC, which is assumed without a zone.

    Raises
    ------
    ValueError
        If it is no time of ISO 8601, is before 1970, or is in the future.
    """
    time = datetime.fromisoformat(written)
    try:
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("out of range") from None
    # A day more: clocks and zones may be wrong.
    if not EARLIEST <= time <= datetime.now(UTC) + timedelta(days=1):
        raise ValueError("out of range")
    return time


def time_of(written: str | None) -> datetime | None:
    """Return the time at which a comment was written, None where its page's words are no time."""
    try:
        return read_time(written) if written else None
    except ValueError:
        return None


def may_store(request: "Request") -> bool:
    """Tell whether a request allows its texts to be stored."""
    return request.headers.get(DO_NOT_STORE, "").strip().lower() in _OFF


def is_wanted(request: "Request") -> bool:
    """Tell whether comments of a request are kept: there is a desk, and they may be stored."""
    return request.app.state.intake is not None and may_store(request)


async def standing_of(
    request: "Request", source: str, external_id: str, text: str
) -> tuple[bool, Decided | None]:
    """Return a comment's standing at the desk: whether it is known, and the decision on it.

    Where the desk does not answer, it may be known, and no decision is; a verdict does not wait
    for it.
    """
    sites: Sites | None = request.app.state.sites
    if sites is None:
        return False, None
    try:
        return await asyncio.to_thread(sites.standing, source, external_id, text)
    except ModerationError as error:
        log.warning("the desk was not asked for a decision: %s", error)
        return True, None


async def enqueue(request: "Request", comments: Iterable[Submission]) -> None:
    """Hand the comments that are not allowed to the desk, before the request is answered.

    Nothing is handed on where there is no desk, or where the request says that nothing is to be
    stored. A verdict does not depend on whether anybody can keep the comment: those that cannot be
    kept are counted (`moderation_desk_lost_total`), and the log gives their number.

    Parameters
    ----------
    request : Request
    comments : iterable of Submission
        Not iterated over where nothing is kept.
    """
    if not is_wanted(request):
        return
    intake: Intake = request.app.state.intake
    held = [comment for comment in comments if comment.of_site or not comment.is_allowed]
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
        """Count comments, and log their number unless that was done just now."""
        self._number += number
        if time.monotonic() < self._next:
            return
        reason = str(error) if isinstance(error, ModerationError) else type(error).__name__
        log.error("%d comments could not be kept for people: %s", self._number, reason)
        self._number, self._next = 0, time.monotonic() + LOG_AGAIN_SECONDS


_losses = _Losses()
