"""The field book: readings that were made to happen, and the interval meters of Green Button feeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sandbox.greenbutton import Interval
from sandbox.metering import Meter, Reading
from sandbox.meters import INTERVAL_REGISTER, interval_meter
from sandbox.readings import object_id

_FIRST_MADE = 100  # ordinals below belong to the computed readings


@dataclass(frozen=True, slots=True)
class Loaded:
    """Hold an interval meter with its readings, oldest first."""

    meter: Meter
    readings: tuple[Reading, ...]


class FieldBook:
    """Keep made readings by meter and loaded meters by account index."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._made: dict[str, list[Reading]] = defaultdict(list)
        self._loaded: dict[int, Loaded] = {}

    def made(self, serial: str) -> list[Reading]:
        """Give the readings made for a meter, in order of making."""
        return list(self._made.get(serial, ()))

    def loaded(self, index: int) -> Loaded | None:
        """Give the interval meter that replaced an account's meter."""
        return self._loaded.get(index)

    def all_loaded(self) -> list[Loaded]:
        """Give every loaded meter, in order of loading."""
        return list(self._loaded.values())

    def read(  # noqa: PLR0913, PLR0917 - a reading's columns and the time
        self, serial: str, obis: str, value: Decimal, read_at: datetime, now: datetime, source: str
    ) -> Reading:
        """Note a reading; one for the same register and moment as before gets an id of its own."""
        ordinal = _FIRST_MADE + len(self._made[serial])
        reading = Reading(
            object_id=object_id(serial, obis, int(read_at.timestamp()), ordinal),
            meter_serial=serial,
            obis=obis,
            value=value,
            read_at=read_at.astimezone(self._zone),
            reported_at=now,
            source=source,
            quality=0,
            status="RECEIVED",
        )
        self._made[serial].append(reading)
        return reading

    def load(self, index: int, account: str, intervals: Sequence[Interval], now: datetime) -> Meter:
        """Replace an account's meter by an interval meter with these intervals."""
        meter = interval_meter(index, account, intervals[0].start.astimezone(self._zone).date())
        readings = tuple(
            self._interval_reading(meter.serial, interval, ordinal % 100, now)
            for ordinal, interval in enumerate(intervals)
        )
        self._loaded[index] = Loaded(meter, tuple(sorted(readings, key=lambda each: (each.read_at, each.object_id))))
        return meter

    def _interval_reading(self, serial: str, interval: Interval, ordinal: int, now: datetime) -> Reading:
        start, end = interval.start.astimezone(self._zone), interval.end.astimezone(self._zone)
        return Reading(
            object_id=object_id(serial, INTERVAL_REGISTER.obis, int(end.timestamp()), ordinal),
            meter_serial=serial,
            obis=INTERVAL_REGISTER.obis,
            value=interval.kwh,
            read_at=end,
            reported_at=now,
            source="AMR",
            quality=interval.quality,
            status="ACCEPTED",
            period_start=start,
            period_end=end,
        )
