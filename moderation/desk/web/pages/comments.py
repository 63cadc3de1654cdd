"""The page of a comment, with its scores explained, and the actions on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import NamedTuple

from starlette.responses import Response

from moderation.desk.decisions.author_texts import MAX_AUTHOR_TEXT
from moderation.desk.decisions.corrections import ruling_of
from moderation.desk.decisions.notes import MAX_NOTE
from moderation.desk.errors import (
    AlreadyDecided,
    AlreadyUndone,
    Edited,
    ForOthers,
    Held,
    InvalidRuling,
    NoSuchThing,
)
from moderation.desk.intake.records import MAX_CONTEXT
from moderation.desk.queue.harm import harm_of
from moderation.desk.types import (
    Comment,
    Count,
    Decision,
    Escalation,
    Note,
    Queue,
    RejectionReason,
    Role,
    User,
)
from moderation.desk.web.forms import FilledRuling, filled_from, read_filled, read_ruling
from moderation.desk.web.pages.desk_settings import people_choices, read_people
from moderation.desk.web.pages.model import thresholds_in_use
from moderation.desk.web.pages.queues import to_next_comment
from moderation.desk.web.query import QueueView, number_of, read_view
from moderation.desk.web.request import DeskRequest, Flash, require_role
from moderation.errors import InvalidInput, ModerationError, NotReady
from moderation.policy import WORD_LIST
from moderation.service.engine import moderator_of
from moderation.taxonomy import ATTRIBUTES, Attribute, Label
from moderation.text.changes import Change, changes_between
from moderation.text.display import page_of
from moderation.verdict import Span

LISTED = "listed-"
"""The prefix of a word list's name where it stands for an attribute."""
LATEST = 20
"""Notes and undone decisions that are shown at once."""
LEVELS = ((0.8, "high"), (0.5, "likely"), (0.2, "unsure"), (0.0, "low"))
"""Lowest scores of the words for a score, and these words' keys in the vocabulary."""
WORTH_SHOWING = 0.2
"""The score from which one is shown at once, whether or not the policy acts on it."""


@dataclass(frozen=True, slots=True)
class ExplainedScore:
    """A score as the page explains it.

    Parameters
    ----------
    attribute : Attribute
    value : float
    level : str
        The key of the words for it.
    threshold : float or None
        The score from which the policy in use acts, if it looks at the attribute.
    shown : bool
        Whether it is shown at once; the others are folded away.
    """

    attribute: Attribute
    value: float
    level: str
    threshold: float | None
    shown: bool

    @property
    def over(self) -> bool:
        """True if the policy in use acts on it."""
        return self.threshold is not None and self.value >= self.threshold


class Past(NamedTuple):
    """The latest events of a comment's history, oldest first, and the number of earlier ones."""

    entries: list[Decision | Escalation | Note]
    more: int


@require_role(Role.READER)
def show(request: DeskRequest) -> Response:
    """Show a comment."""
    return comment_page(request, read_view(request.query))


def comment_page(
    request: DeskRequest,
    view: QueueView,
    filled: FilledRuling | None = None,
    error: ModerationError | None = None,
) -> Response:
    """Return the page of the comment whose number stands in the path.

    Parameters
    ----------
    request : DeskRequest
    view : QueueView
    filled : FilledRuling, optional
        The fields of a form that was refused.
    error : ModerationError, optional
        The reason for its refusal.
    """
    queues = request.desk.queue
    comment = _held(request, queues.get(request.number))
    if (review := _second_review(request, comment)) is not None:
        return request.redirect(f"/second/{review}")
    line, decision = comment.line, comment.line.decision
    spans = _spans(comment.verdict.spans, decision)
    listed = listed_marks(request, comment)
    part = page_of(comment.text or "", [*spans, *listed], part_of(request))
    filled = filled or _undone_by(request.user, comment)
    is_open = _may_decide(request, comment)
    texts = request.desk.author_texts.filled(comment) if is_open else {}
    return request.render(
        "work/comment.html",
        error.status if error else HTTPStatus.OK,
        view=view,
        here=f"queue.{view.filters.queue}",
        comment=comment,
        left=None
        if view.filters.queue is Queue.DECIDED
        else queues.count(view.within(request.sections).filters),
        line=line,
        part=part,
        marked={name for piece in part.pieces for name in piece.attributes},
        spans=[span for span in spans if span.start < part.end and span.end > part.start],
        listed=[span for span in listed if span.start < part.end and span.end > part.start],
        listed_words=_by_list(comment.text or "", listed),
        decision=decision,
        open=is_open,
        error=error,
        filled=filled,
        author_texts=texts and {**texts, **filled.author_texts},
        most_author_text=MAX_AUTHOR_TEXT,
        peoples=people_choices(request, (*comment.verdict.targets, *filled.targets)),
        suggested=suggested_reason(comment),
        scores=explain(comment.verdict.scores, thresholds_in_use(request)),
        history=request.desk.authors.history(comment) if line.author else None,
        similar=queues.similar(comment),
        last=request.desk.decisions.latest(request.user),
        ruling_of=ruling_of,
        changes=_changes(comment),
        harm=harm_of(comment.verdict.scores, queues.weights),
        past=_past(comment, all_of_it="past" in request.query),
        most_note=MAX_NOTE,
        most_context=MAX_CONTEXT,
    )


@require_role(Role.MODERATOR)
def decide(request: DeskRequest) -> Response:
    """Decide, and go to the next comment; somebody who comes too late stays on the page."""
    view = read_view(request.form.fields)

    def shown() -> Sequence[Span]:
        return request.desk.queue.get(request.number).verdict.spans

    try:
        ruling = read_ruling(request.form, shown)
        request.desk.decisions.decide(request.user, request.number, ruling)
    except Edited as error:
        path = f"/comments/{error.latest or request.number}"
        return request.redirect(path, view.query(), Flash(error.code))
    except (AlreadyDecided, ForOthers, Held, InvalidRuling) as error:
        # What was typed is shown again, so that nothing of it is lost.
        return comment_page(request, view, read_filled(request.form), error)
    return to_next_comment(request, view)


@require_role(Role.MODERATOR)
def confirm(request: DeskRequest) -> Response:
    """Decide as a correction says, and go to the next comment."""
    view, which = read_view(request.form.fields), request.form.get("correction")
    found = [
        ruling
        for each in request.desk.queue.get(request.number).corrections
        if each.id == which and (ruling := ruling_of(each.correction))
    ]
    if not found:
        raise NoSuchThing("There is no such correction, or it does not say how to decide.")
    ruling = replace(found[0], token=request.form.get("token") or None)
    try:
        request.desk.decisions.decide(request.user, request.number, ruling)
    except (AlreadyDecided, Edited, ForOthers, Held) as error:
        return _back(request, view, error.code)
    return to_next_comment(request, view)


@require_role(Role.MODERATOR)
def dismiss(request: DeskRequest) -> Response:
    """Dismiss a correction, and show its comment."""
    view, which = read_view(request.form.fields), request.form.get("correction")
    request.desk.corrections.dismiss(request.user, request.number, which)
    return _back(request, view, "dismissed")


@require_role(Role.MODERATOR)
def skip(request: DeskRequest) -> Response:
    """Leave a comment to others, and go to the next one."""
    request.desk.queue.skip(request.user, request.number)
    return to_next_comment(request, read_view(request.form.fields).skipping(request.number))


@require_role(Role.MODERATOR)
def escalate(request: DeskRequest) -> Response:
    """Ask a lead to decide, with what stands in the field for notes, and go to the next comment."""
    view = read_view(request.form.fields)
    try:
        request.desk.escalations.ask(request.user, request.number, request.form.get("note"))
    except Edited as error:
        path = f"/comments/{error.latest or request.number}"
        return request.redirect(path, view.query(), Flash(error.code))
    except (AlreadyDecided, ForOthers, Held, InvalidRuling) as error:
        return comment_page(request, view, read_filled(request.form), error)
    return to_next_comment(request, view)


@require_role(Role.MODERATOR)
def undo(request: DeskRequest) -> Response:
    """Undo a decision, and show its comment."""
    view = read_view(request.form.fields)
    try:
        comment = request.desk.decisions.undo(request.user, request.number)
    except AlreadyUndone as error:
        path, query = f"/queues/{view.filters.queue}", view.query(queue=None)
        return request.redirect(path, query, Flash(error.code))
    return request.redirect(f"/comments/{comment.id}", view.query())


@require_role(Role.MODERATOR)
def note(request: DeskRequest) -> Response:
    """Add a note."""
    view = read_view(request.form.fields)
    try:
        request.desk.decisions.note(request.user, request.number, request.form.get("note"))
    except InvalidRuling as error:
        return comment_page(request, view, read_filled(request.form), error)
    return _back(request, view, "noted")


@require_role(Role.LEAD)
def add_people(request: DeskRequest) -> Response:
    """Add a people to those that may be named, and show the form again as it was filled in."""
    view, filled = read_view(request.form.fields), read_filled(request.form)
    try:
        people = read_people(request)
    except InvalidInput as error:
        return comment_page(request, view, filled, error)
    filled = replace(filled, targets=(*filled.targets, people.name))
    return comment_page(request, view, filled)


@require_role(Role.ADMIN)
def erase(request: DeskRequest) -> Response:
    """Erase a comment's text and names."""
    request.desk.retention.erase(request.user, request.number)
    view = read_view(request.form.fields)
    return request.redirect(f"/comments/{request.number}", view.query())


def explain(scores: Mapping[str, float], thresholds: Mapping[str, float]) -> list[ExplainedScore]:
    """Return all scores explained, harmful attributes first, highest first.

    There are none for a comment that was not judged.
    """
    explained = []
    for attribute in ATTRIBUTES if scores else ():
        value = scores.get(attribute.name, 0.0)
        threshold = thresholds.get(attribute.name)
        level = next(words for lowest, words in LEVELS if value >= lowest)
        shown = value >= min(WORTH_SHOWING, 1.0 if threshold is None else threshold)
        explained.append(ExplainedScore(attribute, value, level, threshold, shown))
    return sorted(explained, key=lambda score: (not score.attribute.harmful, -score.value))


def listed_marks(request: DeskRequest, comment: Comment) -> list[Span]:
    """Return the places of the words in the policy's lists, where one is a reason for the action.

    The lists are those in use. As an attribute, each place has the name of its list.
    """
    if comment.text is None or WORD_LIST not in comment.verdict.reasons:
        return []
    try:
        policy = moderator_of(request.http).bound_policy
    except NotReady:
        return []
    words = policy.listed_words(comment.text)
    return [Span(word.start, word.end, f"{LISTED}{word.action}", 1.0) for word in words]


def suggested_reason(comment: Comment) -> RejectionReason:
    """Return the reason for a rejection that the model's verdict suggests."""
    label = comment.verdict.label
    if label is None:
        return RejectionReason.OTHER
    if label in {Label.ETHNIC_HOSTILITY, Label.INFLAMMATORY}:
        return RejectionReason(label.value)
    worst = comment.line.attribute
    return RejectionReason(worst) if worst in set(RejectionReason) else RejectionReason.OTHER


def _by_list(text: str, listed: Sequence[Span]) -> dict[str, list[str]]:
    """Return the different listed words of a text by list, each as it is first written there."""
    by_list: dict[str, dict[str, str]] = {}
    for span in listed:
        word = " ".join(text[span.start : span.end].split())
        by_list.setdefault(span.attribute, {}).setdefault(word.casefold(), word)
    return {name: list(words.values()) for name, words in by_list.items()}


def _back(request: DeskRequest, view: QueueView, flash_key: str) -> Response:
    return request.redirect(f"/comments/{request.number}", view.query(), Flash(flash_key))


def _past(comment: Comment, *, all_of_it: bool) -> Past:
    events: list[Decision | Escalation | Note] = [
        *comment.escalations,
        *comment.decisions,
        *comment.notes,
    ]
    events.sort(key=lambda event: event.time)
    entries = events if all_of_it else events[-LATEST:]
    return Past(entries, len(events) - len(entries))


def _left(request: DeskRequest, view: QueueView) -> Count | None:
    """Return the number of comments that a person has left in a queue; None of decided ones."""
    if view.filters.queue is Queue.DECIDED:
        return None
    return request.desk.queue.count(view.within(request.sections).filters)


def _second_review(request: DeskRequest, comment: Comment) -> int | None:
    """Return the second review of a comment that the person is making without its decision."""
    line = comment.line
    if line.state != Queue.DECIDED or line.held_by != request.user.name:
        return None
    return request.desk.second_reviews.held_by(request.user, comment.id)


def _held(request: DeskRequest, comment: Comment) -> Comment:
    """Hold a comment for a person who may decide it, so that nobody else begins on it."""
    if comment.line.held_by is not None or not _may_decide(request, comment):
        return comment
    try:
        return request.desk.queue.hold(request.user, comment.id)
    except (AlreadyDecided, Edited, ForOthers, Held, NoSuchThing):
        return request.desk.queue.get(comment.id)


def _undone_by(user: User, comment: Comment) -> FilledRuling:
    """Return the form as it was when a person made the decision that the same person has undone."""
    verdict, latest = comment.verdict, comment.decisions[-1] if comment.decisions else None
    if latest is not None and latest.undone is not None and latest.by == user.name:
        return filled_from(latest.ruling, verdict.spans, verdict.targets)
    return FilledRuling(targets=verdict.targets)


def _changes(comment: Comment) -> list[Change]:
    """Return the changes from the text before to this one; none if there is no text before."""
    before = comment.earlier[0].text if comment.earlier else None
    return [] if before is None or comment.text is None else changes_between(before, comment.text)


def part_of(request: DeskRequest) -> int:
    """Return the number of the part of a long text that is shown."""
    return number_of(request.query.get("part", "") or request.form.get("part")) or 1


def _spans(model: Sequence[Span], decision: Decision | None) -> tuple[Span, ...]:
    """Return the evidence as a person corrected it, else as the model found it."""
    if decision is not None and decision.ruling.spans is not None:
        return decision.ruling.spans
    return tuple(model)


def _may_decide(request: DeskRequest, comment: Comment) -> bool:
    line = comment.line
    is_free = line.held_by in {None, request.user.name}
    # An appeal against somebody's decision is for somebody else.
    is_own = (
        line.decision is not None
        and line.decision.by == request.user.name
        and any(not appeal.settled for appeal in comment.appeals)
    )
    is_for_leads = line.state == Queue.LEADS and not request.user.role.may(Role.LEAD)
    waits = line.waits and comment.latest is None and not line.erased
    waits = waits and not is_own and not is_for_leads
    return request.user.role.may(Role.MODERATOR) and waits and is_free
