"""A demonstration of the desk: sample comments, people of each role, and some of their decisions.

The comments of `demo.jsonl`, a file as users upload them, were written for this project; their
authors are invented.
"""

import json
import secrets
from collections.abc import Callable
from functools import partial
from importlib import resources
from itertools import count
from typing import Any, NamedTuple

import sqlalchemy as sa

from moderation.database.tables import audit, comments
from moderation.desk.decisions.events import Events
from moderation.desk.desk import Desk
from moderation.desk.site.comments import SiteComments
from moderation.desk.types import (
    Filters,
    Outcome,
    Queue,
    RejectionReason,
    Role,
    Ruling,
    Submission,
    User,
)
from moderation.errors import InvalidInput
from moderation.verdict import Verdict

FILE = "demo.jsonl"
SITE = "demo"
"""The source of the comments that a site sends by id: only these can be flagged and appealed."""
ACT, SUBJECT = "demo", "user number "
"""The act and the subject in the audit log of a user whom the demonstration made."""
PEOPLE = {"Ada": Role.ADMIN, "Lea": Role.LEAD, "Mo": Role.MODERATOR, "Nia": Role.MODERATOR}
DECIDED: dict[str, dict[str, RejectionReason | None]] = {
    "Ada": {"demo-47": RejectionReason.THREAT},
    "Lea": {"demo-33": RejectionReason.ETHNIC_HOSTILITY, "demo-54": None},
    "Mo": {"demo-6": RejectionReason.ETHNIC_HOSTILITY, "demo-42": None, "demo-53": None},
    "Nia": {
        "demo-5": RejectionReason.THREAT,
        "demo-68": None,
        "demo-80": RejectionReason.INSULT,
    },
}
"""The decisions by person and comment: the reason of a rejection, None for an approval."""
UNDONE = ("Mo", "demo-24", RejectionReason.PERSONAL_DATA)
"""A decision that is taken back, since it names the wrong reason."""
APPEALED = ("Mo", "demo-27", RejectionReason.THREAT)
STATEMENT = "This was about the football match: we led by three goals at half time."
FLAGGED = ("Nia", "demo-75")
FLAG = "He insults the doctor."


class DemoUser(NamedTuple):
    """A name and a password to sign in with, and the role of whoever does."""

    name: str
    role: Role
    password: str


class Demo(NamedTuple):
    """The number of comments that wait, and the people who can sign in, the admin first."""

    waiting: int
    users: tuple[DemoUser, ...]


Judge = Callable[[list[str]], list[Verdict]]


def fill(desk: Desk, judge: Judge) -> Demo:
    """Keep the comments that the policy holds, and let people of each role decide on some.

    Called again, it adds no comment and no decision twice, and gives its own people new passwords.
    A user of the same name whom it did not make stays as they are: its own gets another name.

    Parameters
    ----------
    desk : Desk
    judge : callable
        Returns the verdicts on a list of texts.

    Raises
    ------
    InvalidInput
        If the database has comments that are not the demonstration's.
    """
    own = _demo_users(desk)
    if not own and _has_comments(desk):
        raise InvalidInput(
            "This database has comments already; sample comments do not belong among them.",
            where="--database",
            remedy="Leave out --database for a database of the demonstration's own, or name an "
            "empty one.",
        )
    records = [
        json.loads(line)
        for line in (resources.files("moderation.desk") / FILE).read_text("utf-8").splitlines()
    ]
    by_site = {record["id"]: record for record in records if record["id"] in _OF_SITE}
    uploaded = [record for record in records if record["id"] not in by_site]
    content = "".join(f"{json.dumps(record)}\n" for record in uploaded)
    desk.intake.upload(None, FILE, content.encode(), judge)
    people: dict[str, User] = {}
    users: list[DemoUser] = []
    for name, role in PEOPLE.items():
        password = secrets.token_urlsafe(12)
        people[name] = _make_user(desk, name, role, password, own)
        users.append(DemoUser(people[name].name, role, password))
    if not own:
        _decide(desk, people)
        _appeal(desk, people, by_site, judge)
    waiting = sum(
        desk.queue.count(Filters(queue)).number for queue in (Queue.REVIEW, Queue.BLOCKED)
    )
    return Demo(waiting, tuple(users))


_OF_SITE = (APPEALED[1], FLAGGED[1])


def _has_comments(desk: Desk) -> bool:
    with desk.store.reading() as connection:
        return connection.scalar(sa.select(comments.c.id).limit(1)) is not None


def _make_user(desk: Desk, base: str, role: Role, password: str, own: set[int]) -> User:
    """Return a user of the demonstration's own with a password, made anew if missing."""
    users = {user.name.casefold(): user for user in desk.accounts.users()}
    names = (base if number == 1 else f"{base}{number}" for number in count(1))
    name = next(
        name for name in names if name.casefold() not in users or users[name.casefold()].id in own
    )
    if name.casefold() in users:
        return desk.accounts.change(None, name, role=role, password=password, disabled=False)
    user = desk.accounts.add(None, name, password, role)
    desk.store.write(partial(_log_user, desk, user))
    return user


def _demo_users(desk: Desk) -> set[int]:
    """Return the numbers of the users whom a demonstration made."""
    with desk.store.reading() as connection:
        subjects = connection.scalars(sa.select(audit.c.subject).where(audit.c.act == ACT))
        return {int(subject.removeprefix(SUBJECT)) for subject in subjects}


def _log_user(desk: Desk, user: User, connection: sa.Connection) -> None:
    desk.audit.add(connection, None, ACT, f"{SUBJECT}{user.id}")


def _ruling(reason: RejectionReason | None) -> Ruling:
    return Ruling(Outcome.REJECT, reason) if reason else Ruling(Outcome.APPROVE)


def _decide(desk: Desk, people: dict[str, User]) -> None:
    """Make the decisions on those of the comments that the policy held."""
    with desk.store.reading() as connection:
        chosen = sa.select(comments.c.external_id, comments.c.id)
        numbers: dict[str, int] = {row.external_id: row.id for row in connection.execute(chosen)}
    for name, rulings in DECIDED.items():
        for which, reason in rulings.items():
            if which in numbers:
                desk.decisions.decide(people[name], numbers[which], _ruling(reason))
    name, which, reason = UNDONE
    if which in numbers:
        made = desk.decisions.decide(people[name], numbers[which], _ruling(reason))
        desk.decisions.undo(people[name], made.id)


def _appeal(
    desk: Desk, people: dict[str, User], records: dict[str, dict[str, Any]], judge: Judge
) -> None:
    """Have an author ask again after a rejection, and a reader flag what was approved."""
    site = SiteComments(desk.store, Events(desk.store))

    def send(which: str) -> int:
        record = {name: value for name, value in records[which].items() if name != "flags"}
        text, external_id = record.pop("text"), record.pop("id")
        (verdict,) = judge([text])
        sent = Submission(text, verdict, SITE, external_id=external_id, of_site=True, **record)
        return site.put(sent).number

    name, which, reason = APPEALED
    desk.decisions.decide(people[name], send(which), _ruling(reason))
    site.appeal(SITE, which, STATEMENT)
    name, which = FLAGGED
    desk.decisions.decide(people[name], send(which), _ruling(None))
    site.flag(SITE, which, "reader 7", FLAG)
