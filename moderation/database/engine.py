"""Engines for either database, set up so that what is acknowledged is on the disk.

`upgrade` brings a database's tables up to date, with the scripts of `migrations`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from moderation.errors import DatabaseError
from moderation.files import PRIVATE
from moderation.text.words import has_words

if TYPE_CHECKING:
    from alembic.config import Config

BUSY_SECONDS = 10
CACHE_KIB = 64 << 10
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
POOL = 10
REMEDY = "Write sqlite:///PATH, or postgresql://USER@HOST/NAME."

LIMITS = {
    "statement_timeout": 30_000,
    "lock_timeout": 10_000,
    "idle_in_transaction_session_timeout": 60_000,
}
"""PostgreSQL's limits on a connection, in ms. They bound how long one connection, or a server that
is stuck, keeps another waiting."""
KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""The seconds (the last: ms) of silence after which a server's machine counts as gone."""

# WAL lets readers read while one writes; FULL has each commit on the disk before it returns.
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
    # Without these, REPLACE deletes rows without firing the trigger that protects the audit log.
    "recursive_triggers = ON",
    "temp_store = MEMORY",
    f"busy_timeout = {BUSY_SECONDS * 1000}",
    f"cache_size = -{CACHE_KIB}",
)

HEAD = "0017"
"""The latest version of the tables. It is named here too so that a process which finds it need not
load Alembic, which takes 11 MB."""
SCRIPTS = "moderation.database:migrations"
UPGRADE_LOCK = 0x6D6F64
"""The number of PostgreSQL's advisory lock for a process that brings tables up to date."""


def make_engine(url: str) -> sa.Engine:
    """Return an engine for a database.

    Raises
    ------
    DatabaseError
        If the URL is not one of SQLite or PostgreSQL, the driver is not installed, or SQLite's
        folder cannot be made.
    """
    parsed = parse_url(url)
    name, _, driver = parsed.drivername.partition("+")
    if name not in DRIVERS:
        raise DatabaseError("This database is not known here.", where="database", remedy=REMEDY)
    if not driver:
        parsed = parsed.set(drivername=DRIVERS[name])
    return _sqlite_engine(parsed) if name == "sqlite" else _postgresql_engine(parsed)


def parse_url(url: str) -> sa.URL:
    """Return the parts of a database's URL.

    Raises
    ------
    DatabaseError
        If it is not a URL.
    """
    try:
        return sa.make_url(url)
    except ArgumentError:
        raise DatabaseError("This is no database URL.", where="database", remedy=REMEDY) from None


def plain_address(url: sa.URL) -> str:
    """Return a database's URL without its password, and without its query, which may hold one."""
    return url.set(query={}).render_as_string(hide_password=True)


@contextmanager
def no_statement_timeout(connection: sa.Connection) -> Iterator[None]:
    """Let statements outside of a transaction take as long as they need."""
    if connection.dialect.name == "sqlite":
        yield
        return
    connection.exec_driver_sql("SET statement_timeout = 0")
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.exec_driver_sql(f"SET statement_timeout = {LIMITS['statement_timeout']}")


def upgrade(engine: sa.Engine) -> None:
    """Run the scripts that a database lacks, all in one transaction; none if it is up to date.

    Raises
    ------
    DatabaseError
        If the database was made by a later version of this project.
    """
    with engine.connect() as connection:
        # Reading the version takes no write lock: a database that is locked can still be opened.
        if _version(connection) == HEAD:
            return
        connection.rollback()
        writing = connection.execution_options(writes=True)
        with writing.begin():
            if engine.dialect.name == "postgresql":
                # Another process may be upgrading, and a large table takes time.
                for name in ("statement_timeout", "lock_timeout"):
                    writing.exec_driver_sql(f"SET LOCAL {name} = 0")
                writing.execute(sa.select(sa.func.pg_advisory_xact_lock(UPGRADE_LOCK)))
            version = _version(writing)
            if version == HEAD:
                return
            if version and version not in revisions():
                raise DatabaseError(
                    "The database was made by a later version of this project.",
                    where="setting database",
                    remedy="Install that version, or name another database.",
                )
            from alembic import command  # noqa: PLC0415  # as HEAD says

            config = _alembic_config()
            config.attributes["connection"] = writing
            command.upgrade(config, HEAD)


def revisions() -> set[str]:
    """Return the versions of the tables that this version of the project knows."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # as HEAD says

    scripts = ScriptDirectory.from_config(_alembic_config())
    return {script.revision for script in scripts.walk_revisions()}


def _alembic_config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415  # as HEAD says

    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.set_main_option("path_separator", "os")
    return config


def _version(connection: sa.Connection) -> str | None:
    """Return the version of a database's tables, None if it has no tables."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return version


def _postgresql_engine(url: sa.URL) -> sa.Engine:
    try:
        engine = sa.create_engine(
            url,
            pool_size=POOL,
            max_overflow=POOL,
            pool_pre_ping=True,
            pool_timeout=BUSY_SECONDS,
            # A statement's values may be a comment, which no error may show.
            hide_parameters=True,
            # Options that the URL names itself have precedence.
            connect_args={
                name: value
                for name, value in {"connect_timeout": BUSY_SECONDS, **KEEPALIVE}.items()
                if name not in url.query
            },
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise DatabaseError(
            f"PostgreSQL needs a package that is not installed: {error}.",
            where="database",
            remedy="Run `pip install 'moderation[postgres]'`.",
        ) from None
    sa.event.listen(engine, "connect", _set_limits)
    return engine


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise DatabaseError("A file is needed.", where="database", remedy=REMEDY)
    folder = Path(url.database).absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # What SQLite puts beside the file gets the file's mode.
        Path(url.database).touch(mode=PRIVATE)
    except OSError as error:
        raise DatabaseError(f"Cannot be made: {error.strerror}.", where=str(folder)) from None
    # `_begin` begins the transactions: the driver would begin one only at the first change, and of
    # two that have both read by then one would fail.
    engine = sa.create_engine(
        url,
        pool_size=POOL,
        max_overflow=POOL,
        pool_timeout=BUSY_SECONDS,
        hide_parameters=True,
        connect_args={"isolation_level": None, "check_same_thread": False},
    )
    sa.event.listen(engine, "connect", _set_pragmas)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _set_limits(connection: Any, _: object) -> None:
    # By statement, not among the options of the connection: some poolers refuse those.
    before, connection.autocommit = connection.autocommit, True
    for name, limit in LIMITS.items():
        connection.execute(f"SET {name} = {limit}")
    connection.autocommit = before


def _set_pragmas(connection: Any, _: object) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("has_words", 2, has_words, deterministic=True)


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
