"""One account's history: what the chronicle computes and the views read."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.ledger import Accrual
from sandbox.meters import Installed
from sandbox.payments import Planned
from sandbox.stands import Course, Dials


@dataclass(frozen=True, slots=True)
class History:
    """Hold one account's history up to the end of the current month, future events included.

    Attributes:
        accruals: one for each month, with `posted_on` of the whole month.
        posted_at: the Unix second at which each accrual is posted.
        payments: ordered by acceptance.
    """

    index: int
    account: str
    tariff_code: str
    zones: tuple[str, ...]
    meters: tuple[Installed, ...]
    dials: Dials
    course: Course
    accruals: tuple[Accrual, ...]
    posted_at: tuple[int, ...]
    payments: tuple[Planned, ...]
