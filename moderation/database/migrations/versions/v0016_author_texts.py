"""Rejections carry a text for the author; leads add peoples that may be named as targets."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the column and the tables; decisions made before carry no text."""
    op.add_column("decisions", sa.Column("author_text", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "author_texts",
        sa.Column("reason", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "peoples",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False, unique=True),
        sa.Column("forms", sa.JSON, nullable=False),
        sa.Column("user_id", ID, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
