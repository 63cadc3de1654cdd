"""A comment that Coral sent, as the review desk takes it."""

from collections.abc import Sequence
from typing import Any

from moderation.service.coral.decision import SEVERITY
from moderation.service.intake import Sent
from moderation.verdict import Verdict

SOURCE = "coral"


def sent_of(body: Any, texts: Sequence[str], verdicts: Sequence[Verdict]) -> list[Sent]:
    """Return the one comment, as it was read at its worst, with what Coral tells of it.

    Coral names a comment only once it is published, so that it has no id here.
    """
    if not verdicts:
        return []
    pairs = zip(texts, verdicts, strict=True)
    text, verdict = max(pairs, key=lambda pair: SEVERITY.index(pair[1].action))
    return [
        Sent(
            text,
            verdict,
            SOURCE,
            page=_told(body, "story", "url"),
            author=_told(body, "author", "id"),
            community=_told(body, "tenantDomain"),
        )
    ]


def _told(body: Any, *path: str) -> str | None:
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, str) else None
