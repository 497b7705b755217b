"""The balance feed: billing does not push, so accounts that somebody follows are polled, each at its own pace.

One look asks billing and supply about many accounts. Looks follow one another, so that what comes due during one fills
the next; only a look that takes long is overtaken, and only by a few.
"""

import asyncio
from asyncio import Semaphore, TaskGroup, gather, timeout, wait
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeVar

import structlog

from connectors.billing.followers import Follower, News, State
from connectors.billing.port import Billing
from connectors.supply.port import Supply
from connectors.transport.deadline import Deadline
from schema.billing import Balance
from schema.errors import UpstreamError, UpstreamUnavailable
from schema.identifiers import AccountNumber
from schema.systems import System

T = TypeVar("T")

SLOWER: Final = 1.5
"""How much longer an account rests after each look that found nothing new."""

EARLY: Final = 0.25
"""The share of its rest that an account gives up to be looked at together with one that is due: fuller batches."""

ACCOUNTS_PER_LOOK: Final = 200
LOOKS_AT_ONCE: Final = 4

log = structlog.get_logger("gridgate")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a followed account is looked at: at once after a change, then ever more seldom.

    `deadline_s` bounds a look; `pending_s` is how long a balance waits for the pending payments that go with it.
    """

    shortest_s: float = 0.1
    longest_s: float = 5.0
    deadline_s: float = 5.0
    pending_s: float = 1.0


@dataclass(eq=False, slots=True)
class Followed:
    """An account that somebody follows: when to look next, and what was seen last while billing answered."""

    number: AccountNumber
    due_at: float
    rest_s: float
    followers: set[Follower] = field(default_factory=set)
    seen: State | None = None
    is_looked_at: bool = False
    is_nudged: bool = False

    def may_join(self, now: float) -> bool:
        """Tell whether the account may be looked at now that another one is."""
        return self.due_at - self.rest_s * EARLY <= now

    def begin_look(self, pace: Pace) -> None:
        """Leave the account to one look: whoever nudges from now on wants another. A nudge makes no rest longer."""
        if not self.is_nudged:
            self.rest_s = min(pace.longest_s, self.rest_s * SLOWER)
        self.is_looked_at, self.is_nudged = True, False

    def end_look(self, answer: Balance | UpstreamError | None, pace: Pace, now: float) -> None:
        """Tell what was seen and say when to look next. Only a change makes looks frequent; an outage does not."""
        known = self.seen
        if isinstance(answer, Balance) and not answer.is_stale:
            self.seen = State.of(answer).after(known)
        for follower in self.followers:
            follower.tell(News(self.number, answer))
        has_changed = self.seen != known
        if has_changed:
            self.rest_s = pace.shortest_s
        missed = self.is_nudged and not has_changed  # billing may have answered before what the nudge is about
        self.due_at = now if missed else now + self.rest_s
        self.is_looked_at = False


class BalanceFeed:
    """Tells followers what changed. `run` does the polling; without followers it asks nobody anything."""

    def __init__(self, billing: Billing, supply: Supply, pace: Pace, now: Callable[[], datetime]) -> None:
        self._billing = billing
        self._supply = supply
        self._pace = pace
        self._now = now
        self._followed: dict[AccountNumber, Followed] = {}
        self._wake = asyncio.Event()

    async def follow(self, numbers: frozenset[AccountNumber], until: datetime | None) -> AsyncGenerator[News, None]:
        """Yield the current balance of each account, then each change, until the given time.

        A slow reader misses what was replaced before it was read, never the newest. An account whose balance nobody
        knows has the error in its place, once.
        """
        follower = Follower()
        self._join(follower, numbers)
        try:
            while True:
                async with timeout(None if until is None else (until - self._now()).total_seconds()):
                    news = await follower.next_news()
                if until is not None and self._now() >= until:
                    return
                yield news
        except TimeoutError:
            return
        finally:
            self._leave(follower, numbers)

    def nudge(self, numbers: Iterable[AccountNumber]) -> None:
        """Look at accounts at once: something is known to have changed. Accounts that nobody follows are left alone."""
        for number in numbers:
            followed = self._followed.get(number)
            if followed is not None:
                followed.is_nudged = True
                followed.due_at = min(followed.due_at, _loop_time())
                self._wake.set()

    async def run(self) -> None:
        """Poll what is due, for ever."""
        room = Semaphore(LOOKS_AT_ONCE)
        async with TaskGroup() as looks:
            while True:
                await room.acquire()
                look = looks.create_task(self._look(await self._due()))
                look.add_done_callback(lambda _: room.release())
                await wait({look}, timeout=self._pace.shortest_s)

    def _join(self, follower: Follower, numbers: Iterable[AccountNumber]) -> None:
        for number in numbers:
            fresh = Followed(number, _loop_time(), self._pace.shortest_s)
            self._followed.setdefault(number, fresh).followers.add(follower)
        self.nudge(numbers)

    def _leave(self, follower: Follower, numbers: Iterable[AccountNumber]) -> None:
        for number in numbers:
            followed = self._followed[number]
            followed.followers.discard(follower)
            if not followed.followers:
                del self._followed[number]

    async def _due(self) -> list[Followed]:
        """Wait until an account is due; return it with those that may join, the longest due first."""
        while True:
            self._wake.clear()
            now = _loop_time()
            resting = [followed for followed in self._followed.values() if not followed.is_looked_at]
            next_at = min((followed.due_at for followed in resting), default=None)
            if next_at is not None and next_at <= now:
                due = [followed for followed in resting if followed.may_join(now)]
                return sorted(due, key=lambda followed: followed.due_at)[:ACCOUNTS_PER_LOOK]
            await self._rest(None if next_at is None else next_at - now)

    async def _rest(self, seconds: float | None) -> None:
        """Wait until something is due or somebody calls."""
        try:
            async with timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _look(self, due: Sequence[Followed]) -> None:
        """Ask about accounts and tell their followers. Whatever a system does, every account comes to rest again."""
        for followed in due:
            followed.begin_look(self._pace)
        numbers = [followed.number for followed in due]
        deadline = Deadline.within(self._pace.deadline_s)
        balances, pending = await gather(
            self._billing.balances(numbers, deadline),
            self._supply.pending(numbers, deadline.sooner(self._pace.pending_s)),
            return_exceptions=True,
        )
        answers = zip(
            due,
            _answers(System.BILLING, balances, len(due)),
            _answers(System.SUPPLY, pending, len(due)),
            strict=True,
        )
        for followed, answer, payments in answers:
            if isinstance(answer, Balance) and not isinstance(payments, UpstreamError):
                followed.end_look(replace(answer, known_pending=payments), self._pace, _loop_time())
            else:
                followed.end_look(answer, self._pace, _loop_time())
        self._wake.set()


def _answers(
    system: System, answers: Sequence[T | UpstreamError] | BaseException, count: int
) -> Sequence[T | UpstreamError]:
    """Return what a system answered about each account. A defect is logged and is no answer; polling goes on."""
    if isinstance(answers, BaseException) or len(answers) != count:
        log.error("look_failed", system=system.value, answer=type(answers).__name__)
        return [UpstreamUnavailable(system)] * count
    return answers


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
