"""People choose whether texts are blurred and when to pause."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the columns of people's choices."""
    op.add_column("users", sa.Column("blur", sa.Text, nullable=False, server_default="never"))
    op.add_column(
        "users", sa.Column("pause_minutes", sa.Integer, nullable=False, server_default="50")
    )
