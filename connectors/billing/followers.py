"""Followers of a balance: what each has been told, and what makes a balance news to it."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from schema.billing import Balance
from schema.errors import UpstreamError
from schema.identifiers import AccountNumber
from schema.money import Money


@dataclass(frozen=True, slots=True)
class State:
    """What a follower is told the changes of; `pending` names the payments, None where supply did not say."""

    amount: Money
    is_stale: bool
    pending: frozenset[str] | None

    @classmethod
    def of(cls, balance: Balance) -> "State":
        """Take the state of a balance."""
        payments = balance.known_pending
        pending = None if payments is None else frozenset(payment.reference for payment in payments)
        return cls(balance.amount_owed_by_customer, balance.is_stale, pending)

    def after(self, known: "State | None") -> "State":
        """Return the state with pending payments as known before where they are not known now: silence is no change."""
        return replace(self, pending=known.pending) if known and self.pending is None else self


class News(NamedTuple):
    """What billing answered about an account, as the port of billing has it: a balance, an error, or nothing."""

    number: AccountNumber
    answer: Balance | UpstreamError | None


@dataclass(eq=False, slots=True)
class Follower:
    """One subscription: the newest news of each account that it has not been told yet, and no older one.

    `told` holds None for an account whose balance the follower has been told that nobody knows.
    """

    told: dict[AccountNumber, State | None] = field(default_factory=dict)
    unread: dict[AccountNumber, News] = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, news: News) -> None:
        """Note news unless it is what the follower already knows; older ones still unread are replaced."""
        known = self.told.get(news.number)
        state = State.of(news.answer) if isinstance(news.answer, Balance) else None
        is_new = news.number not in self.told or (state and state.after(known)) != known
        if is_new:
            self.told[news.number] = state
            self.unread[news.number] = news
            self.woken.set()

    async def next_news(self) -> News:
        """Wait for news and take those that have waited longest."""
        while not self.unread:
            self.woken.clear()
            await self.woken.wait()
        return self.unread.pop(next(iter(self.unread)))
