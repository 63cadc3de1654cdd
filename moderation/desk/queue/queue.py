"""The queues."""

from collections.abc import Collection

from moderation.desk.store.store import Store
from moderation.desk.words import (
    Comment,
    Count,
    Filters,
    History,
    Lines,
    Queue,
    Similar,
    Sort,
    User,
)


class Queues:
    """What waits for people, and what has been decided."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def next(
        self,
        user: User,
        filters: Filters,
        sort: Sort = Sort.WORST,
        skip: Collection[int] = (),
    ) -> Comment | None:
        """Give the first comment of a queue that nobody holds, and hold it for `user`.

        What `user` holds already and is not in `skip` is given first. Held for ten minutes.
        """
        raise NotImplementedError

    def hold(self, user: User, comment_id: int) -> Comment:
        """Hold one comment for `user`; raises Held or AlreadyDecided."""
        raise NotImplementedError

    def release(self, user: User, comment_id: int) -> None:
        """Let go of a comment."""
        raise NotImplementedError

    def lines(
        self,
        filters: Filters,
        sort: Sort = Sort.WORST,
        more: str | None = None,
        limit: int = 50,
    ) -> Lines:
        """Return a page of a queue; `more` is what the page before gave."""
        raise NotImplementedError

    def count(self, filters: Filters) -> Count:
        """Count the comments of a queue that pass the filters."""
        raise NotImplementedError

    def counts(self) -> dict[Queue, Count]:
        """Count the comments of each queue."""
        raise NotImplementedError

    def get(self, comment_id: int) -> Comment:
        """Return a comment with its notes and decisions; raises NoSuchThing."""
        raise NotImplementedError

    def history(self, comment: Comment, limit: int = 5) -> History:
        """Tell what became of other comments by the same author."""
        raise NotImplementedError

    def similar(self, comment: Comment, limit: int = 5) -> list[Similar]:
        """Return decided comments that read much alike, most alike first."""
        raise NotImplementedError

    def choices(self, field: str, limit: int = 100) -> list[str]:
        """Return the commonest values of ``page``, ``source``, ``target`` or ``community``."""
        raise NotImplementedError
