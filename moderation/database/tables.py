"""The tables as the code sees them, the type of their times, and entries of the audit log.

The scripts of `migrations` make the tables. Long or personal content has a table of its own,
`texts`: lists and counts do not read past it, and erasing a comment's text is deleting a row.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from moderation.taxonomy import ATTRIBUTE_NAMES

COMMAND = "(command line)"
"""The name in the audit log for a command, for which nobody signs in."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, tzinfo=UTC)
_SECOND = 1_000_000


class Moment(sa.TypeDecorator[datetime]):
    """A time in UTC, as whole microseconds since 1970, since SQLite has no type for times."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy passes it
        """Return the number of a time, which must have a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs a zone")
        since = value - EPOCH
        return (since.days * 86_400 + since.seconds) * _SECOND + since.microseconds

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # likewise
        """Return the time of a number."""
        if value is None:
            return None
        try:
            return EPOCH + timedelta(microseconds=value)
        except OverflowError:
            # Outside the calendar; a page that lists it must be readable all the same.
            return LAST if value > 0 else FIRST


def now() -> datetime:
    """Return the current time, in UTC."""
    return datetime.now(UTC)


Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""The type of row numbers; SQLite counts up an INTEGER primary key only."""

UNJUDGED = "unjudged"
"""The `label` of a comment that no model judged. Its scores and uncertainty are 0, and not null: a
queue is sorted by them, and goes on from a comment's score."""

metadata = sa.MetaData()


def id_column() -> sa.Column[int]:
    """Return the column of a table's row numbers."""
    return sa.Column("id", Id, primary_key=True)


def foreign_key(table: str, name: str, *, nullable: bool = False) -> sa.Column[int]:
    """Return a column with the row number of another table."""
    return sa.Column(name, Id, sa.ForeignKey(f"{table}.id"), nullable=nullable)


users = sa.Table(
    "users",
    metadata,
    id_column(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("folded", sa.Text, nullable=False, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password", sa.Text, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("created", Moment, nullable=False),
    # Stands for the name outside of the desk.
    sa.Column("pseudonym", sa.Text, nullable=False),
    # Shared with the app that shows the user codes; null if signing in needs none.
    sa.Column("code_secret", sa.Text),
    # The half minute of the last code that was used: none is used twice.
    sa.Column("code_step", sa.BigInteger, nullable=False, server_default="0"),
    # The user's own preferences.
    sa.Column("blur", sa.Text, nullable=False, server_default="never"),
    sa.Column("pause_minutes", sa.Integer, nullable=False, server_default="50"),
)

tries = sa.Table(
    "tries",
    metadata,
    # A hash of a name, which may be no user's, and of a caller; for all callers, of the name alone.
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("of_name", sa.Text),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("latest", Moment, nullable=False),
    sa.Column("wait_until", Moment),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    foreign_key("users", "user_id"),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("seen", Moment, nullable=False),
    # Whether the queues show comments of other sections than the user's too.
    sa.Column("all_sections", sa.Boolean, nullable=False, server_default=sa.false()),
)

devices = sa.Table(
    "devices",
    metadata,
    # The hash of a browser's token; several people may have signed in with that browser.
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("made", Moment, nullable=False),
)

resets = sa.Table(
    "resets",
    metadata,
    # The hash of a link's token; a link that was used is gone.
    sa.Column("hash", sa.Text, primary_key=True),
    foreign_key("users", "user_id"),
    sa.Column("made", Moment, nullable=False),
)

comments = sa.Table(
    "comments",
    metadata,
    id_column(),
    # Both are hashes of the text, and null once it is erased.
    sa.Column("key", sa.Text, unique=True),
    sa.Column("text_key", sa.Text),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    # A label, or `UNJUDGED`.
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("attribute", sa.Text, nullable=False),
    sa.Column("worst", sa.Float, nullable=False),
    sa.Column("uncertainty", sa.Float, nullable=False),
    *(sa.Column(f"score_{name}", sa.Float, nullable=False) for name in ATTRIBUTE_NAMES),
    sa.Column("targets", sa.JSON, nullable=False),
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("language", sa.Text),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text),
    # The hash of source and id, where these name one comment for ever; its texts are revisions.
    sa.Column("site_key", sa.Text),
    sa.Column("revision", sa.Integer, nullable=False),
    # Whether no later revision has come.
    sa.Column("latest", sa.Boolean, nullable=False),
    # When its site withdrew it.
    sa.Column("withdrawn", Moment),
    sa.Column("community", sa.Text),
    sa.Column("page", sa.Text),
    sa.Column("title", sa.Text),
    sa.Column("author", sa.Text),
    sa.Column("length", sa.Integer, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("flags", sa.Integer, nullable=False),
    # Answers to it, as far as its site tells.
    sa.Column("replies", sa.Integer, nullable=False, server_default="0"),
    # The time at which it was written, if known, else that of `taken`, when it came in.
    sa.Column("received", Moment, nullable=False),
    sa.Column("taken", Moment, nullable=False),
    # No foreign key: decisions refer to comments, and one of the two rows is made first.
    sa.Column("decision_id", Id),
    sa.Column("decided", Moment),
)

texts = sa.Table(
    "texts",
    metadata,
    sa.Column("id", Id, sa.ForeignKey("comments.id"), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("spans", sa.JSON, nullable=False),
    sa.Column("parent", sa.Text),
    # The `text_key` of the comment that this one answers, so that it is erased here too.
    sa.Column("parent_key", sa.Text),
    sa.Column("article", sa.Text),
    # The text, the headline, the author and the id, folded for the search.
    sa.Column("searched", sa.Text, nullable=False),
)

targets = sa.Table(
    "targets",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("comment_id", Id, sa.ForeignKey("comments.id"), primary_key=True),
)

bands = sa.Table(
    "bands",
    metadata,
    sa.Column("hash", sa.BigInteger, primary_key=True),
    sa.Column("comment_id", Id, sa.ForeignKey("comments.id"), primary_key=True),
)

holds = sa.Table(
    "holds",
    metadata,
    # As the primary key, it lets no two people hold one comment.
    sa.Column("comment_id", Id, sa.ForeignKey("comments.id"), primary_key=True),
    foreign_key("users", "user_id"),
    sa.Column("since", Moment, nullable=False),
    sa.Column("until", Moment, nullable=False),
)

skips = sa.Table(
    "skips",
    metadata,
    sa.Column("user_id", Id, sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("comment_id", Id, sa.ForeignKey("comments.id"), primary_key=True),
    sa.Column("made", Moment, nullable=False),
)

bulks = sa.Table(
    "bulks",
    metadata,
    id_column(),
    foreign_key("users", "user_id"),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("filters", sa.JSON, nullable=False),
    sa.Column("made", Moment, nullable=False),
    sa.Column("undone", Moment),
)

decisions = sa.Table(
    "decisions",
    metadata,
    id_column(),
    foreign_key("comments", "comment_id"),
    foreign_key("users", "user_id"),
    foreign_key("bulks", "bulk_id", nullable=True),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("label", sa.Text),
    sa.Column("attributes", sa.JSON, nullable=False),
    sa.Column("targets", sa.JSON(none_as_null=True)),
    sa.Column("spans", sa.JSON(none_as_null=True)),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("token", sa.Text),
    sa.Column("seconds", sa.Float),
    sa.Column("made", Moment, nullable=False),
    sa.Column("undone", Moment),
    foreign_key("users", "undone_by", nullable=True),
    # The decision that stood before, where a flag or an appeal brought the comment back.
    sa.Column("replaces", Id),
    # Whether the note is sent to the site, for the comment's author.
    sa.Column("for_author", sa.Boolean, nullable=False),
    # What the author is told of a rejection; blank for nothing.
    sa.Column("author_text", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("user_id", "comment_id", "token"),
)

notes = sa.Table(
    "notes",
    metadata,
    id_column(),
    foreign_key("comments", "comment_id"),
    foreign_key("users", "user_id"),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("made", Moment, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    id_column(),
    sa.Column("made", Moment, nullable=False),
    # The user's name at that time, or `COMMAND`.
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    # It begins with the time, so that old deliveries can be selected by it.
    sa.Column("id", sa.Text, primary_key=True),
)

forgotten = sa.Table(
    "forgotten",
    metadata,
    # The hash of an author's name, of a comment or of a text that was erased on request.
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("made", Moment, nullable=False),
)

corrections = sa.Table(
    "corrections",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("made", Moment, nullable=False),
    # That of the comments which it corrects, as far as they are at the desk.
    sa.Column("text_key", sa.Text, nullable=False),
    sa.Column("record", sa.JSON, nullable=False),
    # The id of the API key that sent it, if one was asked for.
    sa.Column("key_id", sa.Text),
    # Whether it says that the text is harmful.
    sa.Column("harmful", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    # Whether its comment is known to be at the desk, and whether it is there because of this.
    sa.Column("at_desk", sa.Boolean, nullable=False),
    sa.Column("brought", sa.Boolean, nullable=False),
    # The decision that settled it; none where a person dismissed it.
    sa.Column("decision_id", Id),
    sa.Column("settled", Moment),
    sa.Column("settled_by", Id),
)

OPEN = "open"
"""The `state` of a correction that nobody has settled."""
IS_OPEN = corrections.c.state == sa.text(f"'{OPEN}'")
"""The condition for it, worded as that of the partial indexes of these few."""

keys = sa.Table(
    "keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False, unique=True),
    sa.Column("record", sa.JSON, nullable=False),
)

imports = sa.Table(
    "imports",
    metadata,
    # The digest of a file of an earlier version, whose content is imported once.
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("made", Moment, nullable=False),
)

models = sa.Table(
    "models",
    metadata,
    id_column(),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    # The SHA-256 of its manifest, which holds those of its files.
    sa.Column("manifest", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("made", Moment, nullable=False),
    sa.Column("figures", sa.JSON, nullable=False),
    sa.Column("live", sa.Boolean, nullable=False),
)

# The files of the latest promoted models and of the tiers that they are made of, in parts, so that
# no statement is large.
model_files = sa.Table(
    "model_files",
    metadata,
    sa.Column("model_id", Id, sa.ForeignKey("models.id"), primary_key=True),
    sa.Column("folder", sa.Text, primary_key=True),
    sa.Column("file", sa.Text, primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)


def add_audit_entry(
    connection: sa.Connection, by: str, act: str, subject: str, details: dict[str, Any]
) -> None:
    """Add an entry to the audit log, in the transaction of the act itself.

    Triggers of the database let the log only grow. The act has a name (``user.add``) and a subject
    (``comment 12``); the details are values for JSON, never a comment's text.
    """
    connection.execute(
        audit.insert().values(made=now(), by=by, act=act, subject=subject, details=details)
    )
