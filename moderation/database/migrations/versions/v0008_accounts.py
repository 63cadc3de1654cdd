"""Users set new passwords by links that admins make, and sign in with codes too."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table of links that are still valid, and the columns for codes."""
    op.add_column("users", sa.Column("code_secret", sa.Text))
    op.add_column(
        "users", sa.Column("code_step", sa.BigInteger, nullable=False, server_default="0")
    )
    op.create_table(
        "resets",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("user_id", ID, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
