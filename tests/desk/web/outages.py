"""A desk's database that fails while a service uses it: stopped, locked or full."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from moderation.desk import Desk

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""
"""What another program does that keeps a database locked until its standard input ends."""


@contextmanager
def locked(desk: Desk) -> Iterator[None]:
    """Let another process keep SQLite's file locked."""
    command = [sys.executable, "-c", LOCK, str(desk.store.engine.url.database)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as other:
        assert other.stdin
        assert other.stdout
        assert other.stdout.readline()
        try:
            yield
        finally:
            other.stdin.close()
            other.wait()


@contextmanager
def full(desk: Desk) -> Iterator[None]:
    """Let SQLite find no room for another page, as on a full disk."""
    engine = desk.store.engine

    def limit(connection: sqlite3.Connection, _: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    engine.dispose()
    sa.event.listen(engine, "connect", limit)
    try:
        yield
    finally:
        sa.event.remove(engine, "connect", limit)
        engine.dispose()


@contextmanager
def stopped(server: Any) -> Iterator[None]:
    """Stop a PostgreSQL server, and start it again."""
    server.stop()
    try:
        yield
    finally:
        with server._lock:
            server.ensure_postgres_running()


Outage = Callable[[], Any]
