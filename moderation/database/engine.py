"""Connections to either database, set up so that what is acknowledged is on the disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from moderation.errors import DatabaseError
from moderation.text.words import has_words

if TYPE_CHECKING:
    from alembic.config import Config

# FOLDED upgrade: Bring a database's tables up to date, with the scripts inside the package.

HEAD = "0004"
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


BUSY_SECONDS = 10
CACHE_KIB = 64 << 10
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
POOL = 10
PRIVATE = 0o600
REMEDY = "Write sqlite:///PATH, or postgresql://USER@HOST/NAME."

LIMITS = {
    "statement_timeout": 30_000,
    "lock_timeout": 10_000,
    "idle_in_transaction_session_timeout": 60_000,
}
"""PostgreSQL's limits of what a connection does, in ms: so long is nobody kept waiting by another,
or by a server that does not get on."""
KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""After how many seconds (the last: ms) of silence a server's machine counts as gone."""

# WAL lets readers read while one writes; FULL has each commit on the disk before it returns.
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
    # Without these, REPLACE deletes behind the back of what keeps the audit log.
    "recursive_triggers = ON",
    "temp_store = MEMORY",
    f"busy_timeout = {BUSY_SECONDS * 1000}",
    f"cache_size = -{CACHE_KIB}",
)


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
    if name == "sqlite":
        return _sqlite(parsed)
    try:
        engine = sa.create_engine(
            parsed,
            pool_size=POOL,
            max_overflow=POOL,
            pool_pre_ping=True,
            pool_timeout=BUSY_SECONDS,
            # What a statement holds may be a comment, and must be in no error.
            hide_parameters=True,
            # What the URL says for itself holds.
            connect_args={
                name: value
                for name, value in {"connect_timeout": BUSY_SECONDS, **KEEPALIVE}.items()
                if name not in parsed.query
            },
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise DatabaseError(
            f"PostgreSQL needs a package that is not installed: {error}.",
            where="database",
            remedy="Run `pip install 'moderation[postgres]'`.",
        ) from None
    sa.event.listen(engine, "connect", _limit)
    return engine


def parse_url(url: str) -> sa.URL:
    """Return a database's URL in its parts.

    Raises
    ------
    DatabaseError
        If it is none.
    """
    try:
        return sa.make_url(url)
    except ArgumentError:
        raise DatabaseError("This is no database URL.", where="database", remedy=REMEDY) from None


@contextmanager
def without_hurry(connection: sa.Connection) -> Iterator[None]:
    """Let statements take as long as they need, outside of a transaction."""
    if connection.dialect.name == "sqlite":
        yield
        return
    connection.exec_driver_sql("SET statement_timeout = 0")
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.exec_driver_sql(f"SET statement_timeout = {LIMITS['statement_timeout']}")


def plain_address(url: sa.URL) -> str:
    """Return a database's URL without password and query, which may hold one."""
    return url.set(query={}).render_as_string(hide_password=True)


def _sqlite(url: sa.URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise DatabaseError("A file is needed.", where="database", remedy=REMEDY)
    folder = Path(url.database).absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # What SQLite puts beside the file gets the file's mode.
        Path(url.database).touch(mode=PRIVATE)
    except OSError as error:
        raise DatabaseError(f"Cannot be made: {error.strerror}.", where=str(folder)) from None
    # Transactions are begun by hand, below: the driver itself would begin one only at the first
    # change, and two that have both read could then not both go on.
    engine = sa.create_engine(
        url,
        pool_size=POOL,
        max_overflow=POOL,
        pool_timeout=BUSY_SECONDS,
        hide_parameters=True,
        connect_args={"isolation_level": None, "check_same_thread": False},
    )
    sa.event.listen(engine, "connect", _set_up)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _limit(connection: Any, _: object) -> None:
    # Not among the options of the connection: some poolers refuse those.
    before, connection.autocommit = connection.autocommit, True
    for name, limit in LIMITS.items():
        connection.execute(f"SET {name} = {limit}")
    connection.autocommit = before


def _set_up(connection: Any, _: object) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("has_words", 2, has_words, deterministic=True)


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
