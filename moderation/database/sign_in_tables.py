"""Tables for signing in at a provider of OpenID Connect."""

import sqlalchemy as sa

from moderation.database.tables import Id, Moment, foreign_key, id_column, metadata

identities = sa.Table(
    "identities",
    metadata,
    id_column(),
    # The two that name a person; the name and the address are for people to read.
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    # Null while nobody has linked an account.
    foreign_key("users", "user_id", nullable=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("seen", Moment, nullable=False),
    sa.UniqueConstraint("issuer", "subject"),
    sa.UniqueConstraint("user_id", "issuer"),
)

sign_ins = sa.Table(
    "sign_ins",
    metadata,
    # Hashes of the state and of the browser's token: a row is of use to that browser alone.
    sa.Column("state", sa.Text, primary_key=True),
    sa.Column("browser", sa.Text, nullable=False),
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("nonce", sa.Text, nullable=False),
    sa.Column("verifier", sa.Text, nullable=False),
    sa.Column("redirect", sa.Text, nullable=False),
    sa.Column("next_path", sa.Text, nullable=False),
    # The form that was filled in when a session ended.
    sa.Column("kept", sa.JSON, nullable=False),
    sa.Column("made", Moment, nullable=False),
    # When the person came back; a state is good once.
    sa.Column("used", Moment),
    # The person whom the provider named, for whom an account is to be linked.
    sa.Column("identity", sa.JSON(none_as_null=True)),
    # The user who has signed in.
    sa.Column("user_id", Id, sa.ForeignKey("users.id")),
)
