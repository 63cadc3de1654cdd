"""Comments of sites are edited, withdrawn, flagged and appealed; decisions are a log of events."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
LATEST = sa.text("latest")
IS_OPEN = sa.text("decision_id IS NULL")
IS_DUE = sa.text("state = 'due'")

users = sa.table("users", sa.column("id"), sa.column("pseudonym"))
FILL_EVENTS = """
    INSERT INTO events (kind, decision_id, made)
    SELECT kind, id, made FROM (
        SELECT 'decided' AS kind, d.id AS id, d.made AS made, 0 AS place FROM decisions d
        JOIN comments c ON c.id = d.comment_id WHERE c.external_id IS NOT NULL
        UNION ALL
        SELECT 'undone', d.id, d.undone, 1 FROM decisions d
        JOIN comments c ON c.id = d.comment_id
        WHERE c.external_id IS NOT NULL AND d.undone IS NOT NULL
    ) past ORDER BY made, place, id
"""


def upgrade() -> None:
    """Add the columns and tables; decisions on comments with an id become past events."""
    true, false = sa.true(), sa.false()
    op.add_column("comments", sa.Column("site_key", sa.Text))
    op.add_column("comments", sa.Column("revision", sa.Integer, nullable=False, server_default="1"))
    op.add_column("comments", sa.Column("latest", sa.Boolean, nullable=False, server_default=true))
    op.add_column("comments", sa.Column("withdrawn", sa.BigInteger))
    op.add_column("comments", sa.Column("replies", sa.Integer, nullable=False, server_default="0"))
    op.add_column("decisions", sa.Column("replaces", ID))
    op.add_column(
        "decisions", sa.Column("for_author", sa.Boolean, nullable=False, server_default=false)
    )
    op.add_column("users", sa.Column("pseudonym", sa.Text))
    _name_moderators()
    op.create_index(
        "latest_of_site",
        "comments",
        ["site_key"],
        unique=True,
        sqlite_where=LATEST,
        postgresql_where=LATEST,
    )
    op.create_index("comments_of_site", "comments", ["site_key"])
    op.create_table(
        "flags",
        sa.Column("comment_id", ID, sa.ForeignKey("comments.id"), primary_key=True),
        sa.Column("by", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "appeals",
        sa.Column("id", ID, primary_key=True),
        sa.Column("comment_id", ID, sa.ForeignKey("comments.id"), nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("decision_id", ID),
    )
    op.create_index(
        "open_appeal",
        "appeals",
        ["comment_id"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index("appeals_of_comment", "appeals", ["comment_id"])
    op.create_index("appeals_of_decision", "appeals", ["decision_id"])
    _create_events()


def _name_moderators() -> None:
    connection = op.get_bind()
    for number in connection.scalars(sa.select(users.c.id)).all():
        chosen = users.update().where(users.c.id == number)
        connection.execute(chosen.values(pseudonym=secrets.token_hex(6)))


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("sequence", ID, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("decision_id", ID, sa.ForeignKey("decisions.id"), nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("events_of_decision", "events", ["decision_id"])
    op.execute(FILL_EVENTS)
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "messages",
        sa.Column("id", ID, primary_key=True),
        sa.Column("webhook_id", sa.Text, sa.ForeignKey("webhooks.id"), nullable=False),
        sa.Column("sequence", ID, sa.ForeignKey("events.sequence"), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("failure", sa.Text),
    )
    op.create_index(
        "due_messages",
        "messages",
        ["webhook_id", "about", "sequence"],
        sqlite_where=IS_DUE,
        postgresql_where=IS_DUE,
    )
    op.create_index("messages_by_state", "messages", ["state", "made"])
