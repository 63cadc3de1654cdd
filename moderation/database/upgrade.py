"""Bring a database's tables up to date, with the scripts inside the package."""

from typing import TYPE_CHECKING

import sqlalchemy as sa

from moderation.database.errors import DatabaseError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0003"
"""The latest version. It is named here too so that a process which finds it need not load Alembic,
which takes 11 MB."""
SCRIPTS = "moderation.database:migrations"
LOCK = 0x6D6F64
"""PostgreSQL's number for the lock under which one process at a time brings tables up to date."""


def revisions() -> set[str]:
    """Return the versions of the tables that this version of the project knows."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # as HEAD says

    scripts = ScriptDirectory.from_config(_config())
    return {script.revision for script in scripts.walk_revisions()}


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415  # likewise

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
    with engine.connect() as connection:
        # Looking needs no turn to write: a database that is locked can be opened all the same.
        if _version(connection) == HEAD:
            return
        connection.rollback()
        writing = connection.execution_options(writes=True)
        with writing.begin():
            if engine.dialect.name == "postgresql":
                # Another process may be at it, and a large table takes its time.
                for name in ("statement_timeout", "lock_timeout"):
                    writing.exec_driver_sql(f"SET LOCAL {name} = 0")
                writing.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            here = _version(writing)
            if here == HEAD:
                return
            if here and here not in revisions():
                raise DatabaseError(
                    "The database was made by a later version of this project.",
                    where="setting database",
                    remedy="Install that version, or name another database.",
                )
            from alembic import command  # noqa: PLC0415  # likewise

            config = _config()
            config.attributes["connection"] = writing
            command.upgrade(config, HEAD)


def _version(connection: sa.Connection) -> str | None:
    """Return the version of a database's tables, None where it has none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return version
