"""The store's migrations: up, down, no drift from the tables, and two processes that start at once."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from sqlalchemy import Table, inspect

from connectors.store import authorization_tables, sign_in_tables
from connectors.store import tables as first_tables
from connectors.store.engine import open_store, reading
from connectors.store.migrate import configuration, current, downgrade, is_up_to_date, upgrade
from tests.race import race

TABLES = {
    table.name
    for module in (first_tables, sign_in_tables, authorization_tables)
    for table in vars(module).values()
    if isinstance(table, Table)
}


async def tables(url: str) -> set[str]:
    engine = open_store(url)
    async with reading(engine) as connection:
        found = await connection.run_sync(lambda opened: inspect(opened).get_table_names())
    await engine.dispose()
    return set(found)


async def test_upgrade_makes_the_tables_and_repeating_it_changes_nothing(empty_url: str) -> None:
    assert await current(empty_url) is None
    assert not await is_up_to_date(empty_url)
    for _ in range(2):
        await upgrade(empty_url)
        assert await current(empty_url) == "0002"
        assert await is_up_to_date(empty_url)
    assert await tables(empty_url) == {*TABLES, "alembic_version"}


async def test_downgrade_takes_everything_back(store_url: str) -> None:
    await downgrade(store_url)
    assert await current(store_url) is None
    assert await tables(store_url) == {"alembic_version"}
    await upgrade(store_url)
    assert await is_up_to_date(store_url)


async def test_migrations_do_not_drift_from_the_tables(store_url: str) -> None:
    engine = open_store(store_url)
    async with engine.begin() as connection:
        await connection.run_sync(lambda opened: command.check(configuration(opened)))
    await engine.dispose()


def test_migrations_lie_in_the_package() -> None:
    location = configuration().get_main_option("script_location")
    assert location is not None
    assert Path(location).is_absolute()
    assert (Path(location) / "env.py").exists()


def migrate(start: Callable[[], None], _runner: int, url: str) -> str:
    start()
    asyncio.run(upgrade(url))
    return "migrated"


def test_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    assert race(migrate, empty_url, runners=3) == ["migrated"] * 3
    assert asyncio.run(is_up_to_date(empty_url))
