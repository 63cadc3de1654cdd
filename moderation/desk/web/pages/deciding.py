"""What people do with one comment."""

from collections.abc import Sequence

from starlette.responses import Response

from moderation.desk.errors import AlreadyDecided, AlreadyUndone, Held, InvalidRuling
from moderation.desk.web.asking import Asking, read_asking
from moderation.desk.web.pages.comments import comment_page
from moderation.desk.web.pages.queues import go_on
from moderation.desk.web.pages.rulings import read_filled, read_ruling
from moderation.desk.web.visiting.told import Flash
from moderation.desk.web.visiting.visit import Visit, require_role
from moderation.desk.words import Role
from moderation.verdict import Span


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
