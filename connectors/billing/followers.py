"""Followers of a balance: what each has been told, and what makes a balance news to it."""

import asyncio
from dataclasses import dataclass, field, replace

from schema.billing import Balance
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


@dataclass(eq=False, slots=True)
class Follower:
    """One subscription: the newest balance of each account that it has not been told yet, and no older one."""

    told: dict[AccountNumber, State] = field(default_factory=dict)
    news: dict[AccountNumber, Balance] = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, balance: Balance) -> None:
        """Note a balance unless it is what the follower already knows; an older unread one is replaced."""
        number, state = balance.account_number, State.of(balance)
        known = self.told.get(number)
        if state.after(known) != known:
            self.told[number] = state
            self.news[number] = balance
            self.woken.set()

    async def next_news(self) -> Balance:
        """Wait for news and take the one that has waited longest."""
        while not self.news:
            self.woken.clear()
            await self.woken.wait()
        return self.news.pop(next(iter(self.news)))
