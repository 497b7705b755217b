"""The supply stand-in beside a real PostgreSQL: one client, the same statements, the same rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox.supply.postgres import seed
from tests.postgres import PostgresMissing, private_postgres
from tests.sandbox.supply import (
    INCOMING,
    PAYMENTS,
    RECEIPTS,
    Stand,
    engine,
    incoming,
    newest,
    raw,
    running,
    still_world,
    waiting,
)

Ask = Callable[[Sequence[str]], sa.Executable]
P, R = PAYMENTS.c, RECEIPTS.c
DAY = date(2026, 3, 1)
MOMENT = datetime(2026, 3, 1, 12, 30)  # noqa: DTZ001 - the legacy system's local time without a zone
INTO = "insert into plat_vhod (vnesh_id, ls, summa, val, kanal, data_opl, obrab) values"
STATEMENTS: dict[str, Ask] = {
    "newest twelve with totals": lambda numbers: newest(numbers, 12),
    "newest before a moment": lambda numbers: newest(numbers, 5, P.data_opl < MOMENT),
    "paid since a date": lambda numbers: newest(numbers, 99, P.data_opl >= sa.cast(DAY, sa.Date)),
    "settled between dates": lambda numbers: newest(numbers, 99, P.data_zach.between(DAY, date(2026, 6, 1))),
    "not settled yet": lambda numbers: newest(numbers, 99, P.data_zach.is_(None)),
    "amount against a whole number": lambda numbers: newest(numbers, 99, P.summa > 900),
    "amount against decimals": lambda numbers: newest(
        numbers, 99, P.summa.between(Decimal("500.5"), Decimal("700.005"))
    ),
    "two hundred numbers": lambda numbers: newest([*numbers, *(f"{at:012d}" for at in range(200 - len(numbers)))], 1),
    "no number at all": lambda _: newest([], 3),
    "sums by account": lambda numbers: (
        sa.select(P.ls, sa.func.count(), sa.func.sum(P.summa), sa.func.max(P.data_opl), sa.func.min(P.data_zach))
        .where(P.ls.in_(numbers))
        .group_by(P.ls)
        .having(sa.func.sum(P.summa) > Decimal(1000))
        .order_by(P.ls)
    ),
    "with receipts": lambda numbers: (
        sa.select(P.id_plat, P.nom_kvit, R.fisk_nom, R.data_kvit)
        .join_from(PAYMENTS, RECEIPTS, P.id_plat == R.id_plat)
        .where(P.ls == numbers[0])
        .order_by(P.id_plat)
    ),
    "nulls come last": lambda numbers: (
        sa.select(P.id_plat, P.data_prov).where(P.ls.in_(numbers)).order_by(P.data_prov, P.id_plat)
    ),
    "nulls come first downwards": lambda numbers: (
        sa.select(P.id_plat, P.data_prov).where(P.ls.in_(numbers)).order_by(P.data_prov.desc(), P.id_plat).limit(30)
    ),
    "page by offset": lambda numbers: (
        sa.select(P.id_plat).where(P.ls.in_(numbers)).order_by(P.id_plat).limit(7).offset(5)
    ),
    "letters matter": lambda numbers: (
        sa.select(P.id_plat).where(P.ls.in_(numbers), P.kanal.like("p%")).order_by(P.id_plat)
    ),
    "case and coalesce": lambda numbers: (
        sa.select(
            P.id_plat,
            sa.case((P.sost == 9, "reversed"), else_=P.kanal).label("what"),
            sa.func.coalesce(P.data_prov, P.data_zach).label("day"),
        )
        .where(P.ls == numbers[1])
        .order_by(P.id_plat)
    ),
    "literals in the text": lambda numbers: sa.text(
        f"select data_opl::date as d, summa, ls from platezhi where ls = '{numbers[0]}' and summa >= 100.50 "  # noqa: S608 - the test's own numbers
        "and data_opl > timestamp '2025-01-01 00:00:00' and data_opl < date '2026-10-01' order by id_plat"
    ),
    "a common table expression": lambda numbers: sa.text(
        "with mine as (select ls as account, summa as amount, sost from platezhi where ls = any(:numbers)) "
        "select account, sum(amount) as amount, count(*) from mine where sost in (1, 2, 3) group by account order by 1"
    ).bindparams(sa.bindparam("numbers", list(numbers), type_=sa.ARRAY(sa.String))),
    "not posted yet, from both tables": lambda numbers: waiting(numbers, 3),
    "a union in the order of what one half lacks": lambda numbers: sa.text(
        "select cast(null as date) as day, id as number, ls as account, null as receipt, cast(null as numeric(14, 2)) "
        "from plat_vhod where ls = any(:numbers) and obrab = 0 "
        "union all select data_zach, id_plat, ls, nom_kvit, summa from platezhi where ls = any(:numbers) and sost <> 3 "
        "order by day desc, number"
    ).bindparams(sa.bindparam("numbers", list(numbers), type_=sa.ARRAY(sa.String))),
    "a union without doubles": lambda numbers: sa.union(
        sa.select(P.sost, P.val), sa.select(P.sost, P.val).where(P.ls.in_(numbers))
    ).order_by("sost"),
    "nothing but values": lambda _: sa.select(
        sa.literal(5), sa.literal("five"), sa.literal(Decimal("5.25")), sa.literal(DAY), sa.literal(MOMENT), sa.null()
    ),
}


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    try:
        with private_postgres() as postgres:
            asyncio.run(seed(still_world(), postgres.url(), accounts=120))
            yield postgres.url()
    except PostgresMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with running() as running_stand:
        yield running_stand


@pytest.fixture(params=["sandbox", "postgres"])
async def database(request: pytest.FixtureRequest, stand: Stand) -> AsyncIterator[AsyncEngine]:
    url = stand.supply.url if request.param == "sandbox" else request.getfixturevalue("postgres_url")
    async with engine(url, pool_pre_ping=True) as made:
        yield made


async def rows(url: str, statement: sa.Executable) -> list[tuple[Any, ...]]:
    """Ask inside a read-only transaction, twice over a pool that pings."""
    async with engine(url, pool_pre_ping=True, pool_size=1) as made:
        reader = made.execution_options(postgresql_readonly=True)
        async with reader.connect() as connection:
            first = (await connection.execute(statement)).all()
        async with reader.connect() as connection:
            assert (await connection.execute(statement)).all() == first
    return [tuple(row) for row in first]


@pytest.mark.parametrize("name", STATEMENTS)
async def test_answer_is_that_of_a_real_postgresql(stand: Stand, postgres_url: str, name: str) -> None:
    statement = STATEMENTS[name](stand.numbers(20))
    ours, theirs = await rows(stand.supply.url, statement), await rows(postgres_url, statement)
    assert ours == theirs
    assert [[type(value) for value in row] for row in ours] == [[type(value) for value in row] for row in theirs]
    assert ours or name in {"no number at all", "letters matter"}
    assert sum(stand.counted().values()) == 2


async def test_rows_are_the_worlds_payments(stand: Stand) -> None:
    number = stand.numbers(1)[0]
    payments = stand.world.payments(number)
    found = await rows(stand.supply.url, newest([number], 1000))
    assert [row[0] for row in found] == [payment.id for payment in reversed(payments)]
    newest_of_all = payments[-1]
    assert found[0][1:7] == (
        number,
        newest_of_all.accepted_at.replace(tzinfo=None),
        newest_of_all.settled_on,
        newest_of_all.posted_on,
        Decimal(newest_of_all.amount_minor) / 100,
        "UAH",
    )


async def test_a_million_accounts_are_served_from_any_number() -> None:
    async with running(1_000_000) as stand:
        found = await rows(stand.supply.url, newest([stand.world.number(999_999)], 3))
    assert [row[-2] for row in found] == [1, 2, 3]


async def test_new_payments_and_later_states_show_at_once(stand: Stand) -> None:
    number = stand.numbers(1)[0]
    before = await rows(stand.supply.url, newest([number], 1000))
    made = stand.world.make_payment(number, 12_345, "MONOBANK")
    after = await rows(stand.supply.url, newest([number], 1000))
    posted = (made.id, number, stand.world.now().replace(tzinfo=None), date(2026, 11, 18), date(2026, 11, 18))
    assert [row[:8] for row in after if row[0] == made.id] == [(*posted, Decimal("123.45"), "UAH", "MONOBANK")]
    assert len(after) == len(before) + 1
    stand.world.clock.advance(90 * 86_400)
    later = await rows(stand.supply.url, newest([number], 1000))
    assert len(later) > len(after)
    assert all(row[4] is not None for row in later if row[0] in {row[0] for row in before} and row[9] != 9)


async def test_insert_tells_its_id_and_arrives_with_commit(database: AsyncEngine, stand: Stand) -> None:
    number = stand.numbers(1)[0]
    values = {"ls": number, "summa": Decimal("10.50"), "val": "UAH", "kanal": "X", "data_opl": MOMENT, "obrab": 0}
    insert = sa.insert(INCOMING).returning(INCOMING.c.id, INCOMING.c.summa)
    async with database.begin() as connection:
        first = (await connection.execute(insert.values(vnesh_id="a", **values))).one()
        assert first.summa == Decimal("10.50")
        assert [row.id for row in await connection.execute(incoming([number]))] == [first.id]
    async with database.connect() as connection:
        lost = (await connection.execute(insert.values(vnesh_id="b", **values))).one()
        await connection.rollback()
    async with database.begin() as connection:
        second = (await connection.execute(insert.values(vnesh_id="c", **values))).one()
        async with connection.begin_nested() as savepoint:
            await connection.execute(insert.values(vnesh_id="d", **values))
            await savepoint.rollback()
    assert first.id < lost.id < second.id
    async with database.connect() as connection:
        found = (await connection.execute(incoming([number]))).all()
        assert [tuple(row) for row in found] == [
            (first.id, "a", number, Decimal("10.50"), "UAH", "X", MOMENT, 0, None),
            (second.id, "c", number, Decimal("10.50"), "UAH", "X", MOMENT, 0, None),
        ]
        await connection.rollback()
        with pytest.raises(IntegrityError) as refused:
            await connection.execute(insert.values(vnesh_id="a", **values))
        assert refused.value.orig is not None
        assert getattr(refused.value.orig, "sqlstate", None) == "23505"


async def test_payments_wait_in_either_table_until_they_are_posted(stand: Stand, postgres_url: str) -> None:
    numbers = stand.numbers(120)[1:]  # others leave rows of the first one in PostgreSQL
    ours, theirs = [await staged_and_waiting(url, numbers) for url in (stand.supply.url, postgres_url)]
    assert ours == theirs
    assert {row[0] for row in ours if row[0] < 0} == {-1, -3}
    assert {row[7] for row in ours} == {None, 1, 2}


async def staged_and_waiting(url: str, numbers: Sequence[str]) -> list[tuple[Any, ...]]:
    """Insert three staging rows, the second of them processed, ask what waits, and take them back; ids are -1 to -3."""
    async with engine(url) as made, made.connect() as connection:
        for place, processed in enumerate((0, 1, 0)):
            values = {"ls": numbers[place // 2], "summa": Decimal("10.50"), "val": "UAH", "kanal": "X"}
            row = sa.insert(INCOMING).values(vnesh_id=f"w{place}", data_opl=MOMENT, obrab=processed, **values)
            last = (await connection.execute(row.returning(INCOMING.c.id))).scalar_one()
        found = (await connection.execute(waiting(numbers, 9))).all()
        await connection.rollback()
    return [(row[0] - last - 1 if row.is_incoming else row[0], *row[1:]) for row in found]


async def test_accepted_inserts_are_the_worlds(stand: Stand) -> None:
    number = stand.numbers(1)[0]
    async with raw(stand.supply.url) as connection:
        await connection.executemany(
            f"{INTO} ($1, $2, $3, 'UAH', 'X', $4, 0)",
            [("a", number, Decimal("10.50"), MOMENT), ("b", number, Decimal("0.01"), MOMENT)],
        )
        taken = stand.world.incoming_payments()
        assert [(row.external_id, row.amount_minor) for row in taken] == [("a", 1050), ("b", 1)]
        assert taken[0].accepted_at == MOMENT.replace(tzinfo=stand.world.utility.zone)
        stand.world.post_incoming(taken[0].id)
        found = await connection.fetch("select vnesh_id, obrab, id_plat is null as waits from plat_vhod order by id")
    assert [tuple(row) for row in found] == [("a", 1, False), ("b", 0, True)]
    assert stand.counted() == {"plat_vhod.insert": 2, "plat_vhod.select": 1}


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("select ls from nowhere", "42P01"),
        ("select nobody from platezhi", "42703"),
        ("select ls from platezhi where nobody = 1", "42703"),
        ("select ls from platezhi where and", "42601"),
        ("insert into plat_vhod (vnesh_id) values ('x')", "23502"),
        (f"{INTO} ('x', '123456789012345678901', 1, 'UAH', 'X', '2026-01-01', 0)", "22001"),
        (f"{INTO} ('x', '1', -1, 'UAH', 'X', '2026-01-01', 0)", "23514"),
        ("select ls from platezhi where data_opl > 'yesterday or so'", "22007"),
        ("select ls, summa from plat_vhod union all select ls from platezhi", "42601"),
    ],
)  # fmt: skip
async def test_mistakes_have_postgresqls_codes(database: AsyncEngine, sql: str, code: str) -> None:
    async with database.connect() as connection:
        with pytest.raises(DBAPIError) as refused:
            await connection.execute(sa.text(sql))
        assert getattr(refused.value.orig, "sqlstate", None) == code
        with pytest.raises(DBAPIError) as aborted:
            await connection.execute(sa.text("select 1"))
        assert getattr(aborted.value.orig, "sqlstate", None) == "25P02"


@pytest.mark.parametrize(
    "writes", [f"{INTO} ('x', '1', 1, 'UAH', 'X', '2026-01-01', 0)", "select ls from plat_vhod for update"]
)
async def test_reader_may_not_write_or_lock(database: AsyncEngine, writes: str) -> None:
    async with database.execution_options(postgresql_readonly=True).connect() as connection:
        with pytest.raises(DBAPIError) as refused:
            await connection.execute(sa.text(writes))
    assert getattr(refused.value.orig, "sqlstate", None) == "25006"


async def test_writer_may_lock_rows(database: AsyncEngine) -> None:
    locked = sa.select(INCOMING.c.id).where(INCOMING.c.ls == "none").with_for_update(skip_locked=True)
    async with database.begin() as connection:
        assert (await connection.execute(locked)).all() == []


async def test_seeding_again_changes_nothing_and_keeps_what_others_wrote(postgres_url: str) -> None:
    count = sa.select(sa.func.count(), sa.func.sum(P.summa))
    insert = f"{INTO} ('kept', '1', 1, 'UAH', 'X', '2026-01-01', 0)"
    async with engine(postgres_url) as made:
        async with made.begin() as connection:
            before = (await connection.execute(count)).one()
            await connection.execute(sa.text(insert))
        await seed(still_world(), postgres_url, accounts=120)
        async with made.begin() as connection:
            assert (await connection.execute(count)).one() == before
            kept = await connection.execute(sa.delete(INCOMING).where(INCOMING.c.vnesh_id == "kept"))
            assert kept.rowcount == 1
