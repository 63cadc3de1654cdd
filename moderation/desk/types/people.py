"""Who works at the desk, and what their role lets them do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a person may do; each role may do all that those before it may."""

    READER = "reader"
    """Look."""
    MODERATOR = "moderator"
    """Decide, leave notes, undo their own decisions."""
    LEAD = "lead"
    """Decide many at once, undo anybody's decisions, export, change the policy and the model."""
    ADMIN = "admin"
    """Make and disable users, erase texts, read the audit log."""

    def may(self, needed: "Role") -> bool:
        """Whether a person with this role may do what `needed` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in."""

    id: int
    name: str
    role: Role
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A visit of a person who has signed in.

    Parameters
    ----------
    token : str
        Goes into the cookie, and nowhere else; the database has its hash.
    csrf : str
        Goes into each form; a request without it is refused.
    user : User
    device : str
        Goes into a cookie that outlives the visit, by which the browser is known when somebody
        signs in again; empty where nobody has just signed in.
    """

    token: str
    csrf: str
    user: User
    device: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A line of the audit log; it never holds a comment's text."""

    id: int
    time: datetime
    by: str
    act: str
    subject: str
    details: Mapping[str, object]
