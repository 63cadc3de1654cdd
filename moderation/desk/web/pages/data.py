"""Comments in, decisions out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

from starlette.responses import Response, StreamingResponse

from moderation.desk.web.asking import read_asking
from moderation.desk.web.visiting.visit import Visit, require_role
from moderation.desk.words import Queue, Role
from moderation.errors import InvalidInput
from moderation.service.state import moderator_of


@require_role(Role.LEAD)
def export_csv(visit: Visit) -> Response:
    """Give the decisions as CSV."""
    filters = read_asking(visit.query, Queue.DECIDED).filters
    return _file("decisions.csv", "text/csv", visit.desk.exports.csv(visit.user, filters))


@require_role(Role.LEAD)
def export_jsonl(visit: Visit) -> Response:
    """Give the decisions as JSON Lines."""
    filters = read_asking(visit.query, Queue.DECIDED).filters
    pieces = visit.desk.exports.jsonl(visit.user, filters)
    return _file("decisions.jsonl", "application/jsonl", pieces)


@require_role(Role.LEAD)
def export_labels(visit: Visit) -> Response:
    """Give the decisions as records of the labelled set."""
    lines = visit.desk.labels.export(visit.user)
    return _file("labels.jsonl", "application/jsonl", lines)


@require_role(Role.MODERATOR)
def upload_page(visit: Visit) -> Response:
    """Ask for a file of comments."""
    return visit.page("lead/upload.html", here="upload", done=None)


@require_role(Role.MODERATOR)
def upload(visit: Visit) -> Response:
    """Judge the comments of a file, and keep those that a person should see."""
    name, content = visit.form.files.get("file", ("", b""))
    if not name:
        raise InvalidInput("No file was chosen.", where="file")
    judge = moderator_of(visit.request).judge
    done = visit.desk.intake.upload(visit.user, name, content, judge)
    return visit.page("lead/upload.html", here="upload", done=done)


def _file(name: str, kind: str, pieces: Iterator[str]) -> Response:
    # The first piece is asked for here, so that what is refused is refused with its own status.
    first = next(pieces, "")
    day = datetime.now(UTC).date().isoformat()
    return StreamingResponse(
        (piece.encode() for piece in chain([first], pieces)),
        media_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{day}-{name}"'},
    )
