"""Pages of the queues: the list of a queue, the next comment, and bulk decisions."""

import re
from dataclasses import replace

from starlette.responses import Response

from moderation.charts import HEIGHT, WIDTH, score_bars
from moderation.desk.decisions.notes import MAX_NOTE
from moderation.desk.errors import (
    AlreadyDecided,
    Edited,
    ForOthers,
    Held,
    InvalidRuling,
    NoSuchThing,
    RoleNeeded,
)
from moderation.desk.queue.authors import WAITING
from moderation.desk.types import Queue, Role, Ruling
from moderation.desk.web.forms import read_outcome
from moderation.desk.web.query import QueueView, number_of, read_view
from moderation.desk.web.request import DeskRequest, Flash, require_role
from moderation.desk.web.wellbeing import limits_in_use
from moderation.text.display import inert

LINES = 50
"""Comments on a page of a queue."""
MAX_CHARACTERS = 300
"""Most characters of a filter's value that is offered."""
PICK = "pick."
"""The prefix of the fields of the comments that are chosen in a list."""
WITHOUT = "without."
"""The prefix of the fields of comments that a bulk decision leaves out."""
HARMLESS_TO = 0.5
"""The score up to which approving all is offered first; above, it is set apart from the others."""
IN_BULK = tuple(
    queue for queue in Queue if queue not in {Queue.APPEALED, Queue.DECIDED, Queue.LEADS}
)
"""The queues whose comments can be decided in bulk."""
CHOICES = ("page", "source", "target", "community")
"""Filters that offer the values that occur."""


@require_role(Role.READER)
def front_page(request: DeskRequest) -> Response:
    """Go to the comments that wait for review."""
    return request.redirect(f"/queues/{Queue.REVIEW}")


@require_role(Role.READER)
def queue_page(request: DeskRequest) -> Response:
    """Show the list of a queue."""
    name = request.http.path_params["queue"]
    if name not in set(Queue):
        raise NoSuchThing("There is no such queue.")
    _check_leads(request, Queue(name))
    sections = request.sections
    view = read_view(request.query, Queue(name)).within(sections)
    queues, user = request.desk.queue, request.user
    # Before the list is read: what comes meanwhile counts as new.
    newest = request.desk.live.newest()
    return request.render(
        "work/queue.html",
        view=view,
        here=f"queue.{name}",
        lines=queues.lines(view.filters, view.sort, request.query.get("more"), LINES),
        counts=queues.counts(sections),
        second_waiting=request.desk.second_reviews.waiting(user, sections),
        sections=sections,
        assigned=request.desk.assignments.of(user),
        newest=newest,
        matches=queues.count(view.filters) if view.is_filtered else None,
        in_bulk=IN_BULK,
        choices={name: _harmless(queues.choices(name)) for name in CHOICES},
    )


@require_role(Role.READER)
def author_page(request: DeskRequest) -> Response:
    """Show the comments of one author at a source, or at all sources."""
    filters = read_view(request.query).filters
    if filters.author is None:
        raise NoSuchThing("The address of this page names no author.")
    authors = request.desk.authors
    return request.render(
        "work/author.html",
        author=filters.author,
        source=filters.source,
        standing=authors.standing(filters.author, filters.source),
        lines=authors.lines(filters.author, filters.source, request.query.get("more"), LINES),
        waiting=WAITING if request.user.role.may(Role.LEAD) else WAITING - {Queue.LEADS},
    )


@require_role(Role.MODERATOR)
def next_comment(request: DeskRequest) -> Response:
    """Go to the next comment of a queue."""
    view = read_view(request.form.fields)
    _check_leads(request, view.filters.queue)
    return to_next_comment(request, view)


def to_next_comment(request: DeskRequest, view: QueueView) -> Response:
    """Return a redirection to the next comment, or to the list where there is none."""
    view = view.within(request.sections)
    limits = limits_in_use(request.http)
    comment, spared = request.desk.queue.next_sparing(
        request.user, view.filters, view.sort, view.skip, limits
    )
    if comment is None:
        path, query = f"/queues/{view.filters.queue}", view.query(queue=None)
        return request.redirect(path, query, Flash("done"))
    message = Flash("spared") if spared else None
    return request.redirect(f"/comments/{comment.id}", view.query(), message)


@require_role(Role.MODERATOR)
def choose_sections(request: DeskRequest) -> Response:
    """Show the comments of all sections in the queues, or of the person's own alone."""
    if request.session is not None:
        everything = request.form.get("show") == "all"
        request.desk.assignments.show_all(request.session, everything=everything)
    queue = request.form.get("queue")
    return request.redirect(f"/queues/{queue if queue in set(Queue) else Queue.REVIEW}")


@require_role(Role.MODERATOR)
def decide_picked(request: DeskRequest) -> Response:
    """Decide on the chosen comments of a list, each by a decision of its own."""
    view = read_view(request.form.fields)
    outcome, reason = read_outcome(request.form.get("ruling"))
    numbers = [number_of(name) for name in request.form.starting(PICK)]
    if not numbers:
        raise InvalidRuling("No comment is chosen.", where="pick")
    missed = 0
    for number in numbers:
        try:
            ruling = Ruling(outcome, reason)
            request.desk.decisions.decide(request.user, number or 0, ruling)
        except (AlreadyDecided, Edited, ForOthers, Held, NoSuchThing):
            missed += 1
    path, query = f"/queues/{view.filters.queue}", view.query(queue=None)
    if request.form.get("back") == "author":
        path, query = "/authors", view.query(queue=None, sort=None)
    return request.redirect(path, query, Flash("missed" if missed else "picked"))


@require_role(Role.LEAD)
def bulk_page(request: DeskRequest) -> Response:
    """Show the numbers of comments by score, and the preview of a bulk decision."""
    view = read_view(request.query)
    if view.filters.queue not in IN_BULK:
        view = read_view(request.query, Queue.REVIEW)
    bulk, filters = request.desk.bulk, view.filters
    return request.render(
        "work/bulk.html",
        here="bulk",
        view=view,
        bars=score_bars(bulk.histogram(filters), filters.low, filters.high),
        chart={"width": WIDTH, "height": HEIGHT},
        preview=bulk.preview(request.user, filters) if "low" in request.query else None,
        latest=bulk.latest(),
        approves_first=filters.high <= HARMLESS_TO,
        in_bulk=IN_BULK,
        most_note=MAX_NOTE,
    )


@require_role(Role.LEAD)
def bulk(request: DeskRequest) -> Response:
    """Decide on the comments of the preview."""
    view = read_view(request.form.fields)
    outcome, reason = read_outcome(request.form.get("ruling"))
    newest, seen = number_of(request.form.get("newest")), request.form.get("seen")
    if newest is None or not seen:
        raise InvalidRuling("Look at the preview first.", where="newest")
    written = re.findall(r"\w+", request.form.get("without"))
    numbers = map(number_of, (*request.form.starting(WITHOUT), *written))
    without = tuple(number for number in numbers if number is not None)
    filters = replace(view.filters, without=without)
    decision = request.desk.bulk.apply(
        request.user, filters, newest, outcome, reason, seen, request.form.get("note")
    )
    message = Flash("decided", str(decision.id))
    return request.redirect("/bulk", {"queue": view.filters.queue}, message)


@require_role(Role.LEAD)
def bulk_undo(request: DeskRequest) -> Response:
    """Undo a bulk decision."""
    request.desk.bulk.undo(request.user, request.number)
    return request.redirect("/bulk")


def _check_leads(request: DeskRequest, queue: Queue) -> None:
    if queue is Queue.LEADS and not request.user.role.may(Role.LEAD):
        raise RoleNeeded(Role.LEAD)


def _harmless(names: list[str]) -> list[str]:
    """Return the names that can be shown as they are: a browser draws the list itself."""
    return [name for name in names if inert(name, MAX_CHARACTERS) == name]
