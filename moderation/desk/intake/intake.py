"""Comments come in."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from moderation.desk.store.store import Store
from moderation.desk.words import Sent, User
from moderation.verdict import Verdict


class Uploaded(NamedTuple):
    """What came of an upload: comments taken, let pass by the policy, and known already."""

    taken: int
    allowed: int
    known: int


class Intake:
    """Keeps what a policy sends to people."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, comments: Sequence[Sent]) -> list[int]:
        """Keep what is not allowed, or flagged; return the comments' numbers.

        The same comment (by its `external_id`, else by text, author, page and source) is kept once.
        """
        raise NotImplementedError

    def upload(
        self,
        user: User,
        name: str,
        content: bytes,
        judge: Callable[[list[str]], list[Verdict]],
    ) -> Uploaded:
        """Judge and keep the comments of a file; moderators only.

        ``.csv`` with a column ``text``, ``.jsonl`` with a field ``text`` (both also ``author``,
        ``page``, ``title``, ``parent``, ``article``, ``id``, ``flags``, ``time``), or ``.txt``, a
        comment a line. Raises InvalidInput, naming the line.
        """
        raise NotImplementedError
