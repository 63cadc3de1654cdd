"""Many comments at once, by score."""

from starlette.responses import Response

from moderation.charts import HEIGHT, WIDTH, score_bars
from moderation.desk.errors import InvalidRuling
from moderation.desk.web.asking import number_of, read_asking
from moderation.desk.web.pages.rulings import read_outcome
from moderation.desk.web.visiting.told import Flash
from moderation.desk.web.visiting.visit import Visit, require_role
from moderation.desk.words import Queue, Role


@require_role(Role.LEAD)
def bulk_page(visit: Visit) -> Response:
    """Show how many comments have which score, and what deciding on some of them would do."""
    asking = read_asking(visit.query)
    if asking.filters.queue is Queue.DECIDED:
        asking = read_asking(visit.query, Queue.REVIEW)
    bulk, filters = visit.desk.bulk, asking.filters
    return visit.page(
        "work/bulk.html",
        here="bulk",
        asking=asking,
        bars=score_bars(bulk.histogram(filters), filters.low, filters.high),
        chart={"width": WIDTH, "height": HEIGHT},
        preview=bulk.preview(visit.user, filters) if "low" in visit.query else None,
        latest=bulk.latest(),
    )


@require_role(Role.LEAD)
def bulk(visit: Visit) -> Response:
    """Decide on what the preview showed."""
    asking = read_asking(visit.form.fields)
    outcome, reason = read_outcome(visit.form.get("ruling"))
    newest, seen = number_of(visit.form.get("newest")), visit.form.get("seen")
    if newest is None or not seen:
        raise InvalidRuling("Look at the preview first.", where="newest")
    made = visit.desk.bulk.apply(visit.user, asking.filters, newest, outcome, reason, seen)
    told = Flash("decided", str(made.id))
    return visit.go("/bulk", {"queue": asking.filters.queue}, told)


@require_role(Role.LEAD)
def bulk_undo(visit: Visit) -> Response:
    """Take back what was decided at once."""
    visit.desk.bulk.undo(visit.user, visit.number)
    return visit.go("/bulk")
