"""How much energy an account takes: a seeded daily mean, seasons, and a share for each price zone."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from zoneinfo import ZoneInfo

from sandbox.dice import Dice
from sandbox.months import month_start

ZONES: dict[int, tuple[str, ...]] = {
    1: ("total",),
    2: ("day", "night"),
    3: ("peak", "semi-peak", "night"),
}
_SHARES = {1: (100,), 2: (68, 32), 3: (28, 44, 28)}
# Thousandths of the mean, January to December: heating and light in winter, cooling in July and August.
_SEASONS = (1340, 1250, 1080, 920, 840, 900, 1020, 990, 860, 900, 1080, 1270)


class Load:
    """Compute the energy an account has taken, in Wh, as a monotone function of time for each zone.

    Args:
        months: how many months from January 2024 are needed.
    """

    def __init__(self, dice: Dice, zone: ZoneInfo, index: int, zones: int, months: int) -> None:
        lot = dice.lot("load", index)
        self._daily_wh = lot.between(2_500, 9_500) + (lot.between(10_000, 45_000) if lot.percent(6) else 0)
        self._shares = _SHARES[zones]
        self._starts = [month_start(zone, month) for month in range(months + 1)]
        self._by_month = [self._month_wh(dice, index, month) for month in range(months)]
        columns = zip(*self._by_month, strict=True)
        self._before = list(zip(*(accumulate(column, initial=0) for column in columns), strict=True))

    def taken(self, second: int) -> tuple[int, ...]:
        """Give the Wh taken in each zone from the beginning of history to a Unix second."""
        starts = self._starts
        month = min(max(bisect_right(starts, second) - 1, 0), len(starts) - 2)
        start = starts[month]
        length = starts[month + 1] - start
        passed = min(max(second - start, 0), length)
        if passed == 0:
            return self._before[month]
        following = zip(self._before[month], self._by_month[month], strict=True)
        return tuple([before + wh * passed // length for before, wh in following])  # a list is filled faster

    def _month_wh(self, dice: Dice, index: int, month: int) -> tuple[int, ...]:
        """Give the Wh of a month by zone; the zones' shares wander by a few percent."""
        lot = dice.lot("month", index, month)
        days = (self._starts[month + 1] - self._starts[month]) / 86_400
        total = round(self._daily_wh * days) * _SEASONS[month % 12] // 1000 * lot.between(85, 115) // 100
        parts = [total * (share + lot.between(-4, 4)) // 100 for share in self._shares[:-1]]
        return (*parts, total - sum(parts))
