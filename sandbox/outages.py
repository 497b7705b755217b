"""Outages by group, and work orders: a seeded timetable, and what was made to happen."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sandbox.dice import Dice
from sandbox.metering import Meter, Outage, WorkOrder
from sandbox.months import local, midnight

GROUPS = tuple(f"{queue}.{half}" for queue in range(1, 7) for half in (1, 2))
KINDS = ("PLANNED", "EMERGENCY")
_DAYS_BACK, _DAYS_AHEAD = 7, 2


def group_of(dice: Dice, index: int) -> str:
    """Give the outage group of an account."""
    return GROUPS[dice.lot("group", index).below(len(GROUPS))]


class OutageBoard:
    """Announce planned outages and keep those that were made to happen."""

    def __init__(self, zone: ZoneInfo, dice: Dice) -> None:
        self._zone = zone
        self._dice = dice
        self._made: list[Outage] = []
        self._ids = count(1)

    def of(self, account: str, group: str, now: datetime) -> list[Outage]:
        """Give the outages of the past week, running ones and those of the next two days, by start."""
        days = (now.date() + timedelta(days=day) for day in range(-_DAYS_BACK, _DAYS_AHEAD + 1))
        planned = [outage for day in days if (outage := self._planned(group, day))]
        oldest = now - timedelta(days=_DAYS_BACK)
        made = [
            outage
            for outage in self._made
            if outage.expected_end_at >= oldest and (account in outage.accounts or outage.group == group)
        ]
        return sorted([*planned, *made], key=lambda outage: (outage.starts_at, outage.id))

    def make(self, kind: str, account: str | None, group: str, now: datetime, minutes: int) -> Outage:
        """Begin an outage now."""
        if kind not in KINDS:
            raise ValueError(f"an outage is {' or '.join(KINDS)}, not {kind!r}")
        accounts = () if account is None else (account,)
        end = now + timedelta(minutes=minutes)
        outage = Outage(f"M{next(self._ids)}", kind, "" if account else group, now, end, accounts)
        self._made.append(outage)
        return outage

    def _planned(self, group: str, day: date) -> Outage | None:
        """Plan two hours for a group on every fifth day or so."""
        lot = self._dice.lot("outage", group, day.isoformat())
        if not lot.percent(20):
            return None
        start = local(self._zone, midnight(self._zone, day) + lot.between(8, 18) * 3600)
        return Outage(f"P{group}-{day:%Y%m%d}", "PLANNED", group, start, start + timedelta(hours=2))


class WorkOrders:
    """Keep work orders; each meter is called in for verification three months before its term ends."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._made: dict[str, list[WorkOrder]] = {}
        self._ids = count(1)

    def of(self, account: str, meters: tuple[Meter, ...], now: datetime) -> list[WorkOrder]:
        """Give the work orders of an account, oldest first."""
        called = [order for meter in meters if (order := self._verification(account, meter, now))]
        return sorted([*called, *self._made.get(account, [])], key=lambda order: (order.requested_at, order.id))

    def make(self, account: str, kind: str, now: datetime, scheduled_at: datetime | None) -> WorkOrder:
        """Take a work order in."""
        state = "SUBMITTED" if scheduled_at is None else "SCHEDULED"
        order = WorkOrder(f"W{next(self._ids)}", account, kind, state, now, scheduled_at)
        self._made.setdefault(account, []).append(order)
        return order

    def _verification(self, account: str, meter: Meter, now: datetime) -> WorkOrder | None:
        requested_at = local(self._zone, midnight(self._zone, meter.verified_until - timedelta(days=90)) + 9 * 3600)
        if requested_at > now or meter.removed_on is not None:
            return None
        scheduled_at = requested_at + timedelta(days=45, hours=1)
        state = "SCHEDULED" if now < scheduled_at else "DONE"
        return WorkOrder(f"V{meter.serial}", account, "METER_VERIFICATION", state, requested_at, scheduled_at)
