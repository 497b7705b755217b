"""The supply stand-in's protocol: what clients do besides asking for payments."""

from __future__ import annotations

import asyncio
import os
import shutil
import struct
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from sandbox.calls import Calls
from sandbox.faults import FaultBoard
from sandbox.supply.server import serve
from sandbox.supply.values import TYPES
from tests.sandbox.supply import PASSWORD, Stand, engine, newest, raw, running, still_world


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with running() as running_stand:
        yield running_stand


async def knock(stand: Stand, words: bytes) -> bytes:
    """Send bytes to the server and give all it answers until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stand.supply.port)
    writer.write(words)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_encryption_is_declined(stand: Stand) -> None:
    assert await knock(stand, struct.pack("!II", 8, 80877103)) == b"N"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (struct.pack("!II", 8, 2 << 16), b"0A000"),
        (struct.pack("!III", 12, 3 << 16, 0) + b"Q\0\0", b""),
        (b"GET / HTTP/1.1\r\n\r\n", b""),
        (b"", b""),
        (struct.pack("!IIII", 16, 80877102, 99, 99), b""),
    ],
)
async def test_strangers_protocols_end_quietly(stand: Stand, words: bytes, code: bytes) -> None:
    assert code in await knock(stand, words)
    async with raw(stand.supply.url) as client:
        assert await client.fetchval("select 1") == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"password": "wrong"}, asyncpg.InvalidPasswordError),
        ({"user": "root"}, asyncpg.InvalidPasswordError),
        ({"database": "postgres"}, asyncpg.InvalidCatalogNameError),
    ],
)
async def test_wrong_credentials_are_refused(
    stand: Stand, options: dict[str, str], expected: type[asyncpg.PostgresError]
) -> None:
    wanted = {"user": "supply", "password": PASSWORD, "database": "supply", **options}
    with pytest.raises(expected):
        await asyncpg.connect(host="127.0.0.1", port=stand.supply.port, **wanted)


async def test_only_questions_of_the_gateway_are_counted(stand: Stand) -> None:
    async with engine(stand.supply.url, pool_pre_ping=True) as made:
        for _ in range(3):
            async with made.connect() as connection:
                await connection.execute(sa.select(1))
    async with asyncpg.create_pool(stand.supply.url.replace("+asyncpg", ""), min_size=1, max_size=1) as pool:
        for _ in range(2):
            await pool.fetch("select ls from platezhi where ls = $1", "1")
    assert stand.counted() == {"ping": 3, "platezhi.select": 2}


async def test_cursor_takes_rows_piece_by_piece(stand: Stand) -> None:
    question = newest(stand.numbers(4), 5)
    async with engine(stand.supply.url) as made, made.connect() as connection:
        whole = (await connection.execute(question)).all()
        streamed = await connection.stream(question, execution_options={"max_row_buffer": 1})
        assert [row async for row in streamed] == whole
    async with raw(stand.supply.url) as client, client.transaction():
        cursor = await client.cursor("select id_plat from platezhi where ls = $1", stand.numbers(1)[0])
        assert [len(await cursor.fetch(3)), len(await cursor.fetch(4))] == [3, 4]


async def test_many_clients_at_once_get_their_own_rows(stand: Stand) -> None:
    async def ask(number: str) -> set[str]:
        async with made.connect() as connection:
            return {row.ls for row in await connection.execute(newest([number], 3))}

    numbers = stand.numbers(40)
    async with engine(stand.supply.url, pool_size=20) as made:
        assert await asyncio.gather(*map(ask, numbers)) == [{number} for number in numbers]


async def test_two_transactions_may_not_insert_the_same_id(stand: Stand) -> None:
    row = (
        "insert into plat_vhod (vnesh_id, ls, summa, val, kanal, data_opl, obrab) "
        "values ($1, '1', 1, 'UAH', 'X', $2, 0) returning id"
    )
    async with raw(stand.supply.url) as one, raw(stand.supply.url) as other:
        first, second = one.transaction(), other.transaction()
        await first.start()
        await second.start()
        moment = datetime(2026, 1, 1)  # noqa: DTZ001 - the legacy system's local time without a zone
        ids = {
            await one.fetchval(row, "same", moment),
            await other.fetchval(row, "same", moment),
            await other.fetchval(row, "another", moment),
        }
        assert len(ids) == 3
        await first.commit()
        with pytest.raises(asyncpg.UniqueViolationError):
            await second.commit()
        assert [payment.external_id for payment in stand.world.incoming_payments()] == ["same"]
        assert await other.fetchval("select count(*) from plat_vhod") == 1


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("update platezhi set summa = 0", "42501"),
        ("delete from plat_vhod", "42501"),
        ("drop table platezhi", "42501"),
        ("insert into platezhi (id_plat, ls) values (1, '1')", "42501"),
        ("select now()", "0A000"),
        ("select summa * 2 from platezhi", "0A000"),
        ("select summa from platezhi union all select 1", "0A000"),
        ("select * from platezhi union all select * from platezhi", "0A000"),
        ("select relname from pg_catalog.pg_class", "0A000"),
        ("select ';", "42601"),
        ("explain select 1", "42601"),
        ("show nothing", "42704"),
        ("rollback to nowhere", "3B001"),
    ],
)
async def test_what_is_not_understood_is_refused(stand: Stand, sql: str, code: str) -> None:
    async with raw(stand.supply.url) as client:
        for ask in (client.execute, client.fetch):
            with pytest.raises(asyncpg.PostgresError) as refused:
                await ask(sql)
            assert refused.value.sqlstate == code
        assert await client.fetchval("select 1") == 1


async def test_few_accounts_are_kept_and_the_file_is_begun_anew(tmp_path: Path) -> None:
    world = still_world(600)
    numbers = [world.number(index) for index in range(530)]
    for _ in range(2):
        supply = await serve(
            world,
            Calls(),
            FaultBoard(),
            host="127.0.0.1",
            port=0,
            database=tmp_path / "supply.sqlite",
            password=PASSWORD,
        )
        async with raw(supply.url) as client:
            assert await client.fetchval("select count(*) from platezhi") == 0
            assert await client.fetchval("select count(distinct ls) from platezhi where ls = any($1)", numbers) == 530
            assert await client.fetchval("select count(distinct ls) from platezhi") == 512
        await supply.close()


def psql() -> Path:
    """Find PostgreSQL's own client, which speaks through libpq."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"))
    found = next(iter(installed), None) or shutil.which("psql")
    return Path(found) if found else pytest.skip("no psql on this machine")


async def test_libpq_is_a_client_too(stand: Stand) -> None:
    program = psql()
    number = stand.numbers(1)[0]
    question = f"select ls, summa, data_zach from platezhi where ls = '{number}' order by id_plat limit 1"  # noqa: S608 - the test's own number
    process = await asyncio.create_subprocess_exec(
        program, "-h", "127.0.0.1", "-p", str(stand.supply.port), "-U", "supply", "-At", "-c", question,
        env={"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    payment = stand.world.payments(number)[0]
    assert out.decode() == f"{number}|{Decimal(payment.amount_minor) / 100:.2f}|{payment.settled_on or ''}\n"


@given(st.integers(-(10**14) + 1, 10**14 - 1))
def test_amounts_survive_the_wire(hundredths: int) -> None:
    kind = TYPES["numeric"]
    assert kind.from_binary(kind.to_binary(hundredths)) == kind.from_text(kind.to_text(hundredths)) == hundredths


@given(st.datetimes())
def test_moments_survive_the_wire(moment: datetime) -> None:
    kind = TYPES["timestamp"]
    assert kind.from_binary(kind.to_binary(moment.isoformat(" "))) == moment.isoformat(" ")


@given(st.dates())
def test_days_survive_the_wire(day: date) -> None:
    kind = TYPES["date"]
    assert kind.from_binary(kind.to_binary(day.isoformat())) == kind.from_text(day.isoformat()) == day.isoformat()
