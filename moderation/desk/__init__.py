"""The review desk: comments that wait for people, what people decide, and what is learned from it.

`Desk` is the one door to it, for the web pages and for the commands. `moderation.desk.types` has
the types that go in and out, `moderation.desk.errors` what is refused.

    desk = Desk.open("sqlite:///desk.db")            # or postgresql+psycopg://…
    session = desk.accounts.sign_in("ana", "…")
    comment = desk.queue.next(session.user, Filters())
    desk.decisions.decide(session.user, comment.id, Ruling(Outcome.APPROVE))

Whoever acts is passed as a `User`, and what changes something, exports or reads the log checks that
person's role. Lists, counts, single comments and figures take nobody: who may look is for the door
to say, and its pages ask for a reader. What changes something is on the disk when it returns, in
one transaction, where it does not say that it goes by parts. All may be called from several threads
and processes at once.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moderation.desk.desk import Desk

__all__ = ["Desk"]


def __getattr__(name: str) -> Any:
    # The commands know the desk's words before they open it, and most commands never do: what
    # speaks to databases takes half a second to import.
    if name == "Desk":
        from moderation.desk.desk import Desk  # noqa: PLC0415

        return Desk
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
