"""Tables of deliveries taken in, of hashes of what was erased, and of known browsers.

The first two keep a delivery that waited during an outage from counting twice, and from bringing
back what was erased meanwhile. A user whose browser is known is not locked out by a stranger's
guesses.
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
    # A row is written with each delivery: without a row number it costs least.
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
