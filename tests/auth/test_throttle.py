"""Waits that grow and end by themselves, for every address in its one spelling, with nothing personal in the table."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.throttle import PACES, Kind, Pace, Throttle, Tried
from connectors.store.attempts import AttemptRows
from connectors.store.engine import reading
from connectors.store.tables import attempts
from tests.auth.people import Counter

LOGIN = Tried(Kind.LOGIN, "olena@example.org")
ADDRESS = Tried.address(Kind.SIGN_IN_ADDRESS, "192.0.2.1")


@pytest.fixture
def throttle(store: AsyncEngine, clock: Counter) -> Throttle:
    return Throttle(AttemptRows(store), secret=b"s", now=clock.now)


async def fail(throttle: Throttle, clock: Counter, times: int) -> list[int]:
    """Fail again as soon as the wait is over; return the waits that were told."""
    waits = []
    for _ in range(times):
        while (wait := await throttle.begin(LOGIN, ADDRESS)) is not None:
            waits.append(wait)
            clock.move(seconds=wait)
    return waits


async def test_waits_double_up_to_a_quarter_of_an_hour_and_never_for_good(throttle: Throttle, clock: Counter) -> None:
    assert await fail(throttle, clock, 5) == []
    assert await fail(throttle, clock, 12) == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


async def test_wait_shrinks_as_time_goes_by_and_waiting_costs_nothing(throttle: Throttle, clock: Counter) -> None:
    await fail(throttle, clock, 8)
    told = []
    for _ in range(4):
        told.append(await throttle.begin(LOGIN))
        clock.move(seconds=5)
    assert told == [16, 11, 6, 1]
    assert await throttle.begin(LOGIN) is None


async def test_success_clears_the_login_and_takes_back_the_address(
    throttle: Throttle, clock: Counter, store: AsyncEngine
) -> None:
    await fail(throttle, clock, 4)
    await throttle.begin(LOGIN, ADDRESS)
    await throttle.clear(LOGIN)
    await throttle.take_back(ADDRESS)
    async with reading(store) as connection:
        assert [row.failures for row in await connection.execute(select(attempts.c.failures))] == [4]


async def test_quiet_day_forgets_everything(throttle: Throttle, clock: Counter, store: AsyncEngine) -> None:
    await fail(throttle, clock, 12)
    clock.move(hours=24, seconds=1)
    assert await AttemptRows(store).forget(clock.now() - timedelta(hours=24)) == 2
    assert await fail(throttle, clock, 5) == []


async def test_one_login_s_failures_do_not_touch_another(throttle: Throttle, clock: Counter) -> None:
    await fail(throttle, clock, 7)
    assert await throttle.begin(LOGIN) is not None
    assert await throttle.begin(Tried(Kind.LOGIN, "taras@example.org")) is None
    assert await throttle.begin(Tried(Kind.LINKING_SUBJECT, LOGIN.value)) is None


async def test_table_tells_neither_login_nor_address(throttle: Throttle, clock: Counter, store: AsyncEngine) -> None:
    await fail(throttle, clock, 1)
    async with reading(store) as connection:
        keys = (await connection.execute(select(attempts.c.key))).scalars().all()
    assert len(keys) == 2
    assert all(len(key) == 64 and set(key) <= set("0123456789abcdef") for key in keys)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8:0:0:ffff::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("unix:", "unix:", True),
        ("", "192.0.2.1", False),
    ],
)
def test_address_counts_as_what_one_customer_has(one: str, other: str, same: bool) -> None:  # noqa: FBT001 -- a case
    kind = Kind.SIGN_IN_ADDRESS
    assert (Tried.address(kind, one) == Tried.address(kind, other)) is same


@given(st.integers(0, 10**9))
def test_waits_never_shrink_and_stay_within_the_longest(failures: int) -> None:
    for pace in (*PACES.values(), Pace(free=1)):
        assert timedelta(0) <= pace.wait(failures) <= pace.wait(failures + 1) <= pace.longest_wait


async def test_who_is_busy_and_mistypes_now_and_then_is_never_kept_out(throttle: Throttle, clock: Counter) -> None:
    refused = 0
    for attempt in range(2_000):
        clock.move(seconds=30)
        if await throttle.begin(ADDRESS) is not None:
            refused += 1
        elif attempt % 20:
            await throttle.take_back(ADDRESS)
    assert refused == 0


async def test_failures_fade_one_by_one(throttle: Throttle, clock: Counter) -> None:
    for _ in range(PACES[Kind.LOGIN].free):
        assert await throttle.begin(LOGIN) is None
    assert await throttle.begin(LOGIN) is not None
    clock.move(hours=3)
    assert [await throttle.begin(LOGIN) is None for _ in range(4)] == [True, True, True, False]
