"""Users, their passwords, and their sessions."""

from moderation.desk.accounts.audit import Audit
from moderation.desk.store.store import Store
from moderation.desk.words import Role, Session, User


class Accounts:
    """Who may sign in."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def sign_in(self, name: str, password: str) -> Session:
        """Begin a session; raises WrongPassword or TooManyTries."""
        raise NotImplementedError

    def session(self, token: str) -> Session:
        """Return the session of a cookie; raises NotSignedIn when it has ended."""
        raise NotImplementedError

    def sign_out(self, token: str) -> None:
        """End a session, if there is one."""
        raise NotImplementedError

    def users(self) -> list[User]:
        """Return all users, by name."""
        raise NotImplementedError

    def add(self, by: User | None, name: str, password: str, role: Role) -> User:
        """Add a user; `by` is an admin, or None from the command line."""
        raise NotImplementedError

    def change(
        self,
        by: User | None,
        name: str,
        *,
        role: Role | None = None,
        password: str | None = None,
        disabled: bool | None = None,
    ) -> User:
        """Change a user; all but one's own password need an admin, and it ends their sessions."""
        raise NotImplementedError
