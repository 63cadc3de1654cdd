"""The first tables: comments, decisions, accounts, their indexes, search, and the audit log.

A script never changes once it is released, so it names no table of `tables` and no attribute of
the taxonomy: these may change.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.BigInteger


ATTRIBUTES = (
    "news",
    "inflammatory",
    "ethnic_hostility",
    "toxicity",
    "severe_toxicity",
    "identity_attack",
    "insult",
    "profanity",
    "threat",
)
SORTS = ("worst", "received", "uncertainty", "decided", *(f"score_{name}" for name in ATTRIBUTES))
OPEN_FLAGGED = sa.text("flags > 0 AND queue <> 'decided' AND queue <> 'erased'")
NOT_ERASED = sa.text("key IS NOT NULL")

SQLITE = (
    """CREATE VIRTUAL TABLE search USING fts5(
        text, content='texts', content_rowid='id',
        tokenize="unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'")""",
    """CREATE TRIGGER search_added AFTER INSERT ON texts BEGIN
        INSERT INTO search(rowid, text) VALUES (new.id, new.text); END""",
    """CREATE TRIGGER search_erased AFTER DELETE ON texts BEGIN
        INSERT INTO search(search, rowid, text) VALUES ('delete', old.id, old.text); END""",
    """CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN
        SELECT RAISE(ABORT, 'the audit log only grows'); END""",
    """CREATE TRIGGER audit_not_replaced BEFORE INSERT ON audit
        WHEN EXISTS (SELECT 1 FROM audit WHERE id = new.id) BEGIN
        SELECT RAISE(ABORT, 'the audit log only grows'); END""",
    """CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN
        SELECT RAISE(ABORT, 'the audit log only grows'); END""",
)
# PostgreSQL takes no more than a megabyte of words into one vector; the first 100,000 characters
# never have so many. Its parser takes an address, a number with its sign or a tag for one word:
# without the punctuation there are the words that SQLite sees.
SIGNS = """!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~"""
POSTGRESQL = (
    f"""ALTER TABLE texts ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector(
        'simple', translate(left(text, 100000), '{SIGNS}', '{" " * 32}'))) STORED""",
    "CREATE INDEX texts_words ON texts USING gin (words)",
    """CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$""",
    """CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()""",
)


def upgrade() -> None:
    """Make the tables, the indexes, and each database's own search and triggers."""
    _create_tables(ATTRIBUTES)
    for name in SORTS:
        # With the label, which is all that a preview of bulk decisions counts.
        op.create_index(f"comments_by_{name}", "comments", ["queue", name, "id", "label"])
    for name in ("worst", "received", "uncertainty"):
        op.create_index(
            f"flagged_by_{name}",
            "comments",
            [name, "id"],
            sqlite_where=OPEN_FLAGGED,
            postgresql_where=OPEN_FLAGGED,
        )
    for name in ("page", "source", "community", "author"):
        op.create_index(f"comments_of_{name}", "comments", [name, "queue"])
    op.create_index("latest_of_author", "comments", ["author", "received"])
    op.create_index("comments_of_label", "comments", ["queue", "label"])
    op.create_index("comments_of_text", "comments", ["text_key"])
    op.create_index("texts_of_parent", "texts", ["parent_key"])
    op.create_index(
        "comments_kept", "comments", ["taken"], sqlite_where=NOT_ERASED, postgresql_where=NOT_ERASED
    )
    op.create_index("corrections_of_text", "corrections", ["text_key"])
    op.create_index("holds_of_user", "holds", ["user_id"])
    op.create_index("decisions_of_comment", "decisions", ["comment_id"])
    op.create_index("decisions_of_user", "decisions", ["user_id", "made"])
    op.create_index("decisions_of_bulk", "decisions", ["bulk_id"])
    op.create_index("notes_of_comment", "notes", ["comment_id"])
    op.create_index("tries_by_time", "tries", ["latest"])
    op.create_index("sessions_of_user", "sessions", ["user_id"])
    op.create_index("targets_of_comment", "targets", ["comment_id"])
    op.create_index("bands_of_comment", "bands", ["comment_id"])
    statements = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL
    for statement in statements:
        op.execute(statement)


def _id() -> sa.Column[int]:
    return sa.Column("id", ID, primary_key=True)


def _to(table: str, name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, ID, sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _create_tables(attributes: Sequence[str]) -> None:
    """Make the tables, each after those to which it refers."""
    _accounts()
    _comments(attributes)
    _decisions()
    _service()


def _accounts() -> None:
    op.create_table(
        "users",
        _id(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("created", TIME, nullable=False),
    )
    op.create_table(
        "tries",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("latest", TIME, nullable=False),
        sa.Column("wait_until", TIME),
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.Text, primary_key=True),
        _to("users", "user_id"),
        sa.Column("csrf", sa.Text, nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.Column("seen", TIME, nullable=False),
    )
    op.create_table(
        "audit",
        _id(),
        sa.Column("made", TIME, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
    )


def _comments(attributes: Sequence[str]) -> None:
    op.create_table(
        "comments",
        _id(),
        sa.Column("key", sa.Text, unique=True),
        sa.Column("text_key", sa.Text),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("attribute", sa.Text, nullable=False),
        sa.Column("worst", sa.Float, nullable=False),
        sa.Column("uncertainty", sa.Float, nullable=False),
        *(sa.Column(f"score_{name}", sa.Float, nullable=False) for name in attributes),
        sa.Column("targets", sa.JSON, nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text),
        sa.Column("community", sa.Text),
        sa.Column("page", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("author", sa.Text),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("flags", sa.Integer, nullable=False),
        sa.Column("received", TIME, nullable=False),
        sa.Column("taken", TIME, nullable=False),
        sa.Column("decision_id", ID),
        sa.Column("decided", TIME),
    )
    op.create_table(
        "texts",
        sa.Column("id", ID, sa.ForeignKey("comments.id"), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("spans", sa.JSON, nullable=False),
        sa.Column("parent", sa.Text),
        sa.Column("parent_key", sa.Text),
        sa.Column("article", sa.Text),
    )
    op.create_table(
        "targets",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("comment_id", ID, sa.ForeignKey("comments.id"), primary_key=True),
    )
    op.create_table(
        "bands",
        sa.Column("hash", sa.BigInteger, primary_key=True),
        sa.Column("comment_id", ID, sa.ForeignKey("comments.id"), primary_key=True),
    )


def _decisions() -> None:
    op.create_table(
        "holds",
        sa.Column("comment_id", ID, sa.ForeignKey("comments.id"), primary_key=True),
        _to("users", "user_id"),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
    )
    op.create_table(
        "bulks",
        _id(),
        _to("users", "user_id"),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("filters", sa.JSON, nullable=False),
        sa.Column("made", TIME, nullable=False),
        sa.Column("undone", TIME),
    )
    op.create_table(
        "decisions",
        _id(),
        _to("comments", "comment_id"),
        _to("users", "user_id"),
        _to("bulks", "bulk_id", nullable=True),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("label", sa.Text),
        sa.Column("attributes", sa.JSON, nullable=False),
        sa.Column("targets", sa.JSON),
        sa.Column("spans", sa.JSON),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("token", sa.Text),
        sa.Column("seconds", sa.Float),
        sa.Column("made", TIME, nullable=False),
        sa.Column("undone", TIME),
        _to("users", "undone_by", nullable=True),
        sa.UniqueConstraint("user_id", "comment_id", "token"),
    )
    op.create_table(
        "notes",
        _id(),
        _to("comments", "comment_id"),
        _to("users", "user_id"),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("made", TIME, nullable=False),
    )


def _service() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("made", TIME, nullable=False),
        sa.Column("text_key", sa.Text, nullable=False),
        sa.Column("record", sa.JSON, nullable=False),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False, unique=True),
        sa.Column("record", sa.JSON, nullable=False),
    )
    op.create_table(
        "models",
        _id(),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("made", TIME, nullable=False),
        sa.Column("figures", sa.JSON, nullable=False),
        sa.Column("live", sa.Boolean, nullable=False),
    )
