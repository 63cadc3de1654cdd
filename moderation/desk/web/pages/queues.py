"""The queues."""

from starlette.responses import Response

from moderation.desk.errors import NoSuchThing
from moderation.desk.web.asking import Asking, read_asking
from moderation.desk.web.visiting.told import Flash
from moderation.desk.web.visiting.visit import Visit, require_role
from moderation.desk.words import Queue, Role
from moderation.text.display import inert

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
