"""Tables of how moderators share the work: second reviews and assigned sections."""

import sqlalchemy as sa

from moderation.database.tables import Id, Moment, foreign_key, id_column, metadata

assignments = sa.Table(
    "assignments",
    metadata,
    sa.Column("user_id", Id, sa.ForeignKey("users.id"), primary_key=True),
    # The column of `comments` that is compared with the value.
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("made", Moment, nullable=False),
)

second_reviews = sa.Table(
    "second_reviews",
    metadata,
    id_column(),
    foreign_key("comments", "comment_id"),
    # The decision that is judged again, once.
    sa.Column("decision_id", Id, sa.ForeignKey("decisions.id"), nullable=False, unique=True),
    # The comment's place in the draw: it waits while the share that leads have set reaches it.
    sa.Column("draw", sa.Integer, nullable=False),
    sa.Column("drawn", Moment, nullable=False),
    # The second ruling. One that was taken back keeps its values, for the form, but no time.
    foreign_key("users", "user_id", nullable=True),
    sa.Column("outcome", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("label", sa.Text),
    sa.Column("attributes", sa.JSON(none_as_null=True)),
    sa.Column("targets", sa.JSON(none_as_null=True)),
    sa.Column("spans", sa.JSON(none_as_null=True)),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("token", sa.Text),
    sa.Column("seconds", sa.Float),
    sa.Column("made", Moment),
    # Whether both rulings have the same action and imply the same label.
    sa.Column("agrees", sa.Boolean),
    sa.Column("settled", Moment),
    foreign_key("users", "settled_by", nullable=True),
    # The ruling that a lead chose, and the decision that the lead made unless it was the first.
    sa.Column("settled_as", sa.Text),
    sa.Column("settling_id", Id, sa.ForeignKey("decisions.id")),
)
