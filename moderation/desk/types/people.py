"""People at the desk: users, their roles and sessions, and entries of the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """A user's role, which includes the rights of the roles before it."""

    READER = "reader"
    """Read comments, decisions and figures."""
    MODERATOR = "moderator"
    """Decide, add notes, undo their own decisions."""
    LEAD = "lead"
    """Decide in bulk, undo others' decisions, export, change the policy and the model."""
    ADMIN = "admin"
    """Add and disable users, erase texts, read the audit log."""

    def may(self, needed: "Role") -> bool:
        """Tell whether this role includes the rights of `needed`."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class User:
    """A user of the desk."""

    id: int
    name: str
    role: Role
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """The session of a user who has signed in.

    Parameters
    ----------
    token : str
        Sent in the cookie, and kept nowhere else; the database has its hash.
    csrf : str
        Sent in each form; a request without it is refused.
    user : User
    device : str
        Sent in a cookie that outlives the session and makes the browser known at the next sign-in;
        empty except in the session that `Accounts.sign_in` returns.
    """

    token: str
    csrf: str
    user: User
    device: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry of the audit log, which never holds a comment's text."""

    id: int
    time: datetime
    by: str
    act: str
    subject: str
    details: Mapping[str, object]
