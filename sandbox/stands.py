"""What the meters showed and when: the stands an account is billed by, and those taken between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sandbox.consumption import Load
from sandbox.dice import Dice, Lot
from sandbox.meters import Installed
from sandbox.months import month_start

DAY = 86_400
HOUR = 3_600
_VALID, _ESTIMATED, _VALIDATED = 0, 8, 17  # ESPI ReadingQuality


class Stand(NamedTuple):
    """Hold what one meter showed at one moment.

    Attributes:
        meter: position in the account's meters.
        read_at: Unix second.
        reported_at: Unix second at which the distribution system has it.
        wh: each register's unrolled stand, in the order of the zones.
    """

    meter: int
    read_at: int
    reported_at: int
    source: str
    quality: int
    wh: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """Hold an account's stands in order of time, and the Wh each month is billed for, by zone."""

    stands: tuple[Stand, ...]
    billed: tuple[tuple[int, ...], ...]


class Dials:
    """Read the account's meters at any moment.

    Args:
        resolution: Wh below which a stand is cut off: a person reads whole kWh, a remote meter also decimals.
    """

    __slots__ = ("_load", "_zeros", "meters", "resolution")

    def __init__(self, load: Load, meters: tuple[Installed, ...], resolution: int) -> None:
        self._load = load
        self.meters = meters
        self.resolution = resolution
        self._zeros = [
            [first - then for first, then in zip(meter.initial_wh, load.taken(meter.since), strict=True)]
            for meter in meters
        ]

    def at(self, position: int, second: int) -> tuple[int, ...]:
        """Give what a meter shows at a moment, by zone."""
        resolution = self.resolution
        raw = zip(self._load.taken(second), self._zeros[position], strict=True)
        return tuple([(wh + zero) // resolution * resolution for wh, zero in raw])  # a list is filled faster

    def counted(self, second: int) -> tuple[int, ...]:
        """Give what all meters together have counted since history began, by zone."""
        total = [0] * len(self.meters[0].initial_wh)
        for position, meter in enumerate(self.meters):
            if meter.since >= second:
                break
            end = min(second, meter.until or second)
            shown = zip(self.at(position, end), self.at(position, meter.since), strict=True)
            total = [sofar + last - first for sofar, (last, first) in zip(total, shown, strict=True)]
        return tuple(total)


def remote_course(dials: Dials, dice: Dice, zone: ZoneInfo, index: int, months: int) -> Course:
    """Compute the stands of a meter that is read remotely: on the 1st, the 11th and the 21st at midnight."""
    stands = [_opening(dials, zone)]
    billed: list[tuple[int, ...]] = []
    last = stands[0].wh
    for month in range(months):
        lot = dice.lot("remote reading", index, month)
        start, end = month_start(zone, month), month_start(zone, month + 1)
        replaced = _replacement(dials, stands, start, end)
        for moment in (start + 10 * DAY, start + 20 * DAY, end):
            position = _meter_at(dials, moment)
            reported = moment + lot.between(300, 3_300)
            stands.append(Stand(position, moment, reported, "AMR", _VALIDATED, dials.at(position, moment)))
        billed.append(_billed(stands[-1], last, replaced))
        last = stands[-1].wh
    return Course(tuple(sorted(stands, key=lambda stand: stand.read_at)), tuple(billed))


def read_course(dials: Dials, dice: Dice, zone: ZoneInfo, index: int, months: int) -> Course:
    """Compute the stands that people read: in the window from the second-last day to the 3rd, or else estimated.

    A month without a reading is billed by an estimate below what was taken; the next reading makes up for it.
    """
    stands = [_opening(dials, zone)]
    billed: list[tuple[int, ...]] = []
    last = stands[0].wh
    for month in range(months):
        lot = dice.lot("reading", index, month)
        start, end = month_start(zone, month), month_start(zone, month + 1)
        if lot.percent(8):
            stands.append(_inspection(dials, start + lot.between(9, 19) * DAY + lot.between(9, 16) * HOUR))
        replaced = _replacement(dials, stands, start, end)
        stands.append(_month_end(dials, lot, end, replaced[1].wh if replaced else last, first=month == 0))
        billed.append(_billed(stands[-1], last, replaced))
        last = stands[-1].wh
    return Course(tuple(sorted(stands, key=lambda stand: stand.read_at)), tuple(billed))


def _billed(stand: Stand, last: tuple[int, ...], replaced: tuple[Stand, Stand] | None) -> tuple[int, ...]:
    """Give the Wh since the last month's stand, counted on both meters when one replaced the other."""
    if replaced is None:
        return tuple([now - then for now, then in zip(stand.wh, last, strict=True)])  # a list is filled faster
    removed, fresh = replaced
    rows = zip(stand.wh, fresh.wh, removed.wh, last, strict=True)
    return tuple(now - first + final - then for now, first, final, then in rows)


def _opening(dials: Dials, zone: ZoneInfo) -> Stand:
    start = month_start(zone, 0)
    return Stand(0, start, start + 9 * HOUR, "OPERATOR", _VALID, dials.at(0, start))


def _inspection(dials: Dials, moment: int) -> Stand:
    position = _meter_at(dials, moment)
    return Stand(position, moment, moment + 6 * HOUR, "OPERATOR", _VALID, dials.at(position, moment))


def _month_end(dials: Dials, lot: Lot, end: int, last: tuple[int, ...], *, first: bool) -> Stand:
    position = _meter_at(dials, end)
    if lot.percent(8) and not first:
        actual = dials.at(position, end)
        guessed = (then + (now - then) * 9 // 10 for now, then in zip(actual, last, strict=True))
        wh = tuple(guess - guess % dials.resolution for guess in guessed)
        return Stand(position, end, end + 3 * DAY + HOUR // 2, "ESTIMATE", _ESTIMATED, wh)
    moment = end + lot.between(-2, 2) * DAY + lot.between(8 * 60, 21 * 60) * 60
    return Stand(position, moment, moment + lot.between(5, 90), "CUSTOMER", _VALID, dials.at(position, moment))


def _meter_at(dials: Dials, moment: int) -> int:
    return sum(meter.since <= moment for meter in dials.meters[1:])


def _replacement(dials: Dials, stands: list[Stand], start: int, end: int) -> tuple[Stand, Stand] | None:
    """Add the final stand of a meter replaced in this month and the first of its successor, and give both."""
    changed = dials.meters[0].until
    if changed is None or not start <= changed < end:
        return None
    reported = changed + 5 * HOUR
    pair = (
        Stand(0, changed, reported, "OPERATOR", _VALID, dials.at(0, changed)),
        Stand(1, changed, reported, "OPERATOR", _VALID, dials.at(1, changed)),
    )
    stands.extend(pair)
    return pair
