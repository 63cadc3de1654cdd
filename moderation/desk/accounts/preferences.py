"""Each person's own preferences: blurred texts, and the reminder to pause."""

from moderation.database.store import Store
from moderation.database.tables import users
from moderation.desk.accounts.accounts import check_role
from moderation.desk.types import Preferences, Role, User
from moderation.errors import InvalidInput

MAX_MINUTES = 480


class UserPreferences:
    """The preferences of users; each changes only their own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def save(self, user: User, preferences: Preferences) -> None:
        """Keep a user's preferences; they hold from the next page on.

        Raises
        ------
        InvalidInput
            If the minutes are out of range.
        """
        check_role(user, Role.READER)
        if not 0 <= preferences.pause_minutes <= MAX_MINUTES:
            raise InvalidInput(
                "The reminder comes after 1 to %(most)s minutes, or never (0).",
                where="pause_minutes",
                values={"most": MAX_MINUTES},
            )
        changed = users.update().where(users.c.id == user.id)
        values = {"blur": preferences.blur.value, "pause_minutes": preferences.pause_minutes}
        self._store.write(
            lambda connection: connection.execute(changed.values(values)), idempotent=True
        )
