"""Pages of the agreement of second reviews with the decisions, and of disagreements to settle."""

from http import HTTPStatus

from starlette.responses import Response

from moderation.desk.decisions.notes import MAX_NOTE
from moderation.desk.decisions.thresholds import confidence
from moderation.desk.errors import AlreadySettled, InvalidRuling
from moderation.desk.intake.records import MAX_CONTEXT
from moderation.desk.types import Filters, Role, Ruling, SettledAs, Sort
from moderation.desk.web.forms import FilledRuling, read_filled, read_ruling
from moderation.desk.web.pages.comments import part_of
from moderation.desk.web.pages.desk_settings import people_choices
from moderation.desk.web.query import ONE_DAY, QueueView, page_of, read_range
from moderation.desk.web.request import DeskRequest, Flash, require_role
from moderation.errors import InvalidInput, ModerationError
from moderation.text.display import page_of as part_of_text

DAYS = 90
"""Days of second reviews that are compared if no range is chosen."""
MAX_LISTED = 500
"""Disagreements that are listed, the oldest."""
HERE = "agreement"


@require_role(Role.LEAD)
def agreement_page(request: DeskRequest) -> Response:
    """Show how well second reviews agree with the decisions, and the disagreements to settle."""
    since, until = read_range(request.query, DAYS)
    disagreements = request.desk.disagreements
    agreement = disagreements.agreement(request.user, since, until)
    return request.render(
        "lead/agreement.html",
        here=HERE,
        agreement=agreement,
        since=since.date(),
        until=(until - ONE_DAY).date(),
        share=request.desk.second_reviews.share(),
        interval=confidence,
        shown=page_of(disagreements.to_settle(request.user, MAX_LISTED), request.query),
    )


@require_role(Role.LEAD)
def set_share(request: DeskRequest) -> Response:
    """Set the share of decided comments that a second moderator judges again."""
    try:
        share = float(request.form.get("share").replace(",", "."))
    except ValueError:
        raise InvalidInput("A share is a number from 0 to 100.", where="share") from None
    request.desk.second_reviews.set_share(request.user, share)
    return request.redirect("/agreement", {}, Flash("share_set"))


@require_role(Role.LEAD)
def pair_page(request: DeskRequest) -> Response:
    """Show both rulings on a comment side by side."""
    return _pair(request)


@require_role(Role.LEAD)
def settle(request: DeskRequest) -> Response:
    """Settle a disagreement with one of the two rulings."""
    chosen = request.form.get("with")
    if chosen not in {SettledAs.FIRST, SettledAs.SECOND}:
        raise InvalidRuling("Choose one of the two rulings, or make a third one.", where="with")
    return _settled(request, SettledAs(chosen))


@require_role(Role.LEAD)
def settle_anew(request: DeskRequest) -> Response:
    """Settle a disagreement with a third ruling."""
    number = request.desk.disagreements.get(request.user, request.number).comment_id
    try:
        ruling = read_ruling(request.form, lambda: request.desk.queue.get(number).verdict.spans)
        return _settled(request, SettledAs.THIRD, ruling)
    except InvalidRuling as error:
        return _pair(request, read_filled(request.form), error)


def _settled(request: DeskRequest, settled_as: SettledAs, ruling: Ruling | None = None) -> Response:
    try:
        request.desk.disagreements.settle(request.user, request.number, settled_as, ruling)
    except AlreadySettled as error:
        return request.redirect("/agreement", {}, Flash(error.code))
    return request.redirect("/agreement", {}, Flash("settled"))


def _pair(
    request: DeskRequest,
    filled: FilledRuling | None = None,
    error: ModerationError | None = None,
) -> Response:
    pair = request.desk.disagreements.get(request.user, request.number)
    comment = request.desk.queue.get(pair.comment_id)
    spans = comment.verdict.spans
    part = part_of_text(comment.text or "", spans, part_of(request))
    is_open = pair.stands and pair.settlement is None and not pair.agrees
    return request.render(
        "lead/pair.html",
        error.status if error else HTTPStatus.OK,
        here=HERE,
        pair=pair,
        rulings=[
            (SettledAs.FIRST, pair.first.by, pair.first.ruling, pair.first.time),
            (SettledAs.SECOND, pair.second.by, pair.second.ruling, pair.second.time),
        ],
        view=QueueView(Filters(), Sort.OLDEST, (), {}),
        comment=comment,
        line=comment.line,
        part=part,
        marked={name for piece in part.pieces for name in piece.attributes},
        spans=[span for span in spans if span.start < part.end and span.end > part.start],
        listed=(),
        open=is_open,
        error=error,
        filled=filled or FilledRuling(targets=comment.verdict.targets),
        author_texts={},
        peoples=people_choices(request, comment.verdict.targets),
        suggested=None,
        most_note=MAX_NOTE,
        most_context=MAX_CONTEXT,
    )
