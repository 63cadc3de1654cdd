"""The first tables, the indexes of the queues, searching in texts, and a log that only grows.

A script never changes once it is released, so it names no table of `tables` and no attribute of
the taxonomy: these may.
"""

import sqlalchemy as sa
from alembic import op

from moderation.database.migrations.v0001_tables import create_tables

revision = "0001"
down_revision = None

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
# without their signs there are the words that SQLite sees.
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
    """Make everything."""
    create_tables(ATTRIBUTES)
    for name in SORTS:
        # The label is there to be counted: a preview of many asks for nothing else.
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
    own = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL
    for statement in own:
        op.execute(statement)
