"""The supply stand-in's bad manners, as an unsuspecting client meets them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from sandbox.supply.answers import Answer, shortened
from sandbox.supply.wire import complete, data_row
from tests.sandbox.supply import Stand, engine, newest, raw, running

TWO = "select ls, id_plat, kanal from platezhi where ls = $1 order by id_plat limit 2"


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with running() as running_stand:
        yield running_stand


@pytest.fixture
async def client(stand: Stand) -> AsyncIterator[asyncpg.Connection]:
    async with raw(stand.supply.url) as connection:
        yield connection


async def two(stand: Stand, client: asyncpg.Connection) -> list[Any]:
    return [tuple(row) for row in await client.fetch(TWO, zero_led(stand))]


def zero_led(stand: Stand) -> str:
    return next(number for number in stand.numbers(120) if number.startswith("0"))


async def test_good_manners_come_back(stand: Stand, client: asyncpg.Connection) -> None:
    good = await two(stand, client)
    stand.board.put("supply", {"strip_zeros": True, "repeat_rows": True})
    assert await two(stand, client) != good
    stand.board.clear()
    assert await two(stand, client) == good
    assert stand.counted() == {"platezhi.select": 3}


async def test_leading_zeros_are_lost(stand: Stand, client: asyncpg.Connection) -> None:
    good = await two(stand, client)
    stand.board.put("supply", {"strip_zeros": True})
    assert await two(stand, client) == [(ls.lstrip("0"), *others) for ls, *others in good]


async def test_a_row_comes_twice(stand: Stand, client: asyncpg.Connection) -> None:
    good = await two(stand, client)
    stand.board.put("supply", {"repeat_rows": True})
    assert await two(stand, client) == [good[0], *good]


async def test_text_that_is_no_utf8(stand: Stand, client: asyncpg.Connection) -> None:
    stand.board.put("supply", {"wrong_encoding": True})
    with pytest.raises(UnicodeDecodeError):
        await two(stand, client)
    stand.board.clear()
    assert len(await two(stand, client)) == 2


@pytest.mark.parametrize("manner", ["truncate", "malformed"])
@pytest.mark.parametrize("number", ["zero-led", "000000000000"])
async def test_connection_breaks_off(stand: Stand, client: asyncpg.Connection, manner: str, number: str) -> None:
    stand.board.put("supply", {manner: True})
    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await client.fetch(TWO, zero_led(stand) if number == "zero-led" else number)
    assert client.is_closed()


def test_a_truncated_answer_ends_inside_a_row() -> None:
    rows = [data_row([b"one"]), data_row([b"two"])]
    cut = shortened(Answer(rows, complete("SELECT 2")))
    assert rows[0] + rows[1][:5] < cut < rows[0] + rows[1]
    assert complete("SELECT 0").startswith(shortened(Answer([], complete("SELECT 0"))))


async def test_latency_is_added_to_every_statement(stand: Stand, client: asyncpg.Connection) -> None:
    await two(stand, client)
    stand.board.put("supply", {"latency_ms": 60})
    begun = time.perf_counter()
    await two(stand, client)
    assert 0.06 <= time.perf_counter() - begun < 1


async def test_every_second_statement_fails(stand: Stand, client: asyncpg.Connection) -> None:
    stand.board.put("supply", {"error_rate": 0.5})
    assert len(await two(stand, client)) == 2
    with pytest.raises(asyncpg.InternalServerError, match="could not read block"):
        await two(stand, client)
    assert len(await two(stand, client)) == 2
    with pytest.raises(asyncpg.ConnectionDoesNotExistError, match="starting up") as ended:
        await two(stand, client)
    assert isinstance(ended.value.__cause__, asyncpg.CannotConnectNowError)
    assert client.is_closed()
    assert stand.counted() == {"platezhi.select": 4}


async def test_hanging_statement_hears_the_cancel_request(stand: Stand, client: asyncpg.Connection) -> None:
    stand.board.put("supply", {"hang": True})
    with pytest.raises(TimeoutError):
        await client.fetch(TWO, zero_led(stand), timeout=0.1)
    stand.board.clear()
    assert len(await two(stand, client)) == 2
    assert stand.counted() == {"platezhi.select": 2}


async def test_hanging_server_lets_nobody_in(stand: Stand) -> None:
    stand.board.put("supply", {"hang": True})
    with pytest.raises(TimeoutError):
        async with raw(stand.supply.url, timeout=0.1):
            pytest.fail("the door is shut")


async def test_server_closes_while_it_hangs() -> None:
    async with running() as stand, raw(stand.supply.url) as client:
        stand.board.put("supply", {"hang": True})
        waiting = asyncio.ensure_future(client.fetch(TWO, "1"))
        while not stand.counted():  # noqa: ASYNC110 - the counter has no event to wait on
            await asyncio.sleep(0)
        await stand.supply.close()
        with pytest.raises(asyncpg.ConnectionDoesNotExistError):
            await waiting


async def test_statement_timeout_ends_a_slow_statement(stand: Stand) -> None:
    stand.board.put("supply", {"latency_ms": 60_000})
    async with raw(stand.supply.url, server_settings={"statement_timeout": "50"}) as client:
        with pytest.raises(asyncpg.QueryCanceledError, match="statement timeout"):
            await two(stand, client)
        stand.board.clear()
        assert len(await two(stand, client)) == 2


async def test_maintenance_turns_clients_away_until_it_ends(stand: Stand, client: asyncpg.Connection) -> None:
    until = stand.world.now() + timedelta(hours=2)
    stand.board.put("supply", {"maintenance_until": until.isoformat()})
    with pytest.raises(asyncpg.ConnectionDoesNotExistError, match=r"MAINTENANCE until 2026-11-18 05:00:00$") as ended:
        await two(stand, client)
    assert isinstance(ended.value.__cause__, asyncpg.CannotConnectNowError)
    assert client.is_closed()
    with pytest.raises(asyncpg.CannotConnectNowError, match=r"^MAINTENANCE until 2026-11-18 05:00:00$"):
        async with raw(stand.supply.url):
            pytest.fail("the door is shut")
    stand.world.clock.advance(2 * 3600)
    async with raw(stand.supply.url) as later:
        assert len(await two(stand, later)) == 2


async def test_pool_recovers_after_every_manner(stand: Stand) -> None:
    question = newest(stand.numbers(3), 2)
    manners: tuple[dict[str, object], ...] = ({"truncate": True}, {"malformed": True}, {"error_rate": 1.0})
    async with engine(stand.supply.url, pool_pre_ping=True, pool_size=1, max_overflow=0) as made:
        for manner in manners:
            stand.board.put("supply", manner)
            with pytest.raises(DBAPIError):
                async with made.connect() as connection:
                    await connection.execute(question)
            stand.board.clear()
            async with made.connect() as connection:
                assert len((await connection.execute(question)).all()) == 6
