"""Live balances while systems misbehave: marked stale and recovered, never lost, and nobody in trouble is pestered."""

import time
from dataclasses import replace
from typing import Any, Final

import pytest

from tests.demo_process import DemoProcess
from tests.live import ask_balances, current, following, next_shown, pay

WATCHED_S: Final = 2.5
MOST_LOOKS: Final = 8
"""Rests of 0.1 s that grow by half: so many looks fit into `WATCHED_S`. An unvarying pace would make 25."""
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


def looks(demo: DemoProcess) -> int:
    return demo.calls().get("billing", {}).get("balances.query", 0)


def owes(result: dict[str, Any]) -> int:
    assert "errors" not in result, result
    return int(result["data"]["balanceChanged"]["balance"]["amountOwedByCustomer"]["minor"])


async def test_an_outage_of_billing_and_its_end_are_told_once_and_cost_little(demo: DemoProcess) -> None:
    numbers = demo.user(1)["accounts"]
    async with following(demo, demo.token(1), numbers) as connection:
        before = (await current(connection, numbers))[numbers[0]]
        demo.disturb("billing", error_rate=1.0)
        assert await next_shown(connection) == replace(before, is_stale=True)
        pay(demo, numbers[0], 4_321)
        demo.forget_calls()
        await connection.is_silent_for(WATCHED_S)
        assert 1 <= looks(demo) <= MOST_LOOKS
        demo.calm()
        assert await next_shown(connection) == replace(before, owes=before.owes - 4_321)


async def test_a_billing_system_that_fails_now_and_then_is_not_asked_more_often(kharkiv: DemoProcess) -> None:
    kharkiv.calm()
    numbers = kharkiv.user(1)["accounts"]
    async with (
        following(kharkiv, kharkiv.token(1), numbers) as connection,
        following(kharkiv, None, numbers) as listener,
    ):
        await current(connection, numbers)
        await listener.message()
        kharkiv.disturb("billing", error_rate=0.5)
        kharkiv.forget_calls()
        await listener.is_silent_for(WATCHED_S)
        assert 1 <= looks(kharkiv) <= MOST_LOOKS
        kharkiv.calm()


async def test_without_any_known_balance_the_error_is_told_and_the_stream_goes_on(kharkiv: DemoProcess) -> None:
    kharkiv.calm()
    number = never_asked(kharkiv)
    kharkiv.disturb("billing", error_rate=1.0)
    async with following(kharkiv, kharkiv.token(50), [number]) as connection:
        result = await connection.event()
        assert result["data"] is None
        (error,) = result["errors"]
        assert error["path"] == ["balanceChanged", "balance"]
        assert error["extensions"] == {"code": "UPSTREAM_UNAVAILABLE", "system": "billing", "planned": False}
        kharkiv.calm()
        assert (await next_shown(connection)).number == number


def never_asked(demo: DemoProcess) -> str:
    """Link an account whose balance nobody has asked for to the customer with fifty."""
    held = demo.client.get(f"{demo.facts['control_url']}/holders?size=60&count=1").json()[0]["accounts"][0]
    linked = demo.ask("link-account", {"input": {"billQr": held["qr"]}}, demo.token(50))
    number: str = linked["data"]["linkAccount"]["number"]
    return number


async def test_a_hanging_billing_system_gives_the_last_balance_within_the_deadline(kharkiv: DemoProcess) -> None:
    kharkiv.calm()
    token, numbers = kharkiv.token(1), kharkiv.user(1)["accounts"]
    before = ask_balances(kharkiv, token, numbers)[numbers[0]]
    kharkiv.disturb("billing", hang=True)
    began = time.monotonic()
    async with following(kharkiv, token, numbers) as connection:
        hung = kharkiv.user(10)["accounts"]
        async with following(kharkiv, kharkiv.token(10), hung) as overtaking:
            kharkiv.disturb("billing", latency_ms=0)
            await current(overtaking, hung)
            assert time.monotonic() - began < DEADLINE_S / 2, "a look that hangs holds up the others"
        assert await next_shown(connection) == replace(before, is_stale=True)
        assert time.monotonic() - began < DEADLINE_S + SLACK_S
        assert await next_shown(connection) == before
