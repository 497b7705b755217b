"""The same tables in a real PostgreSQL: created when missing, and filled from the world."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

import asyncpg
from rich.console import Console
from rich.progress import track

from sandbox.supply.rows import Row, incoming_row, payment_row
from sandbox.supply.tables import RECEIPTS_IN_POSTGRES, TABLES, Table, postgres_ddl
from sandbox.world import World

__all__ = ["seed"]

_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_ONE_AT_A_TIME = 7_734_201
"""Key of the advisory lock that lets one sandbox seed at a time."""


async def seed(world: World, url: str, *, accounts: int) -> None:
    """Create the tables and write the payments, receipts and staging rows of the first `accounts` accounts.

    Doing it again brings the same rows up to date and leaves every other row alone, so that what others have put into
    the staging table stays. Progress goes to stderr. All or nothing: it is one transaction.

    Args:
        world: where the rows come from, as of its clock.
        url: `postgresql://...` or `postgresql+asyncpg://...`; the user must be allowed to create tables.
        accounts: so many, at most as many as the world has.
    """
    connection = await asyncpg.connect(url.replace("+asyncpg", "", 1))
    try:
        async with connection.transaction():
            await connection.execute(f"select pg_advisory_xact_lock({_ONE_AT_A_TIME})")
            for statement in postgres_ddl():
                await connection.execute(statement)
            await _merge(connection, TABLES["platezhi"], _payments(world, min(accounts, world.size)))
            await connection.execute(f"insert into kvitancii {RECEIPTS_IN_POSTGRES} on conflict do nothing")
            await _merge(connection, TABLES["plat_vhod"], _incoming(world))
    finally:
        await connection.close()


async def _merge(connection: asyncpg.Connection, table: Table, batches: Iterable[list[Row]]) -> None:
    """COPY rows into a table of the moment, and from there into their place, over the rows with the same key."""
    fresh = f"fresh_{table.name}"
    key = next(column.name for column in table.columns if column.key in {"primary", "unique"})
    names = [column.name for column in table.columns if column.key != "identity"]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name != key)
    listed = ", ".join(names)
    await connection.execute(f"create temporary table {fresh} (like {table.name}) on commit drop")
    await connection.copy_to_table(fresh, source=_as_text(table, batches), format="text")
    await connection.execute(
        f"insert into {table.name} ({listed}) select {listed} from {fresh} order by {table.columns[0].name} "  # noqa: S608 - names of our own tables
        f"on conflict ({key}) do update set {changes}"
    )


async def _as_text(table: Table, batches: Iterable[list[Row]]) -> AsyncIterator[bytes]:
    """Write rows in COPY's text format."""
    writers = [column.type.to_text for column in table.columns]
    for rows in batches:
        lines = (
            "\t".join(
                r"\N" if value is None else write(value).translate(_ESCAPES)
                for write, value in zip(writers, row, strict=True)
            )
            for row in rows
        )
        yield "".join(f"{line}\n" for line in lines).encode()


def _payments(world: World, accounts: int) -> Iterator[list[Row]]:
    console = Console(stderr=True)
    for index in track(range(accounts), "Filling the supply database", console=console, transient=True):
        yield [payment_row(payment, world.utility) for payment in world.payments(world.number(index))]


def _incoming(world: World) -> Iterator[list[Row]]:
    yield [incoming_row(incoming, incoming.id, world.utility) for incoming in world.incoming_payments()]
