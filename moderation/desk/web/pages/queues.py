"""The queues."""

from starlette.responses import Response

from moderation.charts import HEIGHT, WIDTH, score_bars
from moderation.desk.errors import InvalidRuling, NoSuchThing
from moderation.desk.types import Queue, Role
from moderation.desk.web.forms import read_outcome
from moderation.desk.web.query import Asking, number_of, read_asking
from moderation.desk.web.request import Flash, Visit, require_role
from moderation.text.display import inert

# FOLDED bulk: Many comments at once, by score.


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


LINES = 50
MAX_CHARACTERS = 300
CHOICES = ("page", "source", "target", "community")
"""Filters that offer what there is."""


@require_role(Role.READER)
def first(visit: Visit) -> Response:
    """Show what waits for people."""
    return visit.go(f"/queues/{Queue.REVIEW}")


@require_role(Role.READER)
def queue(visit: Visit) -> Response:
    """List a queue."""
    name = visit.request.path_params["queue"]
    if name not in set(Queue):
        raise NoSuchThing("There is no such queue.")
    asking = read_asking(visit.query, Queue(name))
    queues = visit.desk.queue
    return visit.page(
        "work/queue.html",
        asking=asking,
        here=f"queue.{name}",
        lines=queues.lines(asking.filters, asking.sort, visit.query.get("more"), LINES),
        counts=queues.counts(),
        found=queues.count(asking.filters) if asking.narrowed else None,
        choices={name: _plain(queues.choices(name)) for name in CHOICES},
    )


def _plain(names: list[str]) -> list[str]:
    """Return those that can be offered as they are: a browser draws the list itself."""
    return [name for name in names if inert(name, MAX_CHARACTERS) == name]


@require_role(Role.MODERATOR)
def work(visit: Visit) -> Response:
    """Give the next comment of a queue."""
    return go_on(visit, read_asking(visit.form.fields))


def go_on(visit: Visit, asking: Asking) -> Response:
    """Go to the next comment, or back to the list when there is none."""
    found = visit.desk.queue.next(visit.user, asking.filters, asking.sort, asking.skip)
    if found is None:
        path, query = f"/queues/{asking.filters.queue}", asking.query(queue=None)
        return visit.go(path, query, Flash("done"))
    return visit.go(f"/comments/{found.id}", asking.query())
