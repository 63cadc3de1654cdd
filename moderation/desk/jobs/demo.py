"""A demonstration of the desk: sample comments, and a lead to sign in as.

The comments of `demo.jsonl`, a file as users upload them, were written for this project; their
authors are invented.
"""

import secrets
from collections.abc import Callable, Iterator
from functools import partial
from importlib import resources
from itertools import count
from typing import NamedTuple

import sqlalchemy as sa

from moderation.database.tables import audit
from moderation.desk.desk import Desk
from moderation.desk.types import Filters, Queue, Role, User
from moderation.verdict import Verdict

NAME = "demo"
FILE = "demo.jsonl"
ACT, SUBJECT = "demo", "user number "
"""The act and the subject in the audit log of a user whom the demonstration made."""


class Demo(NamedTuple):
    """The number of comments that wait, and a name and a password to sign in with."""

    waiting: int
    name: str
    password: str


def fill(desk: Desk, judge: Callable[[list[str]], list[Verdict]]) -> Demo:
    """Judge the comments, keep those that the policy holds, and make a lead to decide on them.

    Called again, it adds no comment twice, and gives its own lead a new password. A user of the
    same name whom it did not make stays as they are: the lead gets another name.

    Parameters
    ----------
    desk : Desk
    judge : callable
        Returns the verdicts on a list of texts.
    """
    content = (resources.files("moderation.desk") / FILE).read_bytes()
    desk.intake.upload(None, FILE, content, judge)
    password = secrets.token_urlsafe(12)
    users = {user.name.casefold(): user for user in desk.accounts.users()}
    own = _demo_users(desk)
    name = next(name for name in _names() if name not in users or users[name].id in own)
    if name in users:
        desk.accounts.change(None, name, password=password, disabled=False)
    else:
        user = desk.accounts.add(None, name, password, Role.LEAD)
        desk.store.write(partial(_log_user, desk, user))
    waiting = sum(
        desk.queue.count(Filters(queue)).number for queue in (Queue.REVIEW, Queue.BLOCKED)
    )
    return Demo(waiting, name, password)


def _names() -> Iterator[str]:
    yield NAME
    yield from (f"{NAME}{number}" for number in count(2))


def _demo_users(desk: Desk) -> set[int]:
    """Return the numbers of the users whom a demonstration made."""
    with desk.store.reading() as connection:
        subjects = connection.scalars(sa.select(audit.c.subject).where(audit.c.act == ACT))
        return {int(subject.removeprefix(SUBJECT)) for subject in subjects}


def _log_user(desk: Desk, user: User, connection: sa.Connection) -> None:
    desk.audit.add(connection, None, ACT, f"{SUBJECT}{user.id}")
