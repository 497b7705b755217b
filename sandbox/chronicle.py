"""The chronicle: an account's meters, stands, accruals and payments, computed when asked and kept for a recent few."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from sandbox.consumption import ZONES, Load
from sandbox.dice import Dice
from sandbox.history import History
from sandbox.ledger import Accrual, Payment
from sandbox.metering import Reading
from sandbox.meters import installed, is_remote
from sandbox.months import first_day, local, midnight, month_of, month_start
from sandbox.payments import Due, Habits, as_known
from sandbox.population import Population
from sandbox.readings import readings_of
from sandbox.stands import DAY, HOUR, Dials, read_course, remote_course
from sandbox.tariffs import charge
from sandbox.utilities import Utility

KEPT_ACCOUNTS = 1_000
"""How many accounts' histories are kept; the rest are computed again, about a millisecond each."""

KEPT_LISTS = 256
"""How many lists of payments and of readings are kept ready."""
_THE_END = 1 << 40


class Chronicle:
    """Compute and keep histories."""

    def __init__(self, utility: Utility, dice: Dice, population: Population) -> None:
        self._utility = utility
        self._dice = dice
        self._population = population
        self._recent = lru_cache(maxsize=KEPT_ACCOUNTS)(self._compute)
        self._finished_payments = lru_cache(maxsize=KEPT_LISTS)(self._finish_payments)
        self._every_reading = lru_cache(maxsize=KEPT_LISTS)(self._read_all)

    def history(self, index: int, now: datetime) -> History:
        """Give an account's history; it is computed anew when a month begins."""
        return self._recent(index, month_of(now.date()) + 1)

    def accruals(self, history: History, now: datetime) -> list[Accrual]:
        """Give the accruals posted so far, and for a prepaid account what this month has cost until midnight."""
        second = now.timestamp()
        seen = [accrual for accrual, at in zip(history.accruals, history.posted_at, strict=True) if at <= second]
        running = self._running(history, now) if self._utility.prepaid else None
        return [*seen, running] if running else seen

    def payments(self, history: History, now: datetime) -> list[Payment]:
        """Give the planned payments accepted so far."""
        second = int(now.timestamp())
        finished = self._finished_payments(history.index, len(history.accruals))
        return [
            done if planned.posted_at <= second else as_known(planned, history.account, second, self._local)
            for planned, done in zip(history.payments, finished, strict=True)
            if planned.accepted_at <= second
        ]

    def readings(self, history: History, serial: str, now: datetime) -> list[Reading]:
        """Give a meter's computed readings reported so far, oldest first."""
        every = self._every_reading(history.index, len(history.accruals), serial)
        return [each for each in every if each.reported_at <= now]

    def posted_minor(self, history: History, now: datetime) -> int:
        """Sum what the planned payments have taken off the debt so far."""
        second = now.timestamp()
        return sum(
            planned.amount_minor for planned in history.payments if planned.posted_at <= second and not planned.reversed
        )

    def _local(self, second: int) -> datetime:
        return local(self._utility.zone, second)

    def _compute(self, index: int, months: int) -> History:
        utility, dice = self._utility, self._dice
        account, zones = self._population.number(index), self._population.zones(index)
        tariff_code = self._population.tariff_code(index)
        meters = installed(utility, dice, index, account, zones)
        remote = is_remote(utility, dice, index)
        load = Load(dice, utility.zone, index, zones, months + 1)
        dials = Dials(load, meters, 10 if remote else 1_000)
        course = (remote_course if remote else read_course)(dials, dice, utility.zone, index, months)
        posted_at = tuple(self._posted_at(index, month) for month in range(months))
        accruals = tuple(
            self._accrual(account, tariff_code, month, dict(zip(ZONES[zones], course.billed[month], strict=True)), at)
            for month, at in enumerate(posted_at)
        )
        dues = [Due(at, accrual.amount_minor) for accrual, at in zip(accruals, posted_at, strict=True)]
        payments = Habits(utility, dice, index).plan(dues)
        return History(index, account, tariff_code, ZONES[zones], meters, dials, course, accruals, posted_at, payments)

    def _finish_payments(self, index: int, months: int) -> tuple[Payment, ...]:
        history = self._recent(index, months)
        return tuple(as_known(planned, history.account, _THE_END, self._local) for planned in history.payments)

    def _read_all(self, index: int, months: int, serial: str) -> tuple[Reading, ...]:
        return tuple(readings_of(self._recent(index, months), serial, self._utility.zone))

    def _posted_at(self, index: int, month: int) -> int:
        """Give the second a month is posted: on the next 1st where energy is prepaid, else on its 4th to 6th."""
        following = month_start(self._utility.zone, month + 1)
        if self._utility.prepaid:
            return following
        return following + (3 + (index + month) % 3) * DAY + HOUR

    def _accrual(self, account: str, tariff_code: str, month: int, wh: dict[str, int], posted_at: int) -> Accrual:
        day = first_day(month)
        lines = charge(tariff_code, day, wh)
        kwh = sum((line.kwh for line in lines), Decimal("0.000"))
        amount = sum(line.amount_minor for line in lines)
        return Accrual(account, day, kwh, amount, tariff_code, self._local(posted_at).date(), lines)

    def _running(self, history: History, now: datetime) -> Accrual | None:
        """Price this month's energy until last midnight, as a prepaid account is charged day by day."""
        month, zone = month_of(now.date()), self._utility.zone
        until = midnight(zone, now.date())
        before = history.dials.counted(month_start(zone, month))
        taken = [wh - then for wh, then in zip(history.dials.counted(until), before, strict=True)]
        if not any(taken):
            return None
        wh = dict(zip(history.zones, taken, strict=True))
        return self._accrual(history.account, history.tariff_code, month, wh, until)
