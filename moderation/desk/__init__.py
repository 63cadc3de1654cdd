"""The review desk: comments that wait for people, their decisions, and models trained on these.

`Desk` is the one interface to it, for the web pages and for the commands. `moderation.desk.types`
has the types of arguments and results, `moderation.desk.errors` the errors.

    desk = Desk.open("sqlite:///desk.db")            # or postgresql+psycopg://…
    session = desk.accounts.sign_in("ana", "…")
    comment = desk.queue.next(session.user, Filters())
    desk.decisions.decide(session.user, comment.id, Ruling(Outcome.APPROVE))

The acting person is passed as a `User`; each method that changes something, exports, or reads the
audit log checks that person's role. Lists, counts, single comments and figures take no user: the
caller checks that the person may read. A change is on the disk when its method returns, in one
transaction unless the method's documentation says otherwise. All methods may be called from several
threads and processes at once.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moderation.desk.desk import Desk

__all__ = ["Desk"]


def __getattr__(name: str) -> Any:
    # Imported when it is used: SQLAlchemy takes half a second to import, and most commands, which
    # know the desk's types, open no database.
    if name == "Desk":
        from moderation.desk.desk import Desk  # noqa: PLC0415

        return Desk
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
