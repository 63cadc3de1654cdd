"""Decided comments that a second moderator judges again, and settings that leads change."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
IS_WAITING = sa.text("made IS NULL")
IS_DISPUTED = sa.text("agrees = false AND settled IS NULL")
IS_DISPUTED_SQLITE = sa.text("agrees = 0 AND settled IS NULL")


def upgrade() -> None:
    """Add the tables; nothing is drawn until a lead sets a share."""
    op.create_table(
        "desk_settings",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )
    op.create_table(
        "second_reviews",
        sa.Column("id", ID, primary_key=True),
        sa.Column("comment_id", ID, sa.ForeignKey("comments.id"), nullable=False),
        sa.Column("decision_id", ID, sa.ForeignKey("decisions.id"), nullable=False, unique=True),
        sa.Column("draw", sa.Integer, nullable=False),
        sa.Column("drawn", sa.BigInteger, nullable=False),
        sa.Column("user_id", ID, sa.ForeignKey("users.id")),
        sa.Column("outcome", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("label", sa.Text),
        sa.Column("attributes", sa.JSON),
        sa.Column("targets", sa.JSON),
        sa.Column("spans", sa.JSON),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("token", sa.Text),
        sa.Column("seconds", sa.Float),
        sa.Column("made", sa.BigInteger),
        sa.Column("agrees", sa.Boolean),
        sa.Column("settled", sa.BigInteger),
        sa.Column("settled_by", ID, sa.ForeignKey("users.id")),
        sa.Column("settled_as", sa.Text),
        sa.Column("settling_id", ID, sa.ForeignKey("decisions.id")),
    )
    op.create_index("second_reviews_of_comment", "second_reviews", ["comment_id"])
    op.create_index("second_reviews_settled_by", "second_reviews", ["settling_id"])
    op.create_index("second_reviews_made", "second_reviews", ["made"])
    op.create_index(
        "waiting_second_reviews",
        "second_reviews",
        ["id"],
        sqlite_where=IS_WAITING,
        postgresql_where=IS_WAITING,
    )
    op.create_index(
        "disputed_second_reviews",
        "second_reviews",
        ["id"],
        sqlite_where=IS_DISPUTED_SQLITE,
        postgresql_where=IS_DISPUTED,
    )
