"""The balance feed: billing does not push, so accounts that somebody follows are polled, each at its own pace."""

import asyncio
from asyncio import gather, timeout, timeout_at
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeAlias

from connectors.billing.port import Billing
from connectors.supply.port import Supply
from connectors.transport.deadline import Deadline
from schema.billing import Balance
from schema.errors import UpstreamError
from schema.identifiers import AccountNumber
from schema.payments import Payment

Fingerprint: TypeAlias = tuple[object, ...]

SLOWER: Final = 1.5
"""How much longer an account rests after each look that found nothing new."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a followed account is looked at: at once after a change, then ever more seldom."""

    shortest_s: float = 0.2
    longest_s: float = 15.0
    deadline_s: float = 5.0


@dataclass(eq=False, slots=True)
class Follower:
    """One subscription: the newest balance of each account that it has not been told yet."""

    numbers: frozenset[AccountNumber]
    told: dict[AccountNumber, Fingerprint] = field(default_factory=dict)
    news: dict[AccountNumber, Balance] = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, balance: Balance) -> None:
        """Note a balance unless it is what the follower already knows; an older unread one is replaced."""
        known = _fingerprint(balance)
        if self.told.get(balance.account_number) != known:
            self.told[balance.account_number] = known
            self.news[balance.account_number] = balance
            self.woken.set()

    async def next_news(self) -> list[Balance]:
        """Wait for news and take them."""
        await self.woken.wait()
        self.woken.clear()
        news, self.news = list(self.news.values()), {}
        return news


@dataclass(slots=True)
class Followed:
    """An account that somebody follows: when to look next, and what was seen last."""

    followers: set[Follower]
    due_at: float
    rest_s: float
    seen: Fingerprint | None = None


class BalanceFeed:
    """Tells followers what changed. `run` does the polling; without followers it asks nobody anything."""

    def __init__(self, billing: Billing, supply: Supply, pace: Pace, now: Callable[[], datetime]) -> None:
        self._billing = billing
        self._supply = supply
        self._pace = pace
        self._now = now
        self._followed: dict[AccountNumber, Followed] = {}
        self._wake = asyncio.Event()

    async def follow(self, numbers: frozenset[AccountNumber], until: datetime | None) -> AsyncGenerator[Balance, None]:
        """Yield the current balance of each account, then each change, until the given time."""
        follower = Follower(numbers)
        self._join(follower)
        ends_at = None if until is None else _loop_time() + (until - self._now()).total_seconds()
        try:
            while True:
                async with timeout_at(ends_at):
                    news = await follower.next_news()
                for balance in news:
                    yield balance
        except TimeoutError:
            return
        finally:
            self._leave(follower)

    def nudge(self, numbers: Iterable[AccountNumber]) -> None:
        """Look at accounts at once: something is known to have changed. Accounts that nobody follows are left alone."""
        for number in numbers:
            if number in self._followed:
                self._followed[number].due_at = 0
                self._wake.set()

    async def run(self) -> None:
        """Poll what is due, for ever."""
        while True:
            self._wake.clear()
            due = self._due()
            if due:
                await self._look(due)
            await self._rest()

    def _join(self, follower: Follower) -> None:
        for number in follower.numbers:
            followed = self._followed.setdefault(number, Followed(set(), 0, self._pace.shortest_s))
            followed.followers.add(follower)
        self.nudge(follower.numbers)

    def _leave(self, follower: Follower) -> None:
        for number in follower.numbers:
            followed = self._followed[number]
            followed.followers.discard(follower)
            if not followed.followers:
                del self._followed[number]

    def _due(self) -> list[AccountNumber]:
        """Return what is due now or will be within the shortest rest: fewer, fuller batches."""
        horizon = _loop_time() + self._pace.shortest_s / 2
        return [number for number, followed in self._followed.items() if followed.due_at <= horizon]

    async def _look(self, numbers: Sequence[AccountNumber]) -> None:
        deadline = Deadline.within(self._pace.deadline_s)
        balances, pending = await gather(
            self._billing.balances(numbers, deadline), self._supply.pending(numbers, deadline)
        )
        for number, balance, payments in zip(numbers, balances, pending, strict=True):
            if isinstance(balance, Balance):
                known = None if isinstance(payments, UpstreamError) else payments
                self._see(number, replace(balance, known_pending=known))
            else:
                self._see(number, None)

    def _see(self, number: AccountNumber, balance: Balance | None) -> None:
        followed = self._followed.get(number)
        if followed is None:
            return
        seen = followed.seen if balance is None else _fingerprint(balance)
        changed = seen != followed.seen
        followed.rest_s = self._pace.shortest_s if changed else min(self._pace.longest_s, followed.rest_s * SLOWER)
        followed.due_at = _loop_time() + followed.rest_s
        followed.seen = seen
        if balance is not None:
            for follower in followed.followers:
                follower.tell(balance)

    async def _rest(self) -> None:
        """Wait until something is due or somebody calls."""
        due_at = min((followed.due_at for followed in self._followed.values()), default=None)
        wait_s = None if due_at is None else max(0.0, due_at - _loop_time())
        try:
            async with timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            return


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


def _fingerprint(balance: Balance) -> Fingerprint:
    pending: Sequence[Payment] | None = balance.known_pending
    references = None if pending is None else tuple(sorted(payment.reference for payment in pending))
    return (balance.amount_owed_by_customer, balance.is_stale, references)
