"""Local dates and times without a zone, as legacy systems write them."""

import re
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from connectors.legacy.errors import Unreadable

_LOCAL: Final = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})(?: (\d{2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_LARGEST_OFFSET: Final = 24 * 60
_MINUTE: Final = timedelta(minutes=1)


def read_date(value: object) -> date:
    """Read `DD.MM.YYYY`."""
    return _read_local(str(value)).date()


def read_month(value: object) -> date:
    """Read `MM.YYYY` as the month's first day."""
    return _read_local(f"01.{value}").date()


def read_local_time(value: object, zone: tzinfo) -> datetime:
    """Read `DD.MM.YYYY HH:MM[:SS]` as the first moment at which the zone's clocks showed that."""
    return local_moments(_read_local(str(value)), zone)[0]


@lru_cache(maxsize=1024)  # the rows of an answer have few days and moments between them
def _read_local(text: str) -> datetime:
    found = _LOCAL.fullmatch(text)
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
    one = zone.utcoffset(local) or timedelta()
    other = zone.utcoffset(local.replace(fold=1 - local.fold)) or timedelta()
    offsets = [one] if one == other else sorted((one, other), reverse=True)
    return [_moment(local, offset) for offset in offsets]


def at_offset(local: datetime, minutes: int) -> datetime:
    """Return the moment of a local time whose offset from UTC is known."""
    if abs(minutes) >= _LARGEST_OFFSET:
        raise Unreadable("not an offset from UTC")
    return _moment(local, minutes * _MINUTE)


def _moment(local: datetime, offset: timedelta) -> datetime:
    return datetime.combine(local, local.time(), _fixed(offset))  # a third of the time that `replace` takes


_fixed = lru_cache(maxsize=64)(timezone)  # a zone has few offsets
