"""Fixtures of the store: an empty, migrated database of our own on SQLite and on a real PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.engine import open_store
from connectors.store.migrate import upgrade
from tests.postgres import Postgres, PostgresMissing, private_postgres

_NUMBERS = count()
_TEMPLATE = "migrated"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Run a server, or skip with the reason where there is none to run."""
    try:
        with private_postgres() as server:
            yield server
    except PostgresMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> Postgres:
    """Make the database that others are copies of."""
    _create_database(postgres, _TEMPLATE, "template1")
    asyncio.run(upgrade(postgres.url(_TEMPLATE)))
    return postgres


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the file that others are copies of."""
    path = tmp_path_factory.mktemp("store") / "migrated.db"
    asyncio.run(upgrade(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    return _fresh(request.getfixturevalue("postgres"), "template1")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the URL of a migrated database with no rows, on each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path / "store.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite+aiosqlite:///{path}"
    return _fresh(request.getfixturevalue("migrated_postgres"), _TEMPLATE)


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[AsyncEngine]:
    """Open the migrated database."""
    engine = open_store(store_url)
    yield engine
    await engine.dispose()


def _fresh(server: Postgres, template: str) -> str:
    name = f"test_{next(_NUMBERS)}"
    _create_database(server, name, template)
    return server.url(name)


def _create_database(server: Postgres, name: str, template: str) -> None:
    async def create() -> None:
        connection = await asyncpg.connect(server.url(driver="postgresql"))
        try:
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        finally:
            await connection.close()

    asyncio.run(create())
