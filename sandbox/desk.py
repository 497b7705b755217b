"""The cash desk: payments that were made to happen, and the staging table where incoming ones wait to be posted."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from sandbox.dice import Dice
from sandbox.ledger import IncomingPayment, Payment, PaymentState
from sandbox.payments import MADE_IDS_FROM, posting_delay, receipt_no
from sandbox.utilities import Utility

Listener = Callable[[Payment | IncomingPayment], None]


class CashDesk:
    """Keep what was paid on request; as large as what was paid, no larger."""

    def __init__(self, utility: Utility, dice: Dice, begun_at: datetime) -> None:
        self._utility = utility
        self._dice = dice
        # The time keeps ids apart from those of an earlier start, which a real PostgreSQL still holds.
        self._ids = count(MADE_IDS_FROM + int(begun_at.timestamp()) * 10**6)
        self._row_ids = count(1)
        self._payments: dict[str, list[Payment]] = defaultdict(list)
        self._rows: dict[int, IncomingPayment] = {}
        self._row_of_external: dict[str, int] = {}
        self._row_of_payment: dict[int, int] = {}
        self._waiting: list[tuple[datetime, int]] = []
        self._listeners: list[Listener] = []

    def watch(self, listener: Listener) -> None:
        """Call `listener` with every payment and staging row from now on."""
        self._listeners.append(listener)

    def pay(self, account: str, amount_minor: int, operator: str, now: datetime) -> Payment:
        """Take a payment and post it at once."""
        payment = self._posted(next(self._ids), account, amount_minor, self._operator(operator), now, now)
        self._told(payment)
        return payment

    def announce(self, account: str, amount_minor: int, operator: str, now: datetime) -> Payment:
        """Take a payment that waits in the staging table; give it as it will be, state accepted."""
        number = next(self._ids)
        row = self.accept(f"SANDBOX-{number}", account, amount_minor, self._operator(operator), now, now)
        self._row_of_payment[number] = row.id
        return Payment(
            number, account, now, None, None, amount_minor, row.operator, receipt_no(number), PaymentState.ACCEPTED
        )

    def accept(  # noqa: PLR0913, PLR0917 - a staging row's columns and the time
        self, external_id: str, account: str, amount_minor: int, operator: str, accepted_at: datetime, now: datetime
    ) -> IncomingPayment:
        """Insert a staging row; the same external id gives the row that is there, unchanged."""
        if external_id in self._row_of_external:
            return self._rows[self._row_of_external[external_id]]
        if amount_minor <= 0:
            raise ValueError("a payment is more than nothing")
        row = IncomingPayment(
            next(self._row_ids), external_id, account, amount_minor, operator, accepted_at, processed=False
        )
        self._rows[row.id] = row
        self._row_of_external[external_id] = row.id
        heapq.heappush(self._waiting, (now + posting_delay(self._dice, external_id), row.id))
        self._told(row)
        return row

    def post(self, number: int, now: datetime) -> Payment:
        """Post a waiting payment by its payment id or row id; posting twice gives the same payment."""
        row = self._rows.get(self._row_of_payment.get(number, number))
        if row is None:
            raise LookupError(f"no waiting payment {number}")
        if row.payment_id is not None:
            return next(each for each in self._payments[row.account] if each.id == row.payment_id)
        known = (payment_id for payment_id, row_id in self._row_of_payment.items() if row_id == row.id)
        payment_id = next(known, None) or next(self._ids)
        self._row_of_payment[payment_id] = row.id
        self._rows[row.id] = replace(row, processed=True, payment_id=payment_id)
        payment = self._posted(payment_id, row.account, row.amount_minor, row.operator, row.accepted_at, now)
        self._told(payment)
        self._told(self._rows[row.id])
        return payment

    def post_due(self, now: datetime, *, known: Callable[[str], bool]) -> None:
        """Post the rows whose time has come; a row of an unknown account stays where it is."""
        while self._waiting and self._waiting[0][0] <= now:
            due, number = heapq.heappop(self._waiting)
            row = self._rows[number]
            if not row.processed and known(row.account):
                self.post(number, due)

    def payments(self, account: str) -> list[Payment]:
        """Give the posted payments of an account."""
        return list(self._payments.get(account, ()))

    def row(self, external_id: str) -> IncomingPayment | None:
        """Give the staging row of an external id."""
        number = self._row_of_external.get(external_id)
        return None if number is None else self._rows[number]

    def rows(self, accounts: Sequence[str] | None) -> list[IncomingPayment]:
        """Give staging rows by id, of these accounts or all."""
        wanted = None if accounts is None else set(accounts)
        return [row for row in self._rows.values() if wanted is None or row.account in wanted]

    def _operator(self, operator: str) -> str:
        return operator or self._utility.operators[0][0]

    def _posted(  # noqa: PLR0913, PLR0917 - a payment's columns and the time
        self, number: int, account: str, amount_minor: int, operator: str, accepted_at: datetime, now: datetime
    ) -> Payment:
        if amount_minor <= 0:
            raise ValueError("a payment is more than nothing")
        day = now.date()
        payment = Payment(
            number, account, accepted_at, day, day, amount_minor, operator, receipt_no(number), PaymentState.POSTED, now
        )
        self._payments[account].append(payment)
        return payment

    def _told(self, what: Payment | IncomingPayment) -> None:
        for listener in self._listeners:
            listener(what)
