"""A desk to try: comments of the labelled set, judged, and a lead to sign in as.

`demo.jsonl` is a file of comments as anybody may upload one: written for this project, with
invented authors.
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
"""What the log says of a user whom a demonstration made."""


class Demo(NamedTuple):
    """What there is now: comments that wait, and a name and a password to sign in with."""

    waiting: int
    name: str
    password: str


def fill(desk: Desk, judge: Callable[[list[str]], list[Verdict]]) -> Demo:
    """Judge the comments, keep those that the policy holds, and make a lead to decide them.

    Done again, it adds no comment twice, and gives the lead whom it made a new password. Somebody
    else who has that lead's name keeps name and password: the lead gets another name.

    Parameters
    ----------
    desk : Desk
    judge : callable
    """
    content = (resources.files("moderation.desk") / FILE).read_bytes()
    desk.intake.upload(None, FILE, content, judge)
    password = secrets.token_urlsafe(12)
    users = {user.name.casefold(): user for user in desk.accounts.users()}
    ours = _made_here(desk)
    name = next(one for one in _names() if one not in users or users[one].id in ours)
    if name in users:
        desk.accounts.change(None, name, password=password, disabled=False)
    else:
        user = desk.accounts.add(None, name, password, Role.LEAD)
        desk.store.write(partial(_say_so, desk, user))
    waiting = sum(
        desk.queue.count(Filters(queue)).number for queue in (Queue.REVIEW, Queue.BLOCKED)
    )
    return Demo(waiting, name, password)


def _names() -> Iterator[str]:
    yield NAME
    yield from (f"{NAME}{number}" for number in count(2))


def _made_here(desk: Desk) -> set[int]:
    with desk.store.reading() as connection:
        said = connection.scalars(sa.select(audit.c.subject).where(audit.c.act == ACT))
        return {int(subject.removeprefix(SUBJECT)) for subject in said}


def _say_so(desk: Desk, user: User, connection: sa.Connection) -> None:
    desk.audit.add(connection, None, ACT, f"{SUBJECT}{user.id}")
