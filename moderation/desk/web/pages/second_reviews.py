"""Pages of second reviews: decided comments, judged again without sight of the decision."""

from http import HTTPStatus

from starlette.responses import Response

from moderation.desk.decisions.notes import MAX_NOTE
from moderation.desk.errors import Held, InvalidRuling, NoSecondReview
from moderation.desk.intake.records import MAX_CONTEXT
from moderation.desk.types import Filters, Role, Sort
from moderation.desk.web.forms import FilledRuling, filled_from, read_filled, read_ruling
from moderation.desk.web.pages.comments import part_of
from moderation.desk.web.pages.desk_settings import people_choices
from moderation.desk.web.query import QueueView, read_view
from moderation.desk.web.request import DeskRequest, Flash, require_role
from moderation.errors import ModerationError
from moderation.text.display import page_of

HERE = "second"


@require_role(Role.MODERATOR)
def second_page(request: DeskRequest) -> Response:
    """Show how many comments wait for a second review."""
    sections = request.sections
    reviews = request.desk.second_reviews
    return request.render(
        "work/second.html",
        here=HERE,
        counts=request.desk.queue.counts(sections),
        second_waiting=reviews.waiting(request.user, sections),
        share=reviews.share(),
        last=reviews.latest(request.user),
    )


@require_role(Role.MODERATOR)
def next_review(request: DeskRequest) -> Response:
    """Go to the next comment that waits for a second review."""
    return _to_next(request, _skipped(request))


@require_role(Role.MODERATOR)
def show(request: DeskRequest) -> Response:
    """Show a comment to judge again."""
    return review_page(request)


def review_page(
    request: DeskRequest,
    filled: FilledRuling | None = None,
    error: ModerationError | None = None,
) -> Response:
    """Return the page of the second review whose number stands in the path.

    Parameters
    ----------
    request : DeskRequest
    filled : FilledRuling, optional
        The fields of a form that was refused.
    error : ModerationError, optional
        The reason for its refusal.
    """
    reviews = request.desk.second_reviews
    try:
        review = reviews.hold(request.user, request.number)
    except (Held, NoSecondReview) as gone:
        return request.redirect("/second", {}, Flash(gone.code))
    comment = review.comment
    if filled is None:
        filled = filled_from(review.ruling, (), ()) if review.ruling else FilledRuling()
    return request.render(
        "work/second_review.html",
        error.status if error else HTTPStatus.OK,
        here=HERE,
        review=review,
        view=QueueView(Filters(), Sort.OLDEST, _skipped(request).skip, {}),
        comment=comment,
        line=comment.line,
        part=page_of(comment.text or "", (), part_of(request)),
        marked=set(),
        spans=(),
        listed=(),
        open=True,
        error=error,
        filled=filled or FilledRuling(),
        author_texts={},
        peoples=people_choices(request, filled.targets if filled else ()),
        suggested=None,
        left=reviews.waiting(request.user, request.sections),
        last=reviews.latest(request.user),
        most_note=MAX_NOTE,
        most_context=MAX_CONTEXT,
    )


@require_role(Role.MODERATOR)
def decide(request: DeskRequest) -> Response:
    """Keep the second ruling, and go to the next comment."""
    try:
        ruling = read_ruling(request.form, tuple)
        request.desk.second_reviews.review(request.user, request.number, ruling)
    except InvalidRuling as error:
        return review_page(request, read_filled(request.form), error)
    except (Held, NoSecondReview) as error:
        return request.redirect("/second", {}, Flash(error.code))
    return _to_next(request, _skipped(request))


@require_role(Role.MODERATOR)
def skip(request: DeskRequest) -> Response:
    """Leave a comment to others, and go to the next one."""
    request.desk.second_reviews.skip(request.user, request.number)
    return _to_next(request, _skipped(request).skipping(request.number))


@require_role(Role.MODERATOR)
def undo(request: DeskRequest) -> Response:
    """Take back one's own second ruling, and show its comment."""
    try:
        request.desk.second_reviews.undo(request.user, request.number)
    except NoSecondReview as error:
        return request.redirect("/second", {}, Flash(error.code))
    return request.redirect(f"/second/{request.number}")


def _skipped(request: DeskRequest) -> QueueView:
    return read_view(request.form.fields or request.query)


def _to_next(request: DeskRequest, view: QueueView) -> Response:
    review = request.desk.second_reviews.next(request.user, request.sections, view.skip)
    if review is None:
        return request.redirect("/second", {}, Flash("second_done"))
    skipped = ",".join(map(str, view.skip))
    return request.redirect(f"/second/{review.id}", {"skip": skipped} if skipped else {})
