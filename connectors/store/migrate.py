"""Migrate: bring the store's tables up to date, safely when several processes start at once.

Everything happens in one transaction: on SQLite it holds the write lock, on PostgreSQL an advisory lock, so a second
process waits and then finds nothing left to do.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from connectors.store.engine import open_store, reading

T = TypeVar("T")

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 4_743_200_201
"""Our number among PostgreSQL's advisory locks; any constant does that no other program on the server uses."""


def configuration(connection: Connection | None = None) -> Config:
    """Return alembic's configuration for the migrations in this package, on an open connection where one is given."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


async def upgrade(url: str) -> None:
    """Bring the tables to the newest revision; does nothing where they are there already."""
    await _alone(url, lambda connection: command.upgrade(configuration(connection), "head"))


async def downgrade(url: str, revision: str = "base") -> None:
    """Take the tables back to an older revision; what newer ones hold is lost."""
    await _alone(url, lambda connection: command.downgrade(configuration(connection), revision))


async def current(url: str) -> str | None:
    """Return the revision that the tables are at, None for an empty database."""
    engine = open_store(url)
    try:
        async with reading(engine) as connection:
            return await connection.run_sync(lambda opened: MigrationContext.configure(opened).get_current_revision())
    finally:
        await engine.dispose()


async def is_up_to_date(url: str) -> bool:
    """Tell whether the tables are at the newest revision that this program knows."""
    return await current(url) == ScriptDirectory.from_config(configuration()).get_current_head()


async def _alone(url: str, work: Callable[[Connection], T]) -> T:
    """Do the work in one transaction while no other process does the same."""
    engine = open_store(url)
    try:
        async with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
