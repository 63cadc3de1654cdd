"""Bring a database's tables up to date, with the scripts inside the package."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from moderation.database.errors import DatabaseError

SCRIPTS = "moderation.database:migrations"
LOCK = 0x6D6F64
"""PostgreSQL's number for the lock under which one process at a time brings tables up to date."""


def revisions() -> set[str]:
    """Return the versions of the tables that this version of the project knows."""
    scripts = ScriptDirectory.from_config(_config())
    return {script.revision for script in scripts.walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: sa.Engine) -> None:
    """Run the scripts that a database lacks, all in one transaction; none where it is up to date.

    Raises
    ------
    DatabaseError
        If the database was made by a later version of this project.
    """
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        # Looking needs no turn to write: a database that is locked can be opened all the same.
        if MigrationContext.configure(connection).get_current_revision() == (
            scripts.get_current_head()
        ):
            return
        connection.rollback()
        writing = connection.execution_options(writes=True)
        with writing.begin():
            if engine.dialect.name == "postgresql":
                # Another process may be at it, and a large table takes its time.
                for name in ("statement_timeout", "lock_timeout"):
                    writing.exec_driver_sql(f"SET LOCAL {name} = 0")
                writing.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            here = MigrationContext.configure(writing).get_current_revision()
            if here == scripts.get_current_head():
                return
            if here and here not in revisions():
                raise DatabaseError(
                    "The database was made by a later version of this project.",
                    where="setting desk",
                    remedy="Install that version, or name another database.",
                )
            config.attributes["connection"] = writing
            command.upgrade(config, "head")
