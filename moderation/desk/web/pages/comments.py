"""One comment, with all that helps to decide on it."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

from starlette.responses import Response

from moderation.desk.decisions.decisions import MAX_NOTE
from moderation.desk.errors import AlreadyDecided, AlreadyUndone, Held, InvalidRuling, NoSuchThing
from moderation.desk.intake.records import MAX_CONTEXT
from moderation.desk.types import Comment, Decision, Note, RejectionReason, Role
from moderation.desk.web.forms import Filled, read_filled, read_ruling
from moderation.desk.web.pages.queues import go_on
from moderation.desk.web.query import Asking, number_of, read_asking
from moderation.desk.web.request import Flash, Visit, require_role
from moderation.desk.web.templates import explain
from moderation.errors import ModerationError, NotReady
from moderation.service.engine import moderator_of
from moderation.taxonomy import Label
from moderation.text.display import part_of
from moderation.text.peoples import PEOPLES
from moderation.verdict import Span

LATEST = 20
"""Notes and undone decisions that are shown at once."""


@require_role(Role.READER)
def show(visit: Visit) -> Response:
    """Show a comment."""
    return comment_page(visit, read_asking(visit.query))


def comment_page(
    visit: Visit,
    asking: Asking,
    filled: Filled | None = None,
    error: ModerationError | None = None,
) -> Response:
    """Return the page of the comment whose number stands in the path.

    Parameters
    ----------
    visit : Visit
    asking : Asking
    filled : Filled, optional
        What was filled in already; nothing was where it is left out.
    error : ModerationError, optional
        Why that was refused.
    """
    queues = visit.desk.queue
    comment = _held(visit, queues.get(visit.number))
    line, ruled = comment.line, comment.line.decision
    spans = _spans(comment.verdict.spans, ruled)
    part = part_of(comment.text or "", spans, _part(visit))
    return visit.page(
        "work/comment.html",
        error.status if error else HTTPStatus.OK,
        asking=asking,
        here=f"queue.{asking.filters.queue}",
        comment=comment,
        line=line,
        part=part,
        spans=[span for span in spans if span.start < part.end and span.end > part.start],
        ruled=ruled,
        open=_may_decide(visit, comment),
        error=error,
        filled=filled or Filled(targets=comment.verdict.targets),
        peoples=dict.fromkeys((*PEOPLES, *comment.verdict.targets)),
        suggested=suggested_reason(comment),
        scores=explain(comment.verdict.scores, _thresholds(visit)),
        history=queues.history(comment) if line.author else None,
        similar=queues.similar(comment),
        last=visit.desk.decisions.latest(visit.user),
        past=_past(comment, all_of_it="past" in visit.query),
        most_note=MAX_NOTE,
        most_context=MAX_CONTEXT,
    )


class Past(NamedTuple):
    """What happened to a comment so far: the latest of it, oldest first, and how much is left."""

    entries: list[Decision | Note]
    more: int


def _past(comment: Comment, *, all_of_it: bool) -> Past:
    happened: list[Decision | Note] = [*comment.decisions, *comment.notes]
    whole = sorted(happened, key=lambda each: each.time)
    entries = whole if all_of_it else whole[-LATEST:]
    return Past(entries, len(whole) - len(entries))


def _held(visit: Visit, comment: Comment) -> Comment:
    """Hold a comment for a person who may decide it, so that nobody else begins on it."""
    if comment.line.held_by is not None or not _may_decide(visit, comment):
        return comment
    try:
        return visit.desk.queue.hold(visit.user, comment.id)
    except (AlreadyDecided, Held, NoSuchThing):
        return visit.desk.queue.get(comment.id)


def _part(visit: Visit) -> int:
    return number_of(visit.query.get("part", "") or visit.form.get("part")) or 1


def suggested_reason(comment: Comment) -> RejectionReason:
    """Return the reason that the model's verdict speaks for."""
    label = comment.verdict.label
    if label in {Label.ETHNIC_HOSTILITY, Label.INFLAMMATORY}:
        return RejectionReason(label.value)
    worst = comment.line.attribute
    return RejectionReason(worst) if worst in set(RejectionReason) else RejectionReason.OTHER


def _spans(model: Sequence[Span], ruled: Decision | None) -> tuple[Span, ...]:
    """Return the evidence as a person corrected it, else as the model found it."""
    if ruled is not None and ruled.ruling.spans is not None:
        return ruled.ruling.spans
    return tuple(model)


def _may_decide(visit: Visit, comment: Comment) -> bool:
    line = comment.line
    mine = line.held_by in {None, visit.user.name}
    waits = line.decision is None and not line.erased
    return visit.user.role.may(Role.MODERATOR) and waits and mine


def _thresholds(visit: Visit) -> Mapping[str, float]:
    """Return the scores from which the policy in use holds a comment, as far as it looks."""
    try:
        return moderator_of(visit.request).bound_policy.held
    except NotReady:
        return {}


# FOLDED deciding: What people do with one comment.


@require_role(Role.MODERATOR)
def decide(visit: Visit) -> Response:
    """Decide, and go on to the next comment; who comes too late is told who was first."""
    asking = read_asking(visit.form.fields)

    def found() -> Sequence[Span]:
        return visit.desk.queue.get(visit.number).verdict.spans

    try:
        ruling = read_ruling(visit.form, found)
        visit.desk.decisions.decide(visit.user, visit.number, ruling)
    except (AlreadyDecided, Held) as error:
        return _back(visit, asking, error.code)
    except InvalidRuling as error:
        return comment_page(visit, asking, read_filled(visit.form), error)
    return go_on(visit, asking)


@require_role(Role.MODERATOR)
def skip(visit: Visit) -> Response:
    """Put a comment aside for others, and go on."""
    visit.desk.queue.release(visit.user, visit.number)
    return go_on(visit, read_asking(visit.form.fields).putting_aside(visit.number))


@require_role(Role.MODERATOR)
def undo(visit: Visit) -> Response:
    """Take a decision back, and show its comment."""
    asking = read_asking(visit.form.fields)
    try:
        comment = visit.desk.decisions.undo(visit.user, visit.number)
    except AlreadyUndone as error:
        path, query = f"/queues/{asking.filters.queue}", asking.query(queue=None)
        return visit.go(path, query, Flash(error.code))
    return visit.go(f"/comments/{comment.id}", asking.query())


@require_role(Role.MODERATOR)
def note(visit: Visit) -> Response:
    """Leave a note."""
    asking = read_asking(visit.form.fields)
    try:
        visit.desk.decisions.note(visit.user, visit.number, visit.form.get("note"))
    except InvalidRuling as error:
        return comment_page(visit, asking, read_filled(visit.form), error)
    return _back(visit, asking, "noted")


@require_role(Role.ADMIN)
def erase(visit: Visit) -> Response:
    """Erase a comment's text and names."""
    visit.desk.retention.erase(visit.user, visit.number)
    asking = read_asking(visit.form.fields)
    return visit.go(f"/comments/{visit.number}", asking.query())


def _back(visit: Visit, asking: Asking, told: str) -> Response:
    return visit.go(f"/comments/{visit.number}", asking.query(), Flash(told))
