"""People choose whether texts are blurred and when to pause; leads set what holds for the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns of people's choices, and the table of the desk's settings."""
    op.add_column("users", sa.Column("blur", sa.Text, nullable=False, server_default="never"))
    op.add_column(
        "users", sa.Column("pause_minutes", sa.Integer, nullable=False, server_default="50")
    )
    op.create_table(
        "desk_settings",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )
