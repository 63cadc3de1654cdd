"""A search of all that names a comment, questions to leads, and comments that somebody skipped."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
IS_OPEN = sa.text("decision_id IS NULL")
PAGE = 1_000
MOST = 100_000
PART = "\n\ua78f\n"

SQLITE = (
    "DROP TRIGGER search_added",
    "DROP TRIGGER search_erased",
    "DROP TABLE search",
    """CREATE VIRTUAL TABLE search USING fts5(
        searched, content='texts', content_rowid='id',
        tokenize="unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'")""",
    "INSERT INTO search(search) VALUES ('rebuild')",
    """CREATE TRIGGER search_added AFTER INSERT ON texts BEGIN
        INSERT INTO search(rowid, searched) VALUES (new.id, new.searched); END""",
    """CREATE TRIGGER search_erased AFTER DELETE ON texts BEGIN
        INSERT INTO search(search, rowid, searched)
        VALUES ('delete', old.id, old.searched); END""",
    """CREATE TRIGGER search_changed AFTER UPDATE OF searched ON texts BEGIN
        INSERT INTO search(search, rowid, searched) VALUES ('delete', old.id, old.searched);
        INSERT INTO search(rowid, searched) VALUES (new.id, new.searched); END""",
)
SIGNS = """!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~"""
POSTGRESQL = (
    "ALTER TABLE texts DROP COLUMN words",
    f"""ALTER TABLE texts ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector(
        'simple', translate(searched, '{SIGNS}', '{" " * 32}'))) STORED""",
    "CREATE INDEX texts_words ON texts USING gin (words)",
)

texts = sa.table("texts", sa.column("id"), sa.column("text"), sa.column("searched"))
comments = sa.table(
    "comments", *(sa.column(name) for name in ("id", "title", "author", "external_id"))
)


def upgrade() -> None:
    """Add what is searched, folded, and make the index anew; add the tables."""
    op.add_column("texts", sa.Column("searched", sa.Text, nullable=False, server_default=""))
    _fill()
    statements = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL
    for statement in statements:
        op.execute(statement)
    op.create_table(
        "escalations",
        sa.Column("id", ID, primary_key=True),
        sa.Column("comment_id", ID, sa.ForeignKey("comments.id"), nullable=False),
        sa.Column("user_id", ID, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("decision_id", ID),
    )
    op.create_index(
        "open_escalation",
        "escalations",
        ["comment_id"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index("escalations_of_comment", "escalations", ["comment_id"])
    op.create_index("escalations_of_decision", "escalations", ["decision_id"])
    op.create_table(
        "skips",
        sa.Column("user_id", ID, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("comment_id", ID, sa.ForeignKey("comments.id"), primary_key=True),
        sa.Column("made", sa.BigInteger, nullable=False),
    )


def _fill() -> None:
    connection = op.get_bind()
    page = (
        sa.select(
            texts.c.id,
            sa.func.substr(texts.c.text, 1, MOST).label("text"),
            comments.c.title,
            comments.c.author,
            comments.c.external_id,
        )
        .join_from(texts, comments, comments.c.id == texts.c.id)
        .order_by(texts.c.id)
        .limit(PAGE)
    )
    change = texts.update().where(texts.c.id == sa.bindparam("number"))
    change = change.values(searched=sa.bindparam("folded"))
    rows = connection.execute(page).all()
    while rows:
        connection.execute(
            change, [{"number": row.id, "folded": _searched(*row[1:])} for row in rows]
        )
        rows = connection.execute(page.where(texts.c.id > rows[-1].id)).all()


def _searched(*parts: str | None) -> str:
    return PART.join(_fold(part) for part in parts if part)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold()).replace("i\u0307", "i")
