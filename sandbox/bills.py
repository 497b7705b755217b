"""Bills: one for each whole month, from accruals and posted payments."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import date, datetime

from sandbox.dice import Dice
from sandbox.ledger import Accrual, Bill, Payment
from sandbox.months import first_day, month_of
from sandbox.utilities import Utility


class BillBook:
    """Issue the bills of one utility."""

    def __init__(self, utility: Utility, dice: Dice) -> None:
        self._utility = utility
        self._dice = dice

    def number(self, index: int, month: int) -> str:
        """Give a bill's number: ten digits that cannot be guessed from the account."""
        return str(10**9 + self._dice.lot("bill", index, month).below(9 * 10**9))

    def bills(
        self,
        index: int,
        accruals: Sequence[Accrual],
        issued_at: Sequence[datetime],
        payments: Sequence[Payment],
        qr: Callable[[str], str],
    ) -> list[Bill]:
        """Make the bills of an account.

        Args:
            index: the account's index.
            accruals: the whole months, in order.
            issued_at: when each accrual was posted, and with it its bill.
            payments: what counts is posted; a bill covers what was posted since the bill before.
            qr: writes the QR text of a bill number.
        """
        posted = deque(sorted((each.posted_at, each.amount_minor) for each in payments if each.posted_at is not None))
        bills: list[Bill] = []
        opening = 0
        for accrual, until in zip(accruals, issued_at, strict=True):
            paid = 0
            while posted and posted[0][0] <= until:
                paid += posted.popleft()[1]
            closing = opening + accrual.amount_minor - paid
            number = self.number(index, month_of(accrual.month))
            bills.append(
                Bill(
                    number=number,
                    account=accrual.account,
                    month=accrual.month,
                    issued_on=accrual.posted_on,
                    due_on=self._due_on(accrual.month),
                    opening_minor=opening,
                    charged_minor=accrual.amount_minor,
                    paid_minor=paid,
                    closing_minor=closing,
                    qr=qr(number),
                )
            )
            opening = closing
        return bills

    def _due_on(self, month: date) -> date:
        return first_day(month_of(month) + 1).replace(day=self._utility.bill_due_day)
