"""Tables of what leads set for their desk: its settings, texts to authors, peoples added."""

import sqlalchemy as sa

from moderation.database.tables import Moment, foreign_key, id_column, metadata

desk_settings = sa.Table(
    "desk_settings",
    metadata,
    # A setting that nobody has changed has no row.
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

author_texts = sa.Table(
    "author_texts",
    metadata,
    # A reason for a rejection, or an empty one for all that have no text of their own.
    sa.Column("reason", sa.Text, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
)

peoples = sa.Table(
    "peoples",
    metadata,
    id_column(),
    sa.Column("name", sa.Text, nullable=False),
    # Folded as it is compared, so that a people is added once.
    sa.Column("folded", sa.Text, nullable=False, unique=True),
    # Other names by which it is found.
    sa.Column("forms", sa.JSON, nullable=False),
    foreign_key("users", "user_id"),
    sa.Column("made", Moment, nullable=False),
)
