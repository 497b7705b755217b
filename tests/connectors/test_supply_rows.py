"""What SqlSupply makes of rows: on SQLite and on a real PostgreSQL, with other names, damaged values, and odd hours."""

import sqlite3
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connectors.legacy.numbers import MoneyScale
from connectors.supply.engine import UnknownSupplyDatabase, open_supply
from connectors.supply.settings import PaymentsTable, StagingTable
from connectors.supply.sql import SqlSupply
from connectors.transport.deadline import Deadline
from schema.errors import UpstreamError, UpstreamMalformed, UpstreamTimeout, UpstreamUnavailable
from schema.identifiers import AccountNumber
from schema.money import Money
from schema.paging import Page, Slice
from schema.payments import Payment, PaymentState, payment_position
from tests.connectors.contract.supply import good
from tests.connectors.legacy_supply import (
    NUMBER,
    Filled,
    fill_postgres,
    filled,
    payment_row,
    settings,
    sqlite_supply,
    staging_row,
)
from tests.databases import postgres
from tests.postgres import Postgres

__all__ = ["filled", "postgres"]

ACCOUNT, OTHER = AccountNumber(NUMBER), AccountNumber("112345678901")
TEN = Page(10)


async def payments(url: str, page: Page = TEN, **changes: Any) -> Slice[Payment] | UpstreamError:  # noqa: ANN401 -- any setting
    supply = SqlSupply(settings(url, **changes))
    (answer,) = await supply.payments([ACCOUNT], page, Deadline.within(10))
    await supply.aclose()
    return answer


async def test_row_is_read_as_it_is(filled: Filled) -> None:
    row = payment_row(7, data_opl=datetime(2026, 7, 1, 23, 59, 59, 123456), data_prov=date(2026, 7, 3), sost=3)  # noqa: DTZ001
    assert await payments(await filled([row])) == Slice(
        [
            Payment(
                account_number=ACCOUNT,
                reference="7",
                amount=Money(10_050, "UAH"),
                state=PaymentState.POSTED,
                operator="EASYPAY",
                receipt_number="K7",
                accepted_at=datetime(2026, 7, 1, 20, 59, 59, 123456, UTC),
                settled_on=date(2026, 1, 2),
                posted_on=date(2026, 7, 3),
            )
        ],
        has_more=False,
        total=1,
    )


async def test_names_codes_and_scale_are_configured(filled: Filled) -> None:
    url = await filled(
        [payment_row(1, kanal="EP", sost=2)],
        [staging_row(1, kanal="EP")],
        {"payments": "oplaty", "staging": "vhod"},
    )
    supply = SqlSupply(
        settings(
            url,
            payments=PaymentsTable(name="oplaty"),
            staging=replace(StagingTable(), name="vhod"),
            operators={"EP": "EASYPAY"},
            states={2: PaymentState.POSTED},
        )
    )
    (found,), (waiting,) = (
        good(await supply.payments([ACCOUNT], Page(5), Deadline.within(10))),
        good(await supply.pending([ACCOUNT], Deadline.within(10))),
    )
    await supply.aclose()
    assert (found.rows[0].operator, found.rows[0].state) == ("EASYPAY", PaymentState.POSTED)
    assert waiting[0].operator == "EASYPAY"


async def test_tables_may_live_in_a_schema_of_their_own(postgres: Postgres) -> None:
    await fill_postgres(postgres, [payment_row(1)], (), {"payments": "zbut.platezhi"})
    found = await payments(postgres.url(), payments=PaymentsTable(name="zbut.platezhi"))
    assert isinstance(found, Slice)
    assert found.total == 1


async def test_columns_may_have_other_names(tmp_path: Path) -> None:
    url = sqlite_supply(tmp_path / "s.db", [payment_row(1)])
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("alter table platezhi rename column ls to lits_schet")
        connection.execute("alter table platezhi rename column id_plat to nomer")
    connection.close()
    found = await payments(url, payments=PaymentsTable(account="lits_schet", id="nomer"))
    assert isinstance(found, Slice)
    assert [row.reference for row in found.rows] == ["1"]


async def test_amounts_may_be_kept_in_minor_units(filled: Filled) -> None:
    found = await payments(await filled([payment_row(1, summa=Decimal(10_050))]), money_scale=MoneyScale.MINOR)
    assert isinstance(found, Slice)
    assert found.rows[0].amount == Money(10_050, "UAH")


async def test_numbers_kept_without_their_zeros_are_found(filled: Filled) -> None:
    found = await payments(await filled([payment_row(1, ls=NUMBER.lstrip("0"))]), zeros_are_stored=False)
    assert isinstance(found, Slice)
    assert [row.account_number for row in found.rows] == [ACCOUNT]


@pytest.mark.parametrize(
    "damage",
    [{"sost": 4}, {"val": "USD"}, {"summa": None}, {"kanal": None}, {"data_opl": None}, {"sost": None}],
    ids=str,
)
async def test_damaged_row_takes_its_own_account_and_no_other(filled: Filled, damage: dict[str, Any]) -> None:
    supply = SqlSupply(settings(await filled([payment_row(1, **damage), payment_row(2, ls=OTHER)])))
    mine, others = await supply.payments([ACCOUNT, OTHER], Page(5), Deadline.within(10))
    await supply.aclose()
    assert isinstance(mine, UpstreamMalformed)
    assert isinstance(others, Slice)
    assert [row.reference for row in others.rows] == ["2"]


@pytest.mark.parametrize(
    "damage", [{"data_opl": "01.02.2026"}, {"data_opl": "2026-01-01 10:00:00+02:00"}, {"summa": "x"}]
)
async def test_text_that_sqlite_lets_pass_is_malformed(tmp_path: Path, damage: dict[str, Any]) -> None:
    assert isinstance(await payments(sqlite_supply(tmp_path / "s.db", [payment_row(1, **damage)])), UpstreamMalformed)


async def test_pages_cross_the_hour_that_comes_twice_and_the_one_that_never_comes(filled: Filled) -> None:
    moments = [
        datetime(2026, 3, 29, 2, 59),  # noqa: DTZ001 -- the legacy system's local time
        datetime(2026, 3, 29, 3, 30),  # noqa: DTZ001 -- clocks skip it in Kyiv
        datetime(2026, 3, 29, 4, 0),  # noqa: DTZ001
        datetime(2026, 10, 25, 2, 59),  # noqa: DTZ001
        datetime(2026, 10, 25, 3, 30),  # noqa: DTZ001 -- clocks show it twice
        datetime(2026, 10, 25, 3, 30),  # noqa: DTZ001
        datetime(2026, 10, 25, 4, 0),  # noqa: DTZ001
    ]
    url = await filled([payment_row(key, data_opl=moment) for key, moment in enumerate(moments, 1)])
    seen: list[str] = []
    after: str | None = None
    for _ in moments:
        page = await payments(url, Page(1, after))
        assert isinstance(page, Slice)
        seen.append(page.rows[0].reference)
        after = payment_position(page.rows[0])
    assert seen == ["7", "6", "5", "4", "3", "2", "1"]
    in_utc = await payments(url, Page(9, "2026-10-25T02:00:00+00:00|7"))
    assert isinstance(in_utc, Slice)
    assert [row.reference for row in in_utc.rows] == ["6", "5", "4", "3", "2", "1"]


async def test_missing_table_is_not_available_and_names_nothing(filled: Filled) -> None:
    found = await payments(await filled([]), payments=PaymentsTable(name="net_takoi"))
    assert isinstance(found, UpstreamUnavailable)
    assert "net_takoi" not in str(found)


async def test_database_is_only_read(filled: Filled) -> None:
    engine = open_supply(settings(await filled([payment_row(1)])))
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match=r"read-?only"):
            await connection.execute(text("delete from platezhi"))
    await engine.dispose()


async def test_connection_cut_by_the_server_is_replaced_unnoticed(postgres: Postgres) -> None:
    await fill_postgres(postgres, [payment_row(1)])
    supply = SqlSupply(settings(postgres.url()))
    good(await supply.payments([ACCOUNT], Page(5), Deadline.within(10)))
    killer = await asyncpg.connect(postgres.url(driver="postgresql"))
    cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'gridgate'"
    assert await killer.fetchval(cut) == 1
    await killer.close()
    good(await supply.payments([ACCOUNT], Page(5), Deadline.within(10)))
    await supply.aclose()


async def test_lock_on_a_real_table_does_not_outlive_the_deadline(
    postgres: Postgres,
) -> None:
    await fill_postgres(postgres, [payment_row(1)])
    supply = SqlSupply(settings(postgres.url(), timeout_s=3))
    locker = await asyncpg.connect(postgres.url(driver="postgresql"))
    transaction = locker.transaction()
    await transaction.start()
    await locker.execute("lock table platezhi in access exclusive mode")
    began = time.monotonic()
    (answer,) = await supply.payments([ACCOUNT], Page(5), Deadline.within(0.2))
    assert time.monotonic() - began < 1.5
    assert isinstance(answer, UpstreamTimeout)
    await transaction.rollback()
    good(await supply.payments([ACCOUNT], Page(5), Deadline.within(10)))
    await locker.close()
    await supply.aclose()


async def test_locked_file_does_not_outlive_the_deadline(tmp_path: Path) -> None:
    url = sqlite_supply(tmp_path / "s.db", [payment_row(1)])
    supply = SqlSupply(settings(url, timeout_s=0.5))
    good(await supply.payments([ACCOUNT], Page(5), Deadline.within(10)))
    locker = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    locker.execute("begin exclusive")
    began = time.monotonic()
    (answer,) = await supply.payments([ACCOUNT], Page(5), Deadline.within(0.1))
    assert time.monotonic() - began < 1
    assert isinstance(answer, UpstreamError)
    locker.execute("rollback")
    locker.close()
    good(await supply.payments([ACCOUNT], Page(5), Deadline.within(10)))
    await supply.aclose()


def test_password_is_not_shown() -> None:
    assert "hunter2" not in repr(settings("postgresql+asyncpg://u:hunter2@127.0.0.1/d"))


def test_other_databases_are_refused_with_the_remedy() -> None:
    with pytest.raises(UnknownSupplyDatabase, match=r"postgresql\+asyncpg://"):
        SqlSupply(settings("mysql+aiomysql://127.0.0.1/d"))
