"""A desk to try: comments, and somebody to sign in as."""

import secrets
from collections.abc import Callable
from importlib import resources
from typing import NamedTuple

from moderation.desk.desk import Desk
from moderation.desk.words import Role
from moderation.verdict import Verdict

NAME = "demo"
FILE = "comments.jsonl"


class Demo(NamedTuple):
    """What was made: comments that wait, and a name and a password to sign in with."""

    waiting: int
    name: str
    password: str


def fill(desk: Desk, judge: Callable[[list[str]], list[Verdict]]) -> Demo:
    """Judge the comments, keep those that the policy holds, and make a lead to decide them.

    Done again, it adds no comment twice, and gives the lead a new password.

    Parameters
    ----------
    desk : Desk
    judge : callable
    """
    content = (resources.files("moderation.desk.demo") / FILE).read_bytes()
    uploaded = desk.intake.upload(None, FILE, content, judge)
    password = secrets.token_urlsafe(12)
    if any(user.name == NAME for user in desk.accounts.users()):
        desk.accounts.change(None, NAME, password=password, disabled=False)
    else:
        desk.accounts.add(None, NAME, password, Role.LEAD)
    return Demo(uploaded.taken, NAME, password)
