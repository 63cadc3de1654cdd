"""Pages of administration: users, API keys, the audit log and exports."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

from starlette.responses import Response, StreamingResponse

from moderation.charts import HEIGHT, WIDTH, bars
from moderation.desk.accounts.resets import Link
from moderation.desk.errors import OutOfDate
from moderation.desk.types import Queue, Role
from moderation.desk.web.pages.account import HASHING
from moderation.desk.web.query import number_of, page_of, read_range, read_view
from moderation.desk.web.request import DeskRequest, Flash, by_https, require_role
from moderation.errors import InvalidInput, ModerationError
from moderation.service.api_keys import Scope
from moderation.service.request import settings_of

ENTRIES = 50
"""Entries of the audit log on a page."""
DAYS = 28
"""Days of the statistics that are shown if no range is chosen."""


LINKING = {"link": "user_linked", "unlink": "user_unlinked"}
"""The messages of links to the provider, by the act."""
UNTOUCHED = {"user_same", "user_linked"}
"""Messages of changes that end no session."""


@require_role(Role.LEAD)
def export_csv(request: DeskRequest) -> Response:
    """Return the decisions as CSV."""
    filters = read_view(request.query, Queue.DECIDED).filters
    return _file("decisions.csv", "text/csv", request.desk.exports.csv(request.user, filters))


@require_role(Role.LEAD)
def export_jsonl(request: DeskRequest) -> Response:
    """Return the decisions as JSON Lines."""
    filters = read_view(request.query, Queue.DECIDED).filters
    lines = request.desk.exports.jsonl(request.user, filters)
    return _file("decisions.jsonl", "application/jsonl", lines)


@require_role(Role.LEAD)
def export_labels(request: DeskRequest) -> Response:
    """Return the decisions as records of the labelled set."""
    lines = request.desk.labels.export(request.user)
    return _file("labels.jsonl", "application/jsonl", lines)


@require_role(Role.LEAD)
def statistics_page(request: DeskRequest) -> Response:
    """Show the decisions by moderator and day, and what became of appeals."""
    statistics = request.desk.statistics.between(request.user, *read_range(request.query, DAYS))
    per_day = statistics.per_day()
    return request.render(
        "lead/statistics.html",
        here="statistics",
        statistics=statistics,
        width=WIDTH,
        height=HEIGHT,
        days=[
            (day, number, bar)
            for (day, number), bar in zip(
                per_day, bars([number for _, number in per_day]), strict=True
            )
        ],
    )


@require_role(Role.LEAD)
def export_statistics(request: DeskRequest) -> Response:
    """Return the decisions by moderator and day as CSV."""
    lines = request.desk.statistics.csv(request.user, *read_range(request.query, DAYS))
    return _file("statistics.csv", "text/csv", lines)


@require_role(Role.LEAD)
def messages_page(request: DeskRequest) -> Response:
    """List the addresses to which decisions are sent, and the messages that were given up."""
    webhooks = request.desk.webhooks
    return request.render(
        "lead/messages.html", here="messages", webhooks=webhooks.all(), failed=webhooks.failed()
    )


@require_role(Role.LEAD)
def messages(request: DeskRequest) -> Response:
    """Have a message that was given up sent again, or all of them."""
    which = request.form.get("message")
    request.desk.webhooks.send_again(request.user, number_of(which) if which else None)
    return request.redirect("/messages", {}, Flash("sent_again"))


@require_role(Role.ADMIN)
def users_page(request: DeskRequest) -> Response:
    """List the users."""
    return _users(request)


@require_role(Role.ADMIN, HASHING)
def users(request: DeskRequest) -> Response:
    """Add a user, or change one."""
    try:
        if request.form.get("act") == "reset":
            # In the answer itself, as a new key is.
            link = request.desk.resets.make(request.user, request.form.get("name"))
            return _users(request, link=link)
        done = _change_users(request)
    except ModerationError as error:
        return _users(request, error)
    if done and done.subject == request.user.name and done.key not in UNTOUCHED:
        # The change has ended the session of whoever made it.
        return request.redirect("/sign-in", {}, Flash("own_account"))
    return request.redirect("/users", {}, done)


@require_role(Role.ADMIN)
def keys_page(request: DeskRequest) -> Response:
    """List the service's API keys."""
    return _keys(request)


@require_role(Role.ADMIN)
def keys(request: DeskRequest) -> Response:
    """Create a key, which the answer alone shows; or revoke one."""
    form = request.form
    if form.get("act") == "revoke":
        key = request.desk.keys.revoke(request.user, form.get("id"))
        return request.redirect("/keys", {}, Flash("key_revoked", key.name))
    scopes = [scope for scope in Scope if form.get(f"scope.{scope}")]
    if not form.get("name") or not scopes:
        raise InvalidInput("A key needs a name and at least one use.", where="scope")
    try:
        secret, _ = request.desk.keys.create(
            request.user, form.get("name"), scopes, token=form.get("token")
        )
    except OutOfDate:
        # The answer was reloaded; the key that it showed is stored nowhere.
        return request.redirect("/keys")
    # In the answer itself, which no cache keeps: a cookie could travel without encryption.
    return _keys(request, secret)


@require_role(Role.ADMIN)
def audit_page(request: DeskRequest) -> Response:
    """Show the audit log, latest first."""
    before = number_of(request.query.get("before", ""))
    entries = request.desk.audit.read(request.user, before, ENTRIES)
    more = entries[-1].id if len(entries) == ENTRIES else None
    return request.render("people/audit.html", here="audit", entries=entries, more=more)


def _file(name: str, media_type: str, parts: Iterator[str]) -> Response:
    # The first part is computed here, so that a refusal has its own status.
    first = next(parts, "")
    day = datetime.now(UTC).date().isoformat()
    return StreamingResponse(
        (part.encode() for part in chain([first], parts)),
        media_type=f"{media_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{day}-{name}"'},
    )


def _keys(request: DeskRequest, secret: str = "") -> Response:
    keys = request.desk.keys.all()
    valid = [key for key in keys if key.revoked is None]
    revoked = sorted(
        (key for key in keys if key.revoked is not None), key=lambda key: key.created, reverse=True
    )
    return request.render(
        "people/keys.html",
        here="keys",
        shown=page_of([*valid, *revoked], request.query),
        scopes=list(Scope),
        keys_required=settings_of(request.http).asks_for_keys,
        secret=secret,
    )


def _users(
    request: DeskRequest, error: ModerationError | None = None, link: Link | None = None
) -> Response:
    scheme = "https" if by_https(request.http) else "http"
    people = request.desk.identities.all()
    users = request.desk.accounts.users()
    linked = {person.user_id for person in people}
    return request.render(
        "people/users.html",
        error.status if error else 200,
        here="users",
        shown=page_of(users, request.query),
        linked=linked,
        strangers=[person for person in people if person.user_id is None],
        unlinked=[user for user in users if user.id not in linked],
        error=error,
        link=link,
        address=f"{scheme}://{request.http.url.netloc}",
    )


def _change_users(request: DeskRequest) -> Flash | None:
    """Add a user or change one, and return the message that says so."""
    form, accounts = request.form, request.desk.accounts
    name, role = form.get("name"), _role(form.get("role"))
    new = form.fields.get("password") or None
    match form.get("act"):
        case "add":
            added = accounts.add(request.user, name, new or "", role or Role.READER)
            return Flash("user_added", added.name)
        case "change":
            if any(user.name == name and user.role is role for user in accounts.users()):
                role = None
            changed = accounts.change(request.user, name, role=role, password=new).name
            what = {(False, False): "same", (True, False): "role", (False, True): "password"}
            key = what.get((role is not None, new is not None), "changed")
            return Flash(f"user_{key}", changed)
        case "disable" | "enable" as act:
            changed = accounts.change(request.user, name, disabled=act == "disable").name
            return Flash(f"user_{act}d", changed)
        case "no_code" | "link" | "unlink" as act:
            people = request.desk.identities
            if act == "link":
                person = number_of(form.get("person")) or 0
                changed = people.link(request.user, person, name).name
            elif act == "unlink":
                changed = people.unlink(request.user, name).name
            else:
                factor = request.desk.second_factor
                changed = factor.turn_off(request.user, name, form.get("code")).name
            return Flash(LINKING.get(act, "user_no_code"), changed)
    return None


def _role(name: str) -> Role | None:
    if name and name not in set(Role):
        raise InvalidInput("There is no such role.", where="role")
    return Role(name) if name else None
