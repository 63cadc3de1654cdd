"""A table of the files of earlier versions that have been imported."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "imports",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
