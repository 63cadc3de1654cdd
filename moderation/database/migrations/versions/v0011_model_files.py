"""The files of promoted models are kept in the database, for the other instances of the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table; models that were promoted before stay where they are."""
    op.create_table(
        "model_files",
        sa.Column("model_id", ID, sa.ForeignKey("models.id"), primary_key=True),
        sa.Column("folder", sa.Text, primary_key=True),
        sa.Column("file", sa.Text, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
