"""The outcome of each attempt to train a model is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
IS_RUNNING = sa.text("ended IS NULL")


def upgrade() -> None:
    """Add the table, in which at most one attempt has not ended."""
    op.create_table(
        "trainings",
        sa.Column("id", ID, primary_key=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("outcome", sa.Text),
        sa.Column("model", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        # The same value in each row that has not ended, for the unique index.
        sa.Column("running", sa.Boolean, nullable=False),
    )
    op.create_index(
        "one_training",
        "trainings",
        ["running"],
        unique=True,
        sqlite_where=IS_RUNNING,
        postgresql_where=IS_RUNNING,
    )
