"""The language of each comment; those that came before have none."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column."""
    op.add_column("comments", sa.Column("language", sa.Text))
