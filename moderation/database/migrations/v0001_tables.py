"""The tables of version 0001."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.BigInteger


def _id() -> sa.Column[int]:
    return sa.Column("id", ID, primary_key=True)


def _to(table: str, name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, ID, sa.ForeignKey(f"{table}.id"), nullable=nullable)


def create_tables(attributes: Sequence[str]) -> None:
    """Make the tables, in an order in which each finds those it points to."""
    _accounts()
    _comments(attributes)
    _decisions()
    _service()


def _accounts() -> None:
    op.create_table(
        "users",
        _id(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("created", TIME, nullable=False),
    )
    op.create_table(
        "tries",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("latest", TIME, nullable=False),
        sa.Column("wait_until", TIME),
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.Text, primary_key=True),
        _to("users", "user_id"),
        sa.Column("csrf", sa.Text, nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.Column("seen", TIME, nullable=False),
    )
    op.create_table(
        "audit",
        _id(),
        sa.Column("made", TIME, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
    )


def _comments(attributes: Sequence[str]) -> None:
    op.create_table(
        "comments",
        _id(),
        sa.Column("key", sa.Text, unique=True),
        sa.Column("text_key", sa.Text),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("attribute", sa.Text, nullable=False),
        sa.Column("worst", sa.Float, nullable=False),
        sa.Column("uncertainty", sa.Float, nullable=False),
        *(sa.Column(f"score_{name}", sa.Float, nullable=False) for name in attributes),
        sa.Column("targets", sa.JSON, nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text),
        sa.Column("community", sa.Text),
        sa.Column("page", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("author", sa.Text),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("flags", sa.Integer, nullable=False),
        sa.Column("received", TIME, nullable=False),
        sa.Column("taken", TIME, nullable=False),
        sa.Column("decision_id", ID),
        sa.Column("decided", TIME),
    )
    op.create_table(
        "texts",
        sa.Column("id", ID, sa.ForeignKey("comments.id"), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("spans", sa.JSON, nullable=False),
        sa.Column("parent", sa.Text),
        sa.Column("parent_key", sa.Text),
        sa.Column("article", sa.Text),
    )
    op.create_table(
        "targets",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("comment_id", ID, sa.ForeignKey("comments.id"), primary_key=True),
    )
    op.create_table(
        "bands",
        sa.Column("hash", sa.BigInteger, primary_key=True),
        sa.Column("comment_id", ID, sa.ForeignKey("comments.id"), primary_key=True),
    )


def _decisions() -> None:
    op.create_table(
        "holds",
        sa.Column("comment_id", ID, sa.ForeignKey("comments.id"), primary_key=True),
        _to("users", "user_id"),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
    )
    op.create_table(
        "bulks",
        _id(),
        _to("users", "user_id"),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("filters", sa.JSON, nullable=False),
        sa.Column("made", TIME, nullable=False),
        sa.Column("undone", TIME),
    )
    op.create_table(
        "decisions",
        _id(),
        _to("comments", "comment_id"),
        _to("users", "user_id"),
        _to("bulks", "bulk_id", nullable=True),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("label", sa.Text),
        sa.Column("attributes", sa.JSON, nullable=False),
        sa.Column("targets", sa.JSON),
        sa.Column("spans", sa.JSON),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("token", sa.Text),
        sa.Column("seconds", sa.Float),
        sa.Column("made", TIME, nullable=False),
        sa.Column("undone", TIME),
        _to("users", "undone_by", nullable=True),
        sa.UniqueConstraint("user_id", "comment_id", "token"),
    )
    op.create_table(
        "notes",
        _id(),
        _to("comments", "comment_id"),
        _to("users", "user_id"),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("made", TIME, nullable=False),
    )


def _service() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("made", TIME, nullable=False),
        sa.Column("text_key", sa.Text, nullable=False),
        sa.Column("record", sa.JSON, nullable=False),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False, unique=True),
        sa.Column("record", sa.JSON, nullable=False),
    )
    op.create_table(
        "models",
        _id(),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("made", TIME, nullable=False),
        sa.Column("figures", sa.JSON, nullable=False),
        sa.Column("live", sa.Boolean, nullable=False),
    )
