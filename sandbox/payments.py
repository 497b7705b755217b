"""When and how much an account pays: seeded habits applied to what it was charged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sandbox.dice import Dice, Lot
from sandbox.ledger import Payment, PaymentState
from sandbox.months import local, midnight, month_start, working_days_later
from sandbox.utilities import Utility

DAY = 86_400
IDS_OF_ACCOUNT = 100_000
MADE_IDS_FROM = 10**15
"""Payments that were made to happen are numbered from here."""
_IDS_OF_MONTH = 4
_POSTING_HOUR = 6
_RECEIPT_STRIDE = 732_050_807_569


class Due(NamedTuple):
    """Hold one charge: the Unix second of its posting and minor units."""

    posted_at: int
    amount_minor: int


class Planned(NamedTuple):
    """Hold one payment as it will go: Unix seconds of its stages; a reversed one is never settled."""

    id: int
    accepted_at: int
    settled_at: int
    posted_at: int
    amount_minor: int
    operator: str
    reversed: bool


@dataclass(slots=True)
class Habits:
    """Plan the payments of one account."""

    utility: Utility
    dice: Dice
    index: int

    def plan(self, dues: Sequence[Due]) -> tuple[Planned, ...]:
        """Plan the payments that answer these charges (one per month, in order), ordered by acceptance."""
        pay = self._topped_up if self.utility.prepaid else self._paid_bill
        careless = self.dice.lot("habits", self.index).percent(6)
        planned: list[Planned] = []
        charged = paid = 0
        for month, due in enumerate(dues):
            lot = self.dice.lot("payment", self.index, month)
            charged += due.amount_minor
            for part, (moment, amount) in enumerate(pay(lot, month, due, charged - paid, careless=careless)):
                planned.append(self._planned(lot, month * _IDS_OF_MONTH + part, moment, amount))
                paid += amount
            if planned and lot.percent(1):
                planned.append(self._doubled(planned[-1], month))
        return tuple(sorted(planned, key=lambda each: (each.accepted_at, each.id)))

    def _paid_bill(self, lot: Lot, _month: int, due: Due, debt: int, *, careless: bool) -> list[tuple[int, int]]:
        """Pay a bill within 20 days: all of it, rounded up, half of it, in two parts, or not at all."""
        moment = due.posted_at + lot.between(6 * 60, 20 * 24 * 60) * 60
        mood = lot.below(100)
        if debt <= 0 or mood < (60 if careless else 8):
            return []
        if mood < 70:  # noqa: PLR2004 - percent
            return [(moment, debt)]
        if mood < 85:  # noqa: PLR2004 - percent
            return [(moment, -(-debt // 1000) * 1000)]
        half = debt // 2
        second = [] if mood < 90 else [(moment + lot.between(60, 26 * 60) * 60, debt - half)]  # noqa: PLR2004 - percent
        return [(moment, half), *second]

    def _topped_up(self, lot: Lot, month: int, due: Due, debt: int, *, careless: bool) -> list[tuple[int, int]]:
        """Top up early in the month so that the credit lasts; careless holders forget every third month.

        `debt` counts this month's charge in full although it has only begun, which makes the top-up an honest guess.
        """
        if careless and month and lot.below(3) == 0:
            return []
        wanted = debt + due.amount_minor * lot.between(15, 70) // 100
        if wanted <= 0:
            return []
        start = month_start(self.utility.zone, month)
        moment = start + (lot.between(1, 5) * DAY if month else 0) + lot.between(9 * 60, 21 * 60) * 60
        return [(moment, -(-wanted // 500_000) * 500_000)]

    def _planned(self, lot: Lot, ordinal: int, moment: int, amount: int) -> Planned:
        operators = self.utility.operators
        operator, days = operators[min(lot.below(len(operators) + 2), len(operators) - 1)]
        return self._staged(ordinal, moment, amount, operator, days)

    def _staged(self, ordinal: int, moment: int, amount: int, operator: str, days: int) -> Planned:
        """Lay the stages out: the money arrives after the operator's working days and is posted that night."""
        zone = self.utility.zone
        settled_on = working_days_later(local(zone, moment).date(), days)
        if days == 0:
            settled_at, posted_at = moment, moment + 120
        else:
            settled_at = midnight(zone, settled_on)
            posted_at = settled_at + _POSTING_HOUR * 3600
        number = self.index * IDS_OF_ACCOUNT + ordinal + 1
        return Planned(number, moment, settled_at, posted_at, amount, operator, reversed=False)

    def _doubled(self, original: Planned, month: int) -> Planned:
        """Repeat a payment seconds later, as impatient clients do; the operator reverses the second one."""
        number = self.index * IDS_OF_ACCOUNT + month * _IDS_OF_MONTH + _IDS_OF_MONTH
        return original._replace(id=number, accepted_at=original.accepted_at + 11, reversed=True)


def receipt_no(payment_id: int) -> str:
    """Give the number on a payment's receipt: twelve digits, one for each payment."""
    return f"{payment_id * _RECEIPT_STRIDE % 10**12:012d}"


def as_known(planned: Planned, account: str, now: int, at: Callable[[int], datetime]) -> Payment:
    """Show a planned payment as the supply system knows it at a moment."""
    settled = now >= planned.settled_at and not planned.reversed
    posted = now >= planned.posted_at and not planned.reversed
    posted_at = at(planned.posted_at) if posted else None
    return Payment(
        id=planned.id,
        account=account,
        accepted_at=at(planned.accepted_at),
        settled_on=at(planned.settled_at).date() if settled else None,
        posted_on=posted_at.date() if posted_at else None,
        amount_minor=planned.amount_minor,
        operator=planned.operator,
        receipt_no=receipt_no(planned.id),
        state=int(_state(planned, settled=settled, posted=posted)),
        posted_at=posted_at,
    )


def posting_delay(dice: Dice, external_id: str) -> timedelta:
    """Give how long a staging row waits for its posting: one to three days."""
    return timedelta(minutes=dice.lot("posting", external_id).between(1 * 1440, 3 * 1440))


def _state(planned: Planned, *, settled: bool, posted: bool) -> PaymentState:
    if planned.reversed:
        return PaymentState.REVERSED
    if posted:
        return PaymentState.POSTED
    return PaymentState.SETTLED if settled else PaymentState.ACCEPTED
