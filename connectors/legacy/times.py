"""Local dates and times without a zone, as legacy systems write them."""

import re
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Final

from connectors.legacy.errors import Unreadable

_LOCAL: Final = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})(?: (\d{2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_LARGEST_OFFSET: Final = 24 * 60


def read_date(value: object) -> date:
    """Read `DD.MM.YYYY`."""
    return _read_local(value).date()


def read_month(value: object) -> date:
    """Read `MM.YYYY` as the month's first day."""
    return _read_local(f"01.{value}").date()


def read_local_time(value: object, zone: tzinfo) -> datetime:
    """Read `DD.MM.YYYY HH:MM[:SS]` as the first moment at which the zone's clocks showed that."""
    return local_moments(_read_local(value), zone)[0]


def _read_local(value: object) -> datetime:
    found = _LOCAL.fullmatch(str(value))
    if not found:
        raise Unreadable("not a local date")
    day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 -- local; the caller knows the zone
    except ValueError:
        raise Unreadable("not a date of the calendar") from None


def local_moments(local: datetime, zone: tzinfo) -> list[datetime]:
    """Return the moments at which clocks showed a local time, earliest first: two in the hour that comes twice.

    A time that clocks skipped is read by either side's offset. Each moment has a fixed offset, so that comparing and
    subtracting them is exact (within a zone PEP 495 leaves it inexact).
    """
    first, second = (zone.utcoffset(local.replace(fold=fold)) or timedelta() for fold in (0, 1))
    offsets = [first] if first == second else sorted((first, second), reverse=True)
    return [local.replace(tzinfo=timezone(offset), fold=0) for offset in offsets]


def at_offset(local: datetime, minutes: int) -> datetime:
    """Return the moment of a local time whose offset from UTC is known."""
    if abs(minutes) >= _LARGEST_OFFSET:
        raise Unreadable("not an offset from UTC")
    return local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
