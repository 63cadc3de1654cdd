"""Corrections have a key, a side and a state, and wait until somebody settles them at the desk."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from moderation.taxonomy import ATTRIBUTES, PRESENT

revision = "0006"
down_revision = "0005"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
OPEN = sa.text("state = 'open'")
PAGE = 1_000
HARMS = frozenset(attribute.name for attribute in ATTRIBUTES if attribute.harmful)

corrections = sa.table(
    "corrections", sa.column("id"), sa.column("record", sa.JSON), sa.column("harmful", sa.Boolean)
)


def upgrade() -> None:
    """Add the columns; the corrections that are there wait, and came by no key."""
    false = sa.false()
    for added in (
        sa.Column("key_id", sa.Text),
        sa.Column("harmful", sa.Boolean, nullable=False, server_default=false),
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        sa.Column("at_desk", sa.Boolean, nullable=False, server_default=false),
        sa.Column("brought", sa.Boolean, nullable=False, server_default=false),
        sa.Column("decision_id", ID),
        sa.Column("settled", sa.BigInteger),
        sa.Column("settled_by", ID),
    ):
        op.add_column("corrections", added)
    for name, columns in (
        ("open_corrections", ["at_desk", "text_key"]),
        ("open_corrections_of_key", ["key_id", "brought"]),
    ):
        op.create_index(name, "corrections", columns, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("corrections_of_decision", "corrections", ["decision_id"])
    _find_harmful()


def _find_harmful() -> None:
    connection = op.get_bind()
    page = sa.select(corrections.c.id, corrections.c.record).order_by(corrections.c.id).limit(PAGE)
    rows = connection.execute(page).all()
    while rows:
        harmful = [row.id for row in rows if _is_harmful(row.record)]
        if harmful:
            chosen = corrections.update().where(corrections.c.id.in_(harmful))
            connection.execute(chosen.values(harmful=True))
        rows = connection.execute(page.where(corrections.c.id > rows[-1].id)).all()


def _is_harmful(record: Mapping[str, Any]) -> bool:
    said = [*record["scores"].items(), *((s["attribute"], s["score"]) for s in record["spans"])]
    return any(score >= PRESENT for name, score in said if name in HARMS)
