"""Tables that outlast an outage: deliveries counted, and authors erased meanwhile.

And the browsers from which somebody has signed in, whom a stranger's guesses do not lock out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.BigInteger


def upgrade() -> None:
    """Make the tables."""
    op.add_column("tries", sa.Column("of_name", sa.Text))
    # Each row is written with comments that come in: without a number of its own it costs least.
    op.create_table(
        "deliveries", sa.Column("id", sa.Text, primary_key=True), sqlite_with_rowid=False
    )
    op.create_table(
        "forgotten",
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("made", TIME, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "devices",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("user_id", ID, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("made", TIME, nullable=False),
        sqlite_with_rowid=False,
    )
