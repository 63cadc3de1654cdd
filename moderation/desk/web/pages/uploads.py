"""Pages of uploads: the form, the list, and the progress and outcome of each."""

from starlette.responses import Response

from moderation.desk.intake.uploads import MAX_UPLOADED, SUFFIXES
from moderation.desk.types import Role
from moderation.desk.web.request import DeskRequest, Flash, require_role
from moderation.errors import InvalidInput, ModerationError


@require_role(Role.MODERATOR)
def upload_page(request: DeskRequest) -> Response:
    """Ask for a file of comments, and list the latest."""
    return _page(request)


@require_role(Role.MODERATOR)
def upload(request: DeskRequest) -> Response:
    """Store a file, and go to the page of its progress."""
    name, content = request.form.files.get("file", ("", b""))
    if not name:
        raise InvalidInput("No file was chosen.", where="file")
    try:
        number = request.desk.uploads.add(request.user, name, content, request.form.get("sheet"))
    except InvalidInput as error:
        return _page(request, error)
    return request.redirect(f"/uploads/{number}")


@require_role(Role.MODERATOR)
def show(request: DeskRequest) -> Response:
    """Show the progress of an upload, or its outcome."""
    found = request.desk.uploads.get(request.user, request.number)
    return request.render("lead/uploaded.html", here="upload", upload=found)


@require_role(Role.MODERATOR)
def cancel(request: DeskRequest) -> Response:
    """Take in no more of a file."""
    request.desk.uploads.cancel(request.user, request.number)
    return request.redirect(f"/uploads/{request.number}", {}, Flash("upload_cancelled"))


def _page(request: DeskRequest, error: ModerationError | None = None) -> Response:
    return request.render(
        "lead/upload.html",
        error.status if error else 200,
        here="upload",
        most=MAX_UPLOADED,
        suffixes=SUFFIXES,
        uploads=request.desk.uploads.latest(request.user),
        error=error,
    )
