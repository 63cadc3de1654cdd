"""Who works at the desk, and what they did."""

from starlette.responses import Response

from moderation.desk.errors import OutOfDate
from moderation.desk.web.asking import number_of
from moderation.desk.web.pages.signing import HASHING
from moderation.desk.web.showing.paging import page_of
from moderation.desk.web.visiting.visit import Visit, require_role
from moderation.desk.words import Role
from moderation.errors import InvalidInput, ModerationError
from moderation.service.access.keys import Scope
from moderation.service.state import settings_of

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
