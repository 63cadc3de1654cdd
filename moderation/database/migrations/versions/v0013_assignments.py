"""Sections that are assigned to moderators, and the switch that shows the others too."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table and the switch; without assignments, everybody sees everything."""
    op.create_table(
        "assignments",
        sa.Column("user_id", ID, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("field", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
    op.add_column(
        "sessions",
        sa.Column("all_sections", sa.Boolean, nullable=False, server_default=sa.false()),
    )
