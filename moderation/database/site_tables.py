"""Tables of flags, appeals, questions to leads, and the messages that tell sites of decisions."""

import sqlalchemy as sa

from moderation.database.tables import Id, Moment, foreign_key, id_column, metadata

flags = sa.Table(
    "flags",
    metadata,
    sa.Column("comment_id", Id, sa.ForeignKey("comments.id"), primary_key=True),
    # The hash of the reader's id; as a part of the primary key, it lets a reader count once.
    sa.Column("by", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("made", Moment, nullable=False),
)

appeals = sa.Table(
    "appeals",
    metadata,
    id_column(),
    foreign_key("comments", "comment_id"),
    sa.Column("statement", sa.Text, nullable=False),
    sa.Column("made", Moment, nullable=False),
    # The decision that settled it; a unique index lets a comment have one without.
    sa.Column("decision_id", Id),
)

escalations = sa.Table(
    "escalations",
    metadata,
    id_column(),
    foreign_key("comments", "comment_id"),
    foreign_key("users", "user_id"),
    sa.Column("made", Moment, nullable=False),
    # The decision that ended it; a unique index lets a comment have one without.
    sa.Column("decision_id", Id),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("sequence", Id, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    foreign_key("decisions", "decision_id"),
    sa.Column("made", Moment, nullable=False),
)

webhooks = sa.Table(
    "webhooks",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),
    # The source whose events are sent; null sends all.
    sa.Column("source", sa.Text),
    sa.Column("made", Moment, nullable=False),
)

messages = sa.Table(
    "messages",
    metadata,
    id_column(),
    sa.Column("webhook_id", sa.Text, sa.ForeignKey("webhooks.id"), nullable=False),
    sa.Column("sequence", Id, sa.ForeignKey("events.sequence"), nullable=False),
    # Names the comment whose messages are sent one after the other.
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("made", Moment, nullable=False),
    sa.Column("due", Moment, nullable=False),
    sa.Column("failure", sa.Text),
)
