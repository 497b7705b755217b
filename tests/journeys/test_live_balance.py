"""Bar 5: balances live. The stream begins with the current state, and every payment reaches the client once."""

import time
from dataclasses import replace
from statistics import median
from typing import Final

import pytest

from tests.demo_process import DemoProcess
from tests.live import Shown, ask_balances, current, following, next_look, next_shown, pay
from tests.transport_ws import Connection

PAYMENTS: Final = 200
AT_ONCE_S: Final = 0.7
"""A push, however slow this machine; the rest of an account that was quiet for `QUIET_S` is longer."""
QUIET_S: Final = 2.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_the_first_events_are_what_the_query_answers(demo: DemoProcess) -> None:
    token, numbers = demo.token(10), demo.user(10)["accounts"]
    async with following(demo, token, numbers) as connection:
        shown = await current(connection, numbers)
    assert shown == ask_balances(demo, token, numbers)
    assert not any(each.is_stale for each in shown.values())


async def test_whoever_reconnects_sees_what_was_missed_first(demo: DemoProcess) -> None:
    token, numbers = demo.token(1), demo.user(1)["accounts"]
    async with following(demo, token, numbers) as connection:
        before = (await current(connection, numbers))[numbers[0]]
    pay(demo, numbers[0], 1234)
    async with following(demo, token, numbers) as connection:
        assert await next_shown(connection) == replace(before, owes=before.owes - 1234)


async def test_two_hundred_payments_arrive_each_once_in_order(
    kharkiv: DemoProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    kharkiv.calm()
    numbers = kharkiv.user(1)["accounts"]
    latencies: list[float] = []
    async with following(kharkiv, kharkiv.token(1), numbers) as connection:
        shown = (await current(connection, numbers))[numbers[0]]
        for minor in range(101, 101 + PAYMENTS):
            began = time.perf_counter()
            pay(kharkiv, numbers[0], minor)
            expected = replace(shown, owes=shown.owes - minor)
            shown = await next_shown(connection)
            latencies.append((time.perf_counter() - began) * 1000)
            assert shown == expected
    with capsys.disabled():
        print(f" [{PAYMENTS} payments: median {median(latencies):.0f} ms, worst {max(latencies):.0f} ms]", end="")


async def test_a_pending_payment_shows_and_moves_into_the_balance_when_posted(demo: DemoProcess) -> None:
    numbers = demo.user(1)["accounts"]
    async with following(demo, demo.token(1), numbers) as connection:
        before = (await current(connection, numbers))[numbers[0]]
        first = pay(demo, numbers[0], 5_000, posted=False)
        assert await next_shown(connection) == replace(before, pending=(before.pending or 0) + 5_000)
        second = pay(demo, numbers[0], 20, posted=False)
        assert await next_shown(connection) == replace(before, pending=(before.pending or 0) + 5_020)
        demo.make(f"payments/{second}/post")
        await comes_to(connection, replace(before, owes=before.owes - 20, pending=(before.pending or 0) + 5_000))
        demo.make(f"payments/{first}/post")
        await comes_to(connection, replace(before, owes=before.owes - 5_020))


async def comes_to(connection: Connection, expected: Shown) -> None:
    """Take the next event, or the one after it: the balance and what is pending are asked of two systems."""
    shown = await next_shown(connection)
    assert expected in (shown, shown if shown == expected else await next_shown(connection))


async def test_a_change_that_a_query_saw_is_pushed_at_once(kharkiv: DemoProcess) -> None:
    kharkiv.calm()
    token, numbers = kharkiv.token(1), kharkiv.user(1)["accounts"]
    async with following(kharkiv, token, numbers) as connection:
        before = (await current(connection, numbers))[numbers[0]]
        await connection.is_silent_for(QUIET_S)
        await next_look(kharkiv)  # the one after it is more than a second away
        pay(kharkiv, numbers[0], 777)
        began = time.perf_counter()
        assert ask_balances(kharkiv, token, numbers)[numbers[0]].owes == before.owes - 777
        assert await next_shown(connection) == replace(before, owes=before.owes - 777)
        assert time.perf_counter() - began < AT_ONCE_S
