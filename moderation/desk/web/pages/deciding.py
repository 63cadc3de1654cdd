"""What people do with one comment."""

import json
from http import HTTPStatus

from starlette.responses import Response

from moderation.desk.errors import AlreadyDecided, AlreadyUndone, Held, InvalidRuling
from moderation.desk.web.asking import Asking, read_asking
from moderation.desk.web.pages.queues import go_on
from moderation.desk.web.visiting.form import Form
from moderation.desk.web.visiting.visit import Visit, open_to
from moderation.desk.words import Outcome, Reason, Role, Ruling
from moderation.taxonomy import ATTRIBUTE_NAMES, Label
from moderation.verdict import Span

MOST_SPANS = 200


@open_to(Role.MODERATOR)
def decide(visit: Visit) -> Response:
    """Decide, and go on to the next comment; who comes too late is told who was first."""
    asking = read_asking(visit.form.fields)
    try:
        visit.desk.decisions.decide(visit.user, visit.number, read_ruling(visit.form))
    except (AlreadyDecided, Held) as error:
        return _back(visit, asking, error.code)
    return go_on(visit, asking)


@open_to(Role.MODERATOR)
def skip(visit: Visit) -> Response:
    """Put a comment aside for others, and go on."""
    visit.desk.queue.release(visit.user, visit.number)
    return go_on(visit, read_asking(visit.form.fields).putting_aside(visit.number))


@open_to(Role.MODERATOR)
def undo(visit: Visit) -> Response:
    """Take a decision back, and show its comment."""
    asking = read_asking(visit.form.fields)
    try:
        comment = visit.desk.decisions.undo(visit.user, visit.number)
    except AlreadyUndone:
        return visit.go(
            f"/queues/{asking.filters.queue}", asking.query(told="already_undone", queue=None)
        )
    return visit.go(f"/comments/{comment.id}", asking.query())


@open_to(Role.MODERATOR)
def note(visit: Visit) -> Response:
    """Leave a note."""
    visit.desk.decisions.note(visit.user, visit.number, visit.form.get("note"))
    return _back(visit, read_asking(visit.form.fields), "noted")


@open_to(Role.ADMIN)
def erase(visit: Visit) -> Response:
    """Erase a comment's text and names."""
    visit.desk.retention.erase(visit.user, visit.number)
    asking = read_asking(visit.form.fields)
    return visit.go(f"/comments/{visit.number}", asking.query())


def read_ruling(form: Form) -> Ruling:
    """Return what a form says of a comment.

    Raises
    ------
    InvalidRuling
        If it says what cannot be.
    """
    outcome, reason = read_outcome(form.get("ruling"))
    label, targets = form.get("label"), form.get("targets")
    scores = form.starting("attribute.")
    if not set(scores) <= set(ATTRIBUTE_NAMES) or not set(scores.values()) <= {"0", "1"}:
        raise _unreadable("attribute")
    if label and label not in set(Label):
        raise _unreadable("label")
    named = tuple(part.strip() for part in targets.split(",") if part.strip())
    return Ruling(
        outcome=outcome,
        reason=reason,
        label=Label(label) if label else None,
        attributes={name: float(value) for name, value in scores.items()},
        targets=None if targets == form.get("targets_before") else named,
        spans=_read_spans(form.get("spans")),
        note=form.get("note"),
        token=form.get("token") or None,
    )


def read_outcome(ruling: str) -> tuple[Outcome, Reason | None]:
    """Return what a button says: ``approve``, or ``reject:`` and the reason.

    Raises
    ------
    InvalidRuling
    """
    outcome, _, reason = ruling.partition(":")
    if outcome not in set(Outcome) or reason not in {"", *Reason}:
        raise _unreadable("ruling")
    return Outcome(outcome), Reason(reason) if reason else None


def _read_spans(sent: str) -> tuple[Span, ...] | None:
    """Return the evidence that a person marked, ``[[start, end, attribute], …]``."""
    if not sent:
        return None
    try:
        rows = json.loads(sent)
        spans = tuple(Span(start, end, attribute, 1.0) for start, end, attribute in rows)
    except (ValueError, TypeError, RecursionError):
        raise _unreadable("spans") from None
    whole = all(type(edge) is int for span in spans for edge in (span.start, span.end))
    known = {span.attribute for span in spans if isinstance(span.attribute, str)}
    if not whole or not known <= set(ATTRIBUTE_NAMES) or len(spans) > MOST_SPANS:
        raise _unreadable("spans")
    return spans


def _unreadable(field: str) -> InvalidRuling:
    return InvalidRuling(
        "The form does not say what to do.", where=field, remedy="Load the page anew."
    )


def _back(visit: Visit, asking: Asking, told: str) -> Response:
    response = visit.go(f"/comments/{visit.number}", asking.query(told=told))
    response.status_code = HTTPStatus.SEE_OTHER
    return response
