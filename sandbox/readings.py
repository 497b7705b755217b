"""Readings and usage points as the distribution system shows them at a moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sandbox.history import History
from sandbox.metering import Meter, Reading
from sandbox.months import local
from sandbox.stands import Stand

_WH = Decimal("0.001")


def meters_at(history: History, now: datetime) -> list[Meter]:
    """Give the meters installed by now; one that is still there has no removal date."""
    second = now.timestamp()
    return [
        each.meter if each.until is None or each.until <= second else replace(each.meter, removed_on=None)
        for position, each in enumerate(history.meters)
        if position == 0 or each.since <= second
    ]


def readings_of(history: History, serial: str, zone: ZoneInfo) -> list[Reading]:
    """Give a meter's readings to the end of the history, oldest first, registers of one moment by their codes."""
    found: list[Reading] = []
    for stand in history.course.stands:
        meter = history.meters[stand.meter].meter
        if meter.serial == serial:
            found.extend(_readings(history, meter, stand, zone))
    return found


def current_stand(history: History, meter: Meter, obis: str, now: datetime) -> Decimal:
    """Give what a register shows at this moment, in kWh."""
    position = [each.meter.serial for each in history.meters].index(meter.serial)
    register = next(each for each in meter.registers if each.obis == obis)
    wh = history.dials.at(position, int(now.timestamp()))[history.zones.index(register.zone)]
    return Decimal(wh % (10**register.left_digits * 1_000)) * _WH


def object_id(serial: str, obis: str, second: int, ordinal: int = 0) -> str:
    """Name a reading: unique, and sorted by meter, register and time."""
    return f"{serial}-{obis.replace('.', '')}-{second:010d}-{ordinal:03d}"


def _readings(history: History, meter: Meter, stand: Stand, zone: ZoneInfo) -> list[Reading]:
    read_at, reported_at = local(zone, stand.read_at), local(zone, stand.reported_at)
    return [
        Reading(
            object_id=object_id(meter.serial, register.obis, stand.read_at),
            meter_serial=meter.serial,
            obis=register.obis,
            value=Decimal(stand.wh[history.zones.index(register.zone)] % (10**register.left_digits * 1_000)) * _WH,
            read_at=read_at,
            reported_at=reported_at,
            source=stand.source,
            quality=stand.quality,
            status="ACCEPTED",
        )
        for register in meter.registers
    ]
