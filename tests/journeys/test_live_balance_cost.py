"""What following costs: nothing without followers, for many what it costs for one, and no wait for a slow reader."""

import signal
import socket
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from os import kill
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosedError

from tests.demo_process import DemoProcess, operation, running_demo
from tests.live import Shown, current, following, looks, next_shown, pay, time_passes
from tests.transport_ws import connected

WATCHED_S: Final = 1.0
MOST_LOOKS: Final = 6
"""How often an account is looked at within `WATCHED_S` of a change: rests of 0.1 s that grow by half."""
TIMES: Final = 20
GOODBYE_S: Final = 3
WIDE: Final = 30
"""Aliases of one selection; with long names an event has about a megabyte, more than sockets swallow many of."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def calm(kharkiv: DemoProcess) -> DemoProcess:
    kharkiv.calm()
    return kharkiv


async def count_looks(demo: DemoProcess, number: str) -> int:
    """Change a balance, so that whoever polls polls often, and count the looks of a while."""
    pay(demo, number, 100)
    demo.forget_calls()
    await time_passes(demo, WATCHED_S)
    return looks(demo)


async def test_without_followers_nobody_is_asked_anything(calm: DemoProcess) -> None:
    numbers = calm.user(1)["accounts"]
    async with following(calm, calm.token(1), numbers) as connection:
        await current(connection, numbers)
        pay(calm, numbers[0], 100)
        await next_shown(connection)
    calm.forget_calls()
    await time_passes(calm, WATCHED_S)
    assert calm.calls() == {}


async def test_many_followers_of_an_account_cost_what_one_costs(calm: DemoProcess) -> None:
    numbers = calm.user(1)["accounts"]
    async with AsyncExitStack() as stack:
        async with following(calm, calm.token(1), numbers) as connection:
            await current(connection, numbers)
            alone = await count_looks(calm, numbers[0])
        for _ in range(TIMES):
            await current(await stack.enter_async_context(following(calm, calm.token(1), numbers)), numbers)
        together = await count_looks(calm, numbers[0])
    assert 2 <= alone <= MOST_LOOKS
    assert 2 <= together <= MOST_LOOKS


async def test_fifty_accounts_are_looked_at_by_one_call_to_each_system(calm: DemoProcess) -> None:
    numbers = calm.user(50)["accounts"]
    calm.forget_calls()
    async with following(calm, calm.token(50), numbers) as connection:
        await current(connection, numbers)
        await time_passes(calm, WATCHED_S)
        counted = calm.calls()
    made = counted["billing"]["balances.query"]
    assert counted == {"billing": {"balances.query": made}, "supply": {"plat_vhod.select": made}}
    assert 2 <= made <= MOST_LOOKS


async def test_a_slow_reader_holds_nobody_up_and_gets_the_newest_state(calm: DemoProcess) -> None:
    number = calm.user(1)["accounts"][0]
    names = ["x" * 33_000 + str(each) for each in range(WIDE)]
    fields = " ".join(f"{name}: amountOwedByCustomer" for name in names)
    wide = f"""subscription($accounts: [AccountNumber!]!) {{
      balanceChanged(accounts: $accounts) {{ balance {{ {fields} }} }} }}"""
    async with AsyncExitStack() as stack:
        address = urlsplit(calm.facts["websocket_url"])
        narrow = socket.create_connection((address.hostname, address.port))
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        slow = await stack.enter_async_context(
            following(calm, calm.token(1), [number], wide, sock=narrow, max_queue=1, compression=None)
        )
        quick = await stack.enter_async_context(following(calm, calm.token(1), [number]))
        shown = await next_shown(quick)
        states = [shown.owes]
        for minor in range(1, TIMES + 1):
            pay(calm, number, minor)
            shown = replace(shown, owes=shown.owes - minor)
            assert await next_shown(quick) == shown
            states.append(shown.owes)
        read: list[int] = []
        while shown.owes not in read:
            balance = (await slow.event())["data"]["balanceChanged"]["balance"]
            read.append(int(balance[names[0]]["minor"]))
        await slow.is_silent_for(0.3)
    assert len(read) < len(states), "the sockets swallowed everything: make the events larger"
    assert read == [state for state in states if state in read]


async def test_however_a_follower_leaves_nothing_is_left_behind(calm: DemoProcess) -> None:
    numbers = calm.user(10)["accounts"]
    variables = {"accounts": numbers}
    token, query = calm.token(10), operation("balance-changed")
    async with connected(calm.facts["websocket_url"], token) as staying:
        for _ in range(TIMES):
            await staying.subscribe(query, variables)
            await staying.complete()
            await staying.subscribe(query, variables)
            while (await staying.message())["type"] != "next":
                pass
            await staying.complete()
        for _ in range(TIMES):
            async with connected(calm.facts["websocket_url"], token) as leaving:
                await leaving.subscribe(query, variables)
                await leaving.message()
                leaving.socket.transport.abort()
        assert await count_looks(calm, numbers[0]) == 0
        await staying.subscribe(query, variables, "last")
        while (last := await staying.message())["id"] != "last":
            pass
    assert Shown.in_event(last["payload"]).number in numbers


async def test_a_server_that_stops_tells_followers_to_come_back(tmp_path: Path) -> None:
    with running_demo(tmp_path, accounts=61) as demo:
        numbers = demo.user(10)["accounts"]
        async with following(demo, demo.token(10), numbers) as connection:
            await current(connection, numbers)
            began = time.monotonic()
            kill(demo.pid, signal.SIGTERM)
            with pytest.raises(ConnectionClosedError) as closed:
                await connection.message()
            assert time.monotonic() - began < GOODBYE_S
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
