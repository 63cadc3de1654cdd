"""Corrections: what people say against a verdict, until the labelled set learns from it."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Protocol

from moderation.errors import ModerationError
from moderation.verdict import Span


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
