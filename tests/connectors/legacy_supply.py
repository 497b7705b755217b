"""A supply system of a test's own: the legacy tables in an SQLite file or a real PostgreSQL, with the rows it gives."""

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import asyncpg
import pytest

from connectors.supply.settings import SupplySettings
from schema.identifiers import AccountNumber
from tests.connectors.contract.supply import SupplySample
from tests.postgres import Postgres
from tests.sandbox_process import Sandbox

NUMBER = "012345678901"
UNKNOWN = AccountNumber("999999999999")
Filled = Callable[..., Awaitable[str]]
_PAYMENTS = (
    "id_plat bigint primary key, ls varchar(20), data_opl timestamp, data_zach date, data_prov date, "
    "summa numeric(14,2), val char(3), kanal varchar(20), nom_kvit varchar(30), sost smallint"
)
_STAGING = (
    "id bigint primary key, vnesh_id varchar(64) unique, ls varchar(20), summa numeric(14,2), val char(3), "
    "kanal varchar(20), data_opl timestamp, obrab smallint, id_plat bigint"
)


def payment_row(key: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- any column
    """Return a good row of the table of payments."""
    return {
        "id_plat": key,
        "ls": NUMBER,
        "data_opl": datetime(2026, 1, 1, 12, 0),  # noqa: DTZ001 -- the legacy system's local time
        "data_zach": date(2026, 1, 2),
        "data_prov": None,
        "summa": Decimal("100.50"),
        "val": "UAH",
        "kanal": "EASYPAY",
        "nom_kvit": f"K{key}",
        "sost": 2,
        **changes,
    }


def staging_row(key: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- any column
    """Return a good row of the staging table."""
    return {
        "id": key,
        "vnesh_id": f"V{key}",
        "ls": NUMBER,
        "summa": Decimal("10.00"),
        "val": "UAH",
        "kanal": "EASYPAY",
        "data_opl": datetime(2026, 1, 3, 12, 0),  # noqa: DTZ001 -- the legacy system's local time
        "obrab": 0,
        "id_plat": None,
        **changes,
    }


def settings(url: str, **changes: Any) -> SupplySettings:  # noqa: ANN401 -- any setting
    given = {"time_zone": "Europe/Kyiv", "currency": "UAH", "account_digits": 12, **changes}
    return SupplySettings(url=url, **given)


def sample_of(sandbox: Sandbox) -> SupplySample:
    """Choose accounts of a sandbox, the first with a payment that waits to be posted."""
    known = [AccountNumber(number) for number in sandbox.holder(10).numbers]
    many = [AccountNumber(number) for number in sandbox.holder(60).numbers]
    sandbox.post("/payments", {"account": known[0], "amount": "12.34", "posted": False})
    return SupplySample(known, many, UNKNOWN, "UAH", "Europe/Kyiv")


def sqlite_supply(
    path: Path,
    payments: Sequence[Mapping[str, Any]],
    staging: Sequence[Mapping[str, Any]] = (),
    names: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Make the tables in a file and return its URL; `names` renames tables, `payments` and `staging`."""
    with closing(sqlite3.connect(path)) as connection:
        for table, definition, rows in _tables(payments, staging, names):
            connection.execute(f"create table {table} ({definition})")
            for row in rows:
                marks = ", ".join("?" * len(row))
                connection.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", _texts(row))  # noqa: S608 -- names of our own
        connection.commit()
    return f"sqlite+aiosqlite:///{path}"


async def fill_postgres(
    server: Postgres,
    payments: Sequence[Mapping[str, Any]],
    staging: Sequence[Mapping[str, Any]] = (),
    names: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Make the tables anew in the server's first database."""
    connection = await asyncpg.connect(server.url(driver="postgresql"))
    try:
        for table, definition, rows in _tables(payments, staging, names):
            if "." in table:
                await connection.execute(f"create schema if not exists {table.partition('.')[0]}")
            await connection.execute(f"drop table if exists {table}")
            await connection.execute(f"create table {table} ({definition})")
            for row in rows:
                marks = ", ".join(f"${at + 1}" for at in range(len(row)))
                await connection.execute(
                    f"insert into {table} ({', '.join(row)}) values ({marks})",  # noqa: S608 -- names of our own
                    *row.values(),
                )
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Filled:
    """Make a supply system of given rows and return its URL."""

    server: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None

    async def fill(*rows_and_names: Any) -> str:  # noqa: ANN401 -- what `sqlite_supply` takes
        if server is None:
            return sqlite_supply(tmp_path / "supply.db", *rows_and_names)
        await fill_postgres(server, *rows_and_names)
        return server.url()

    return fill


def _tables(
    payments: Sequence[Mapping[str, Any]], staging: Sequence[Mapping[str, Any]], names: Mapping[str, str]
) -> list[tuple[str, str, Sequence[Mapping[str, Any]]]]:
    return [
        (names.get("payments", "platezhi"), _PAYMENTS, payments),
        (names.get("staging", "plat_vhod"), _STAGING, staging),
    ]


def _texts(row: Mapping[str, Any]) -> list[Any]:
    """Write values as SQLite keeps them: times with a space, amounts as numbers."""
    return [
        value.isoformat(" ")
        if isinstance(value, datetime)
        else value.isoformat()
        if isinstance(value, date)
        else float(value)
        if isinstance(value, Decimal)
        else value
        for value in row.values()
    ]
