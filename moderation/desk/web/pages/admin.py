"""Who works at the desk, and what they did."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

from starlette.responses import Response, StreamingResponse

from moderation.desk.errors import OutOfDate
from moderation.desk.types import Queue, Role
from moderation.desk.web.pages.account import HASHING
from moderation.desk.web.query import number_of, page_of, read_asking
from moderation.desk.web.request import Visit, require_role
from moderation.errors import InvalidInput, ModerationError
from moderation.service.api_keys import Scope
from moderation.service.engine import moderator_of
from moderation.service.request import settings_of

# FOLDED data: Comments in, decisions out.


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


ENTRIES = 50


@require_role(Role.ADMIN)
def users_page(visit: Visit) -> Response:
    """List the users."""
    return _users(visit)


@require_role(Role.ADMIN, HASHING)
def users(visit: Visit) -> Response:
    """Add a user, or change one."""
    form, accounts = visit.form, visit.desk.accounts
    name, role = form.get("name"), _role(form.get("role"))
    new = form.fields.get("password") or None
    try:
        match form.get("act"):
            case "add":
                accounts.add(visit.user, name, new or "", role or Role.READER)
            case "change":
                accounts.change(visit.user, name, role=role, password=new)
            case "disable" | "enable" as act:
                accounts.change(visit.user, name, disabled=act == "disable")
    except ModerationError as error:
        return _users(visit, error)
    return visit.go("/users")


@require_role(Role.ADMIN)
def keys_page(visit: Visit) -> Response:
    """List the service's API keys."""
    return _keys(visit)


@require_role(Role.ADMIN)
def keys(visit: Visit) -> Response:
    """Make a key, which the answer shows this once; or revoke one."""
    form = visit.form
    if form.get("act") == "revoke":
        visit.desk.keys.revoke(visit.user, form.get("id"))
        return visit.go("/keys")
    scopes = [scope for scope in Scope if form.get(f"scope.{scope}")]
    if not form.get("name") or not scopes:
        raise InvalidInput("A key needs a name and at least one use.", where="scope")
    try:
        secret, _ = visit.desk.keys.create(
            visit.user, form.get("name"), scopes, token=form.get("token")
        )
    except OutOfDate:
        # The answer was loaded anew; the key that it showed is not known any more.
        return visit.go("/keys")
    # In the answer itself, which no cache keeps: a cookie could travel without encryption.
    return _keys(visit, secret)


@require_role(Role.ADMIN)
def audit_page(visit: Visit) -> Response:
    """Show what was done, latest first."""
    before = number_of(visit.query.get("before", ""))
    entries = visit.desk.audit.read(visit.user, before, ENTRIES)
    more = entries[-1].id if len(entries) == ENTRIES else None
    return visit.page("people/audit.html", here="audit", entries=entries, more=more)


def _keys(visit: Visit, secret: str = "") -> Response:
    keys = visit.desk.keys.all()
    good = [key for key in keys if key.revoked is None]
    revoked = sorted(
        (key for key in keys if key.revoked is not None), key=lambda key: key.created, reverse=True
    )
    return visit.page(
        "people/keys.html",
        here="keys",
        shown=page_of([*good, *revoked], visit.query),
        scopes=list(Scope),
        asked=settings_of(visit.request).asks_for_keys,
        secret=secret,
    )


def _users(visit: Visit, error: ModerationError | None = None) -> Response:
    return visit.page(
        "people/users.html",
        error.status if error else 200,
        here="users",
        shown=page_of(visit.desk.accounts.users(), visit.query),
        error=error,
    )


def _role(given: str) -> Role | None:
    if given and given not in set(Role):
        raise InvalidInput("There is no such role.", where="role")
    return Role(given) if given else None
