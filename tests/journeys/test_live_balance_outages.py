"""Live balances while systems misbehave: marked stale and recovered, never lost, and nobody in trouble is pestered."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from tests.demo_process import DemoProcess
from tests.live import (
    ask_balances,
    current,
    following,
    holder,
    link,
    looks,
    next_look,
    next_shown,
    pay,
    time_passes,
    unlink,
)

WATCHED_S: Final = 1.5
MOST_LOOKS: Final = 7
"""Rests of 0.1 s that grow by half: so many looks fit into `WATCHED_S`. An unvarying pace would make 15."""
DEADLINE_S: Final = 5.0
SLACK_S: Final = 2.0
AMOUNTS: Final = """
subscription($accounts: [AccountNumber!]!) {
  balanceChanged(accounts: $accounts) { account { number } balance { amountOwedByCustomer isStale } }
}
"""
"""Nothing that supply knows."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def owes(result: dict[str, Any]) -> int:
    assert "errors" not in result, result
    return int(result["data"]["balanceChanged"]["balance"]["amountOwedByCustomer"]["minor"])


async def test_an_outage_of_billing_and_its_end_are_told_once_and_cost_little(kharkiv: DemoProcess) -> None:
    kharkiv.calm()
    numbers = kharkiv.user(1)["accounts"]
    async with following(kharkiv, kharkiv.token(1), numbers) as connection:
        before = (await current(connection, numbers))[numbers[0]]
        kharkiv.disturb("billing", error_rate=1.0)
        assert await next_shown(connection) == replace(before, is_stale=True)
        pay(kharkiv, numbers[0], 4_321)
        kharkiv.forget_calls()
        await connection.is_silent_for(WATCHED_S)
        assert 1 <= looks(kharkiv) <= MOST_LOOKS
        kharkiv.calm()
        assert await next_shown(connection) == replace(before, owes=before.owes - 4_321)


async def test_a_billing_system_that_fails_now_and_then_is_not_asked_more_often(kharkiv: DemoProcess) -> None:
    kharkiv.calm()
    numbers = kharkiv.user(1)["accounts"]
    async with following(kharkiv, kharkiv.token(1), numbers) as connection:
        before = (await current(connection, numbers))[numbers[0]]
        kharkiv.disturb("billing", error_rate=0.5)
        kharkiv.forget_calls()
        await time_passes(kharkiv, WATCHED_S)
        assert 1 <= looks(kharkiv) <= MOST_LOOKS
        kharkiv.calm()
        while (shown := await next_shown(connection)).is_stale:
            assert shown == replace(before, is_stale=True)
        assert shown == before


@pytest.fixture
def never_asked(kharkiv: DemoProcess) -> Iterator[str]:
    """Link an account whose balance nobody has asked for to the customer with none, for the time of a test."""
    kharkiv.calm()
    account, token = holder(kharkiv, 60)[0], kharkiv.token(0)
    link(kharkiv, account, token)
    yield account["number"]
    unlink(kharkiv, account["number"], token)
    kharkiv.calm()


async def test_without_any_known_balance_the_error_is_told_and_the_stream_goes_on(
    kharkiv: DemoProcess, never_asked: str
) -> None:
    kharkiv.disturb("billing", error_rate=1.0)
    async with following(kharkiv, kharkiv.token(0), [never_asked]) as connection:
        result = await connection.event()
        assert result["data"]["balanceChanged"]["balance"] is None
        (error,) = result["errors"]
        assert error["path"] == ["balanceChanged", "balance"]
        assert error["extensions"] == {"code": "UPSTREAM_UNAVAILABLE", "system": "billing", "planned": False}
        kharkiv.calm()
        assert (await next_shown(connection)).number == never_asked


async def test_a_look_that_hangs_ends_at_the_deadline_and_does_not_hold_up_others(kharkiv: DemoProcess) -> None:
    kharkiv.calm()
    token, numbers, others = kharkiv.token(1), kharkiv.user(1)["accounts"], kharkiv.user(10)["accounts"]
    before = ask_balances(kharkiv, token, numbers)[numbers[0]]
    kharkiv.disturb("billing", hang=True)
    began = time.monotonic()
    async with following(kharkiv, token, numbers) as connection:
        await next_look(kharkiv)
        kharkiv.calm()
        async with following(kharkiv, kharkiv.token(10), others) as overtaking:
            await current(overtaking, others)
        assert time.monotonic() - began < DEADLINE_S / 2
        assert await next_shown(connection) == replace(before, is_stale=True)
        assert time.monotonic() - began < DEADLINE_S + SLACK_S
        assert await next_shown(connection) == before


@pytest.mark.parametrize("manners", [{"error_rate": 1.0}, {"hang": True}], ids=["failing", "hanging"])
async def test_balances_flow_while_supply_is_down(kharkiv: DemoProcess, manners: dict[str, Any]) -> None:
    kharkiv.calm()
    numbers = kharkiv.user(1)["accounts"]
    kharkiv.disturb("supply", **manners)
    async with following(kharkiv, kharkiv.token(1), numbers, AMOUNTS) as connection:
        known = owes(await connection.event())
        for minor in (150, 250):
            pay(kharkiv, numbers[0], minor)
            began = time.monotonic()
            assert owes(await connection.event()) == known - minor
            assert time.monotonic() - began < SLACK_S
            known -= minor
    kharkiv.calm()


async def test_supply_going_down_is_no_event_and_its_return_fills_the_gap(kharkiv: DemoProcess) -> None:
    kharkiv.calm()
    numbers = kharkiv.user(1)["accounts"]
    kharkiv.disturb("supply", error_rate=1.0)
    async with following(kharkiv, kharkiv.token(1), numbers) as connection:
        result = await connection.event()
        assert result["data"]["balanceChanged"]["balance"]["pendingTotal"] is None
        assert [error["extensions"]["code"] for error in result["errors"]] == ["UPSTREAM_UNAVAILABLE"]
        kharkiv.calm()
        whole = await next_shown(connection)
        assert whole == ask_balances(kharkiv, kharkiv.token(1), numbers)[numbers[0]]
        kharkiv.disturb("supply", error_rate=0.5)
        await connection.is_silent_for(0.7)
    kharkiv.calm()
