"""A comment that comes in, as rows of the tables."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from moderation.database.forgotten import text_key
from moderation.database.moment import now
from moderation.desk.words import Queue, Submission
from moderation.taxonomy import ATTRIBUTES, FLAGGED
from moderation.text.check import clean_text
from moderation.text.near_duplicates import bands_of, shingles_of
from moderation.verdict import Action, Verdict

Row = dict[str, Any]

QUEUES = {
    Action.ALLOW: Queue.FLAGGED,
    Action.REVIEW: Queue.REVIEW,
    Action.BLOCK: Queue.BLOCKED,
}
"""Where a comment waits; what the policy allows is kept only where readers have flagged it."""
UPLOAD, BATCH = "upload", "batch"
GIVEN_WHOLE = frozenset({UPLOAD, BATCH})
_HARMS = tuple(attribute.name for attribute in ATTRIBUTES if attribute.harmful)
_MOST = {"author": 200, "page": 2_000, "title": 500, "external_id": 2_000, "community": 200}
MAX_CONTEXT = 20_000
"""Characters that are kept of a parent comment and of an article."""


class CommentRows(NamedTuple):
    """The rows of one comment; those of other tables lack its number."""

    key: str
    comment: Row
    text: Row
    targets: tuple[str, ...]
    bands: list[int]
    is_another: bool
    """Whether it is one more when it comes again, for all that is known."""


def rows_of(sent: Submission, times: int, came: datetime | None = None) -> CommentRows:
    """Return the rows of a comment that came `times` times at once, now if it is not said when.

    One with an id is the same each time. A file, or what a batch run wrote, may be given again;
    a service is asked once for each comment that somebody writes.

    What is said of a comment is cut to what a page can show; its text never is.
    """
    about = {name: clean(getattr(sent, name), most) for name, most in _MOST.items()}
    verdict, time = sent.verdict, came or now()
    key = key_of(sent)
    comment = {
        "key": key,
        "text_key": text_key(sent.text),
        "queue": QUEUES[verdict.action].value,
        "action": verdict.action.value,
        "reasons": list(verdict.reasons),
        **judged(verdict),
        "source": sent.source,
        "length": len(sent.text),
        "times": 1 if sent.external_id else times,
        "flags": sent.flags,
        "received": sent.time or time,
        "taken": time,
        **about,
    }
    text = {
        "text": sent.text,
        "spans": [span.to_dict() for span in verdict.spans],
        "parent": clean(sent.parent, MAX_CONTEXT),
        "parent_key": text_key(sent.parent) if sent.parent else None,
        "article": clean(sent.article, MAX_CONTEXT),
    }
    another = sent.external_id is None and sent.source not in GIVEN_WHOLE
    return CommentRows(
        key, comment, text, verdict.targets, bands_of(shingles_of(sent.text)), another
    )


def judged(verdict: Verdict) -> Row:
    """Return what a model says of a comment; what a policy made of it is not part of it."""
    scores = verdict.scores
    attribute = max(_HARMS, key=scores.__getitem__)
    return {
        "label": verdict.label.value,
        "attribute": attribute,
        "worst": scores[attribute],
        "uncertainty": uncertainty(scores),
        **{f"score_{name}": score for name, score in scores.items()},
        "targets": list(verdict.targets),
        "model": verdict.model,
    }


def key_of(sent: Submission) -> str:
    """Return what the same comment has in common when it comes again."""
    same = [sent.source, sent.community, sent.external_id, sent.page, sent.author, sent.text]
    return hashlib.sha256(json.dumps(same).encode()).hexdigest()


def uncertainty(scores: Mapping[str, float]) -> float:
    """Return how near to even the chance is that a comment is flagged: 1 at one half, 0 at 0 or 1.

    The scores are calibrated, so that the model knows least where they say one half.
    """
    return max(1 - abs(2 * scores[label.value] - 1) for label in FLAGGED)


def author_of(name: str) -> str | None:
    """Return an author's name as the database has it."""
    return clean(name, _MOST["author"])


def clean(value: str | None, most: int) -> str | None:
    """Return a text as the database can hold it and a page can show it; nothing as None."""
    return clean_text(value[:most]) if value else None
