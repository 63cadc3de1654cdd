"""The entry point of Alembic: run the scripts on the connection that `upgrade` gives."""

from alembic import context

from moderation.database.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
