"""Tickets on SQLite and on a real PostgreSQL: put once, taken once, of any number of processes."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.store.engine import open_store
from connectors.store.tickets import TicketRows, key_of
from tests.race import race

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)


async def put(rows: TicketRows, key: str = "k", kind: str = "state", payload: str = "said") -> bool:
    return await rows.put(kind, key_of(key), payload, NOW, LATER)


async def test_ticket_is_put_looked_at_and_taken_once(store: AsyncEngine) -> None:
    rows = TicketRows(store)
    assert await put(rows)
    assert [await rows.peek("state", key_of("k"), NOW) for _ in range(2)] == ["said", "said"]
    assert await rows.take("state", key_of("k"), NOW) == "said"
    assert await rows.take("state", key_of("k"), NOW) is None
    assert await rows.peek("state", key_of("k"), NOW) is None


async def test_ticket_that_says_nothing_is_a_ticket(store: AsyncEngine) -> None:
    rows = TicketRows(store)
    await put(rows, payload="")
    assert await rows.take("state", key_of("k"), NOW) == ""
    assert await rows.take("state", key_of("unknown"), NOW) is None


async def test_second_ticket_by_a_key_changes_nothing_also_when_the_first_is_taken(store: AsyncEngine) -> None:
    rows = TicketRows(store)
    assert await put(rows, payload="first")
    assert not await put(rows, payload="second")
    assert await rows.take("state", key_of("k"), NOW) == "first"
    assert not await put(rows, payload="third")
    assert await rows.take("state", key_of("k"), NOW) is None


async def test_tickets_of_two_kinds_have_keys_of_their_own(store: AsyncEngine) -> None:
    rows = TicketRows(store)
    assert await put(rows, kind="state", payload="one")
    assert await put(rows, kind="dpop", payload="other")
    assert await rows.take("dpop", key_of("k"), NOW) == "other"
    assert await rows.take("state", key_of("k"), NOW) == "one"


async def test_ticket_is_good_until_its_moment(store: AsyncEngine) -> None:
    rows = TicketRows(store)
    await put(rows)
    assert await rows.peek("state", key_of("k"), LATER - timedelta(microseconds=1)) == "said"
    assert await rows.peek("state", key_of("k"), LATER) is None
    assert await rows.take("state", key_of("k"), LATER) is None


async def test_only_what_is_too_old_is_forgotten_and_may_be_put_again(store: AsyncEngine) -> None:
    rows = TicketRows(store)
    await put(rows, "old")
    await rows.put("state", key_of("young"), "", NOW, LATER + timedelta(seconds=1))
    assert await rows.forget(LATER) == 0
    assert not await put(rows, "old")
    assert await rows.forget(LATER + timedelta(seconds=1)) == 1
    assert await put(rows, "old")
    assert not await put(rows, "young")


def test_key_of_any_text_is_short_and_its_own() -> None:
    texts = ["", "a", "A", "a" * 10_000, "ї", "\ud800", "\x00"]
    keys = {key_of(text) for text in texts}
    assert len(keys) == len(texts)
    assert all(len(key) == 64 and set(key) <= set("0123456789abcdef") for key in keys)


def put_in_process(start: Callable[[], None], runner: int, url: str, verb: str) -> list[bool]:
    async def run() -> list[bool]:
        engine = open_store(url)
        rows = TicketRows(engine)
        start()
        if verb == "put":
            won = [await put(rows, str(at), payload=str(runner)) for at in range(20)]
        else:
            won = [await rows.take("state", key_of(str(at)), NOW) is not None for at in range(20)]
        await engine.dispose()
        return won

    return asyncio.run(run())


async def test_of_two_processes_one_puts_a_ticket_and_one_takes_it(store: AsyncEngine, store_url: str) -> None:
    for verb in ("put", "take"):
        one, other = race(put_in_process, store_url, verb)
        assert [first + second for first, second in zip(one, other, strict=True)] == [1] * 20
    assert await TicketRows(store).take("state", key_of("1"), NOW) is None
