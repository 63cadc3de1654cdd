"""One comment, with all that helps to decide on it."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from moderation.desk.web.asking import number_of, read_asking
from moderation.desk.web.showing.pieces import part_of
from moderation.desk.web.showing.scores import explain
from moderation.desk.web.visiting.visit import Visit, open_to
from moderation.desk.words import Comment, Decision, Reason, Role
from moderation.errors import NotReady
from moderation.moderator import Moderator
from moderation.service.state import moderator_of
from moderation.taxonomy import Label
from moderation.verdict import Span

TOLD = frozenset({"already_decided", "held", "already_undone", "noted"})
"""What a page may be asked to say in its address."""


@open_to(Role.READER)
def show(visit: Visit) -> Response:
    """Show a comment."""
    queues, asking = visit.desk.queue, read_asking(visit.query)
    comment = queues.get(visit.number)
    ruled = comment.line.decision
    part = part_of(
        comment.text or "",
        _spans(comment.verdict.spans, ruled),
        number_of(visit.query.get("part", "")) or 1,
    )
    told = visit.query.get("told")
    return visit.page(
        "work/comment.html",
        asking=asking,
        here=f"queue.{asking.filters.queue}",
        comment=comment,
        line=comment.line,
        part=part,
        spans=_spans(comment.verdict.spans, ruled),
        ruled=ruled,
        open=_may_decide(visit, comment),
        suggested=suggested_reason(comment),
        scores=explain(comment.verdict.scores, _thresholds(visit)),
        history=queues.history(comment) if comment.line.author else None,
        similar=queues.similar(comment),
        last=visit.desk.decisions.latest(visit.user),
        told=told if told in TOLD else None,
    )


def suggested_reason(comment: Comment) -> Reason:
    """Return the reason that the model's verdict speaks for."""
    label = comment.verdict.label
    if label in {Label.ETHNIC_HOSTILITY, Label.INFLAMMATORY}:
        return Reason(label.value)
    worst = comment.line.attribute
    return Reason(worst) if worst in set(Reason) else Reason.OTHER


def _spans(model: Sequence[Span], ruled: Decision | None) -> tuple[Span, ...]:
    """Return the evidence as a person corrected it, else as the model found it."""
    if ruled is not None and ruled.ruling.spans is not None:
        return ruled.ruling.spans
    return tuple(model)


def _may_decide(visit: Visit, comment: Comment) -> bool:
    line = comment.line
    mine = line.held_by in {None, visit.user.name}
    return visit.user.role.may(Role.MODERATOR) and line.decision is None and mine


def _thresholds(visit: Visit) -> Mapping[str, float]:
    """Return the scores from which the policy in use sends to review, as far as it looks."""
    try:
        return thresholds_of(moderator_of(visit.request))
    except NotReady:
        return {}


def thresholds_of(moderator: Moderator) -> dict[str, float]:
    """Return the review thresholds of a policy, in numbers."""
    chosen = moderator.model.review_thresholds
    return {
        name: chosen.get(name, 0.5) if limit == "model" else float(limit)
        for name, limit in moderator.policy.review.items()
    }
