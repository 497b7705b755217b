"""Months as numbers (0 is January 2024, where history begins) and local times as Unix seconds."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

FIRST_YEAR = 2024


def first_day(month: int) -> date:
    """Give the first day of a month."""
    return date(FIRST_YEAR + month // 12, month % 12 + 1, 1)


def month_of(day: date) -> int:
    """Give the number of the month a day lies in."""
    return (day.year - FIRST_YEAR) * 12 + day.month - 1


@lru_cache(maxsize=4096)
def midnight(zone: ZoneInfo, day: date) -> int:
    """Give the Unix second at which a local day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


@lru_cache(maxsize=4096)
def month_start(zone: ZoneInfo, month: int) -> int:
    """Give the Unix second at which a local month begins."""
    return midnight(zone, first_day(month))


def local(zone: ZoneInfo, second: int) -> datetime:
    """Give a Unix second as an aware local time."""
    return datetime.fromtimestamp(second, zone)


def working_days_later(day: date, days: int) -> date:
    """Give the working day that comes `days` working days later (weekends only; holidays are not kept)."""
    while days > 0 or day.weekday() >= 5:  # noqa: PLR2004 - Saturday is 5
        day += timedelta(days=1)
        if day.weekday() < 5:  # noqa: PLR2004 - Saturday is 5
            days -= 1
    return day
