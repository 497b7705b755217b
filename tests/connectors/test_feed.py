"""The balance feed over real connectors, for the races that a whole gateway cannot be made to run."""

import asyncio
from asyncio import Barrier, create_task, gather, timeout, to_thread
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from connectors.billing.feed import ACCOUNTS_PER_LOOK, EARLY, BalanceFeed, Pace
from connectors.billing.followers import Follower, News
from connectors.billing.port import Billing
from connectors.billing.remembered import RememberedBilling
from connectors.store.balances import BalanceRows
from connectors.store.engine import open_store
from connectors.supply.sql import SqlSupply
from schema.billing import Balance
from schema.errors import UpstreamUnavailable
from schema.identifiers import AccountNumber
from schema.money import Money
from schema.systems import System
from tests.connectors.legacy_supply import settings
from tests.connectors.systems import billing_of, open_billing
from tests.sandbox_process import Sandbox

SELDOM: Final = Pace(shortest_s=30, longest_s=60)
OFTEN: Final = Pace(shortest_s=0.05, longest_s=0.05)
LONGEST_WAIT_S: Final = 10


def utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def running_feed(
    sandbox: Sandbox,
    pace: Pace,
    now: Callable[[], datetime] = utc_now,
    wrap: Callable[[Billing], Billing] = lambda billing: billing,
) -> AsyncIterator[BalanceFeed]:
    supply = SqlSupply(settings(sandbox.supply["url"]))
    async with open_billing(billing_of(sandbox)) as billing:
        feed = BalanceFeed(wrap(billing), supply, pace, now)
        polling = create_task(feed.run())
        try:
            yield feed
            assert not polling.done()
        finally:
            polling.cancel()
            await gather(polling, return_exceptions=True)
            await supply.aclose()


@asynccontextmanager
async def following(
    feed: BalanceFeed, *numbers: AccountNumber, until: datetime | None = None
) -> AsyncIterator[Callable[[], Any]]:
    """Follow accounts; gives what waits for the next news."""
    async with aclosing(feed.follow(frozenset(numbers), until)) as stream:

        async def next_news() -> News:
            async with timeout(LONGEST_WAIT_S):
                return await anext(stream)

        yield next_news


async def counted(sandbox: Sandbox, looks: int) -> None:
    """Return once billing has been asked so often."""
    async with timeout(LONGEST_WAIT_S):
        while (await to_thread(sandbox.calls, "billing")).get("balances.query", 0) < looks:
            pass


def owed(news: News) -> int:
    assert isinstance(news.answer, Balance), news
    return news.answer.amount_owed_by_customer.minor


@pytest.fixture
def numbers(sandbox: Sandbox) -> list[AccountNumber]:
    sandbox.forget_calls()
    return [AccountNumber(number) for number in sandbox.holder(10).numbers]


async def test_a_nudge_during_a_look_makes_another_look(sandbox: Sandbox, numbers: list[AccountNumber]) -> None:
    number = numbers[0]
    async with running_feed(sandbox, SELDOM) as feed, following(feed, number) as next_news:
        before = owed(await next_news())
        with sandbox.faults("supply", latency_ms=500):
            feed.nudge([number])
            await counted(sandbox, 2)  # billing has answered that look, which now waits for supply
            sandbox.post("/payments", {"account": number, "amount": "1.00"})
            feed.nudge([number])
            assert owed(await next_news()) == before - 100
    assert sandbox.calls("billing") == {"balances.query": 3}


async def test_polling_survives_what_no_port_announces(
    sandbox: Sandbox, numbers: list[AccountNumber], tmp_path: Path
) -> None:
    store = open_store(f"sqlite+aiosqlite:///{tmp_path / 'never-migrated.db'}")

    def forgetful(billing: Billing) -> Billing:
        rows = BalanceRows(store)
        return RememberedBilling(billing, rows, keep=timedelta(days=1), now=utc_now, changed=lambda _: None)

    async with running_feed(sandbox, OFTEN, wrap=forgetful) as feed:
        with sandbox.faults("billing", error_rate=1.0):
            async with following(feed, numbers[0]) as next_news:
                assert isinstance((await next_news()).answer, UpstreamUnavailable)
                again = create_task(next_news())
                await counted(sandbox, 4)
                assert not again.done()
                sandbox.post("/payments", {"account": numbers[0], "amount": "1.00"})
                sandbox.control.delete("/faults/billing")
                assert isinstance((await again).answer, Balance)
    await store.dispose()


async def test_a_thousand_accounts_at_once_are_looked_at_in_full_batches(sandbox: Sandbox) -> None:
    held = [AccountNumber(number) for holder in sandbox.holders(60, 10) for number in holder.numbers]
    held += [AccountNumber(number) for holder in sandbox.holders(50, 8) for number in holder.numbers]
    assert len(held) == 1000 == 5 * ACCOUNTS_PER_LOOK
    sandbox.forget_calls()
    async with running_feed(sandbox, SELDOM) as feed:

        async def read_first(part: list[AccountNumber]) -> None:
            async with following(feed, *part) as next_news:
                assert {(await next_news()).number for _ in part} == set(part)
                await all_have_read.wait()

        all_have_read = Barrier(20)
        await gather(*(read_first(held[start : start + 50]) for start in range(0, 1000, 50)))
    assert sandbox.calls("billing") == {"balances.query": 5}
    assert sandbox.calls("supply") == {"plat_vhod.select": 5}


async def test_accounts_that_began_at_different_times_come_to_share_looks(
    sandbox: Sandbox, numbers: list[AccountNumber]
) -> None:
    async with running_feed(sandbox, Pace(shortest_s=0.4, longest_s=0.4)) as feed:

        async def follow_all(left: list[AccountNumber]) -> None:
            if left:
                async with following(feed, left[0]) as next_news:
                    await next_news()
                    await counted(sandbox, len(numbers) - len(left) + 1)
                    await follow_all(left[1:])
            else:
                sandbox.forget_calls()
                await counted(sandbox, 1)
                began = asyncio.get_running_loop().time()
                await counted(sandbox, 9)
                assert asyncio.get_running_loop().time() - began > 8 * 0.4 * EARLY * 0.9

        await follow_all(numbers)


async def test_nothing_is_told_after_the_end_however_the_clock_came_there(
    sandbox: Sandbox, numbers: list[AccountNumber]
) -> None:
    moment = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    clock = [moment]
    async with (
        running_feed(sandbox, OFTEN, now=lambda: clock[0]) as feed,
        following(feed, numbers[0], until=moment + timedelta(minutes=10)) as next_news,
    ):
        await next_news()
        clock[0] = moment + timedelta(minutes=10)  # the machine slept: its timers did not run
        sandbox.post("/payments", {"account": numbers[0], "amount": "1.00"})
        with pytest.raises(StopAsyncIteration):
            await next_news()


def balance_of(number: AccountNumber, minor: int) -> Balance:
    return Balance(
        account_number=number,
        amount_owed_by_customer=Money(minor, "UAH"),
        as_of=utc_now(),
        source=System.BILLING,
        is_stale=False,
    )


async def test_what_is_not_read_is_replaced_and_accounts_take_turns() -> None:
    follower = Follower()
    first, second = AccountNumber("000000000001"), AccountNumber("000000000002")
    for minor in (1, 2, 3):
        follower.tell(News(first, balance_of(first, minor)))
        follower.tell(News(second, balance_of(second, -minor)))
    assert [(news.number, owed(news)) for news in (await follower.next_news(), await follower.next_news())] == [
        (first, 3),
        (second, -3),
    ]
    assert follower.unread == {}
