"""The ledger's nouns: accruals, bills, payments, the staging row of an incoming payment, and the balance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum


class PaymentState(IntEnum):
    """Name the states of a payment as the supply system numbers them (domain: accepted, settled, posted)."""

    ACCEPTED = 1
    SETTLED = 2
    POSTED = 3
    REVERSED = 9


@dataclass(frozen=True, slots=True)
class AccrualLine:
    """Hold one line of an accrual: the energy of one tier and one zone at one price.

    Attributes:
        tier: 1 for the lowest step of a stepped tariff; always 1 where there are no steps.
        zone: "total", "day", "night", "peak" or "semi-peak".
        kwh: energy, three decimals.
        price: major units per kWh, unrounded.
        amount_minor: kwh x price, rounded half-up to the minor unit.
    """

    tier: int
    zone: str
    kwh: Decimal
    price: Decimal
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Accrual:
    """Hold what one account was charged for one month.

    Attributes:
        month: first day of the month.
        kwh: the sum of the lines' energy.
        amount_minor: the sum of the lines' amounts.
        posted_on: local date of posting; a prepaid account's current month is posted anew each midnight.
    """

    account: str
    month: date
    kwh: Decimal
    amount_minor: int
    tariff_code: str
    posted_on: date
    lines: tuple[AccrualLine, ...]


@dataclass(frozen=True, slots=True)
class Bill:
    """Hold one month's bill; `closing_minor` = `opening_minor` + `charged_minor` - `paid_minor`, positive = debt."""

    number: str
    account: str
    month: date
    issued_on: date
    due_on: date
    opening_minor: int
    charged_minor: int
    paid_minor: int
    closing_minor: int
    qr: str


@dataclass(frozen=True, slots=True)
class Payment:
    """Hold one payment as the supply system knows it now.

    Attributes:
        accepted_at: when the customer paid (aware, the utility's zone).
        settled_on: local date the money reached the supplier; `None` until then.
        posted_on: local date it reduced the debt; `None` until then.
        state: a `PaymentState` number.
        posted_at: the instant behind `posted_on`.
    """

    id: int
    account: str
    accepted_at: datetime
    settled_on: date | None
    posted_on: date | None
    amount_minor: int
    operator: str
    receipt_no: str
    state: int
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IncomingPayment:
    """Hold one row of the staging table: accepted by an operator, not yet in the ledger.

    Attributes:
        external_id: the operator's own id; unique.
        processed: the nightly run (or the control endpoint) has made a payment of it.
        payment_id: the payment it became; `None` until processed.
    """

    id: int
    external_id: str
    account: str
    amount_minor: int
    operator: str
    accepted_at: datetime
    processed: bool
    payment_id: int | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """Hold what an account owes: accruals less posted payments.

    Attributes:
        debt_minor: positive = the customer owes, negative = the customer has credit.
        average_daily_kwh: over the last three whole months, three decimals.
        average_daily_cost_minor: over the same months.
    """

    account: str
    debt_minor: int
    calculated_at: datetime
    average_daily_kwh: Decimal
    average_daily_cost_minor: int
    prepaid: bool
