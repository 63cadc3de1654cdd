"""Comments, as they come in and as the desk shows them."""

from dataclasses import dataclass
from datetime import datetime

from moderation.desk.words.rulings import Decision, Note
from moderation.taxonomy import Label
from moderation.verdict import Action, Verdict

EXCERPT = 300
"""Most characters of a text in a list."""


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment in a list: all but its whole text and its surroundings.

    Parameters
    ----------
    excerpt : str
        The text's first characters, at most `EXCERPT`; blank where the text was erased.
    length : int
        Characters of the whole text.
    worst : float
        The highest score that speaks against it, and `attribute` has it.
    uncertainty : float
        How near to even the chance was that it is harmful: 1 at one half, 0 at 0 or 1.
    held_by : str, optional
        Who has it on their desk now.
    decision : Decision, optional
        The one that holds.
    """

    id: int
    excerpt: str
    length: int
    label: Label
    action: Action
    attribute: str
    worst: float
    uncertainty: float
    received: datetime
    source: str
    page: str | None
    title: str | None
    author: str | None
    flags: int
    times: int
    """How often the same comment came."""
    targets: tuple[str, ...]
    erased: bool
    held_by: str | None = None
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with all that is known of it.

    Parameters
    ----------
    line : CommentRow
        What a list shows of it.
    text : str or None
        None once erased, and so are `parent`, `article` and the author's name.
    verdict : Verdict
    notes : tuple of Note
        Oldest first.
    decisions : tuple of Decision
        Oldest first, undone ones among them.
    """

    line: CommentRow
    text: str | None
    verdict: Verdict
    external_id: str | None
    community: str | None
    parent: str | None
    article: str | None
    notes: tuple[Note, ...] = ()
    decisions: tuple[Decision, ...] = ()

    @property
    def id(self) -> int:
        """Its number."""
        return self.line.id


@dataclass(frozen=True, slots=True)
class CommentPage:
    """One page of a queue; `more`, where there is more, is given to ask for the next page."""

    lines: tuple[CommentRow, ...]
    more: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What became of an author's other comments; `latest` first."""

    approved: int
    rejected: int
    waiting: int
    latest: tuple[CommentRow, ...]


@dataclass(frozen=True, slots=True)
class Similar:
    """A decided comment that reads much like another; `share` of their words in common."""

    line: CommentRow
    share: float
