"""What SqlSupply gives as waiting to be posted: rows of two tables, on SQLite and on a real PostgreSQL."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from connectors.supply.settings import PaymentsTable
from connectors.supply.sql import SqlSupply
from connectors.transport.deadline import Deadline
from schema.errors import UpstreamError, UpstreamMalformed
from schema.identifiers import AccountNumber
from schema.money import Money
from schema.payments import Payment, PaymentState
from tests.connectors.contract.supply import good
from tests.connectors.legacy_supply import NUMBER, Filled, fill_postgres, filled, payment_row, settings, staging_row
from tests.databases import postgres
from tests.postgres import Postgres

__all__ = ["filled", "postgres"]

ACCOUNT, OTHER = AccountNumber(NUMBER), AccountNumber("112345678901")


async def pending(url: str, **changes: Any) -> Sequence[Payment]:  # noqa: ANN401 -- any setting
    supply = SqlSupply(settings(url, **changes))
    (found,) = good(await supply.pending([ACCOUNT], Deadline.within(10)))
    await supply.aclose()
    return found


async def test_payments_wait_in_either_table_until_they_are_posted(filled: Filled) -> None:
    at = [datetime(2026, 2, day, 12, 0) for day in range(1, 8)]  # noqa: DTZ001 -- the legacy system's local time
    found = await pending(
        await filled(
            [
                payment_row(1, data_opl=at[1], sost=1, data_zach=None),
                payment_row(2, data_opl=at[2], sost=2),
                payment_row(3, data_opl=at[3], sost=3, data_prov=date(2026, 2, 5)),
                payment_row(4, data_opl=at[4], sost=9),
                payment_row(5, ls=OTHER, sost=2),
            ],
            [
                staging_row(1, data_opl=at[0]),
                staging_row(2, data_opl=at[3], obrab=1, id_plat=3),
                staging_row(3, data_opl=at[6]),
                staging_row(4, data_opl=at[1], obrab=1, id_plat=1),
                staging_row(5, ls=OTHER),
            ],
        )
    )
    assert [(row.reference, row.state, row.settled_on, row.receipt_number) for row in found] == [
        ("incoming-3", PaymentState.ACCEPTED, None, None),
        ("2", PaymentState.SETTLED, date(2026, 1, 2), "K2"),
        ("1", PaymentState.ACCEPTED, None, "K1"),
        ("incoming-1", PaymentState.ACCEPTED, None, None),
    ]
    assert [row.amount for row in found] == [Money(minor, "UAH") for minor in (1_000, 10_050, 10_050, 1_000)]
    assert {row.posted_on for row in found} == {None}


async def test_one_number_in_both_tables_is_two_payments(filled: Filled) -> None:
    at = datetime(2026, 2, 1, 12, 0)  # noqa: DTZ001 -- the legacy system's local time
    found = await pending(await filled([payment_row(5, data_opl=at)], [staging_row(5, data_opl=at)]))
    assert [row.reference for row in found] == ["incoming-5", "5"]


async def test_newest_hundred_of_both_tables_are_given(filled: Filled) -> None:
    start = datetime(2026, 1, 1)  # noqa: DTZ001 -- the legacy system's local time
    hours = [start + timedelta(hours=key // 4) for key in range(120)]
    posted = [payment_row(key, data_opl=start + timedelta(days=9), sost=3) for key in range(200, 400)]
    rows = [payment_row(key, data_opl=hour) for key, hour in enumerate(hours) if key % 2]
    staged = [staging_row(key, data_opl=hour) for key, hour in enumerate(hours) if not key % 2]
    found = await pending(await filled([*posted, *rows], staged))
    assert len(found) == 100
    assert sorted(int(row.reference.removeprefix("incoming-")) for row in found) == list(range(20, 120))
    assert [row.reference for row in found[:4]] == ["incoming-118", "incoming-116", "119", "117"]


@pytest.mark.parametrize(
    ("states", "waiting"),
    [
        ({1: PaymentState.POSTED, 2: PaymentState.REVERSED, 7: PaymentState.SETTLED, 8: PaymentState.ACCEPTED}, "78"),
        ({7: PaymentState.POSTED}, ""),
    ],
    ids=["other codes", "none that waits"],
)
async def test_codes_of_what_waits_are_configured(
    filled: Filled, states: dict[int, PaymentState], waiting: str
) -> None:
    url = await filled([payment_row(code, sost=code) for code in (1, 2, 7, 8)], [staging_row(6)])
    found = await pending(url, states=states)
    assert sorted(row.reference for row in found) == [*waiting, "incoming-6"]


async def test_damaged_row_that_waits_takes_its_own_account_and_no_other(filled: Filled) -> None:
    url = await filled([payment_row(1, kanal=None), payment_row(2, ls=OTHER)], [staging_row(3), staging_row(4)])
    supply = SqlSupply(settings(url))
    mine, others = await supply.pending([ACCOUNT, OTHER], Deadline.within(10))
    await supply.aclose()
    assert isinstance(mine, UpstreamMalformed)
    assert not isinstance(others, UpstreamError)
    assert [row.reference for row in others] == ["2"]


async def test_tables_may_keep_one_thing_in_columns_of_different_types(postgres: Postgres) -> None:
    await fill_postgres(postgres, [payment_row(1, nom_kvit="77")], [staging_row(2)])
    connection = await asyncpg.connect(postgres.url(driver="postgresql"))
    await connection.execute(
        "alter table platezhi alter nom_kvit type bigint using nom_kvit::bigint, alter data_zach type timestamp, "
        "alter sost type numeric(2), alter id_plat type integer, alter summa type bigint, alter val type varchar(9)"
    )
    await connection.close()
    received, paid = await pending(postgres.url())
    assert (received.reference, received.amount) == ("incoming-2", Money(1_000, "UAH"))
    assert (paid.reference, paid.receipt_number, paid.settled_on) == ("1", "77", date(2026, 1, 2))


async def test_two_of_our_names_may_mean_one_column(filled: Filled) -> None:
    names = PaymentsTable(settled_on="data_opl", posted_on="data_prov", operator="nom_kvit")
    found = await pending(await filled([payment_row(1)], [staging_row(2)]), payments=names)
    assert [(row.reference, row.operator, row.settled_on) for row in found] == [
        ("incoming-2", "EASYPAY", None),
        ("1", "K1", date(2026, 1, 1)),
    ]
