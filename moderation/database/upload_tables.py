"""Tables of uploaded files: what became of each, and their content until they are taken in."""

import sqlalchemy as sa

from moderation.database.tables import Id, Moment, foreign_key, id_column, metadata

uploads = sa.Table(
    "uploads",
    metadata,
    id_column(),
    foreign_key("users", "user_id"),
    # The file's name, and the sheet of a workbook; blank for the first.
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sheet", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("made", Moment, nullable=False),
    sa.Column("ended", Moment),
    # How often it was begun without getting any further.
    sa.Column("tries", sa.Integer, nullable=False),
    # Comments in the file, and those that have been judged; known once it has been read.
    sa.Column("total", sa.Integer),
    sa.Column("done", sa.Integer, nullable=False),
    # Different comments of the file that are behind it, in the file's order.
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("taken", sa.Integer, nullable=False),
    sa.Column("allowed", sa.Integer, nullable=False),
    sa.Column("known", sa.Integer, nullable=False),
    # Rows that are not sound, and the errors of the first of them; never a comment's text.
    sa.Column("faulty", sa.Integer, nullable=False),
    sa.Column("faults", sa.JSON, nullable=False),
    # The error of a file that could not be taken in.
    sa.Column("failure", sa.JSON(none_as_null=True)),
)

# In parts, so that no statement is large. Deleted once the file is taken in, or is not to be.
upload_parts = sa.Table(
    "upload_parts",
    metadata,
    sa.Column("upload_id", Id, sa.ForeignKey("uploads.id"), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
