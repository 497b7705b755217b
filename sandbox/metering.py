"""The metering nouns: usage point, meter, register, reading, outage and work order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Register:
    """Hold one counter of a meter.

    Attributes:
        obis: reduced OBIS code, "1.8.0" (IEC 62056-6-1); "1.29.0" for the energy of an interval.
        zone: "total", "day", "night", "peak" or "semi-peak"; which code is which zone is data of the meter.
        left_digits: digits before the comma; the stand rolls over at 10 ** left_digits kWh.
        right_digits: digits after the comma.
    """

    obis: str
    zone: str
    left_digits: int
    right_digits: int


@dataclass(frozen=True, slots=True)
class Meter:
    """Hold one meter; `interval` meters report the energy of each interval instead of a stand."""

    serial: str
    account: str
    model: str
    installed_on: date
    removed_on: date | None
    verified_until: date
    registers: tuple[Register, ...]
    interval: bool


@dataclass(frozen=True, slots=True)
class UsagePoint:
    """Hold the place where energy is delivered, with its meters, oldest first (a removed meter stays).

    Attributes:
        connection_state: "CONNECTED", "DISCONNECTED_DEBT" or "DISCONNECTED_REQUEST".
        outage_group: the queue of planned outages, "1.1" to "6.2".
    """

    account: str
    eic: str
    address_text: str
    connection_state: str
    outage_group: str
    meters: tuple[Meter, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold one reading of one register.

    Attributes:
        object_id: unique; sorts by meter, register, time.
        value: kWh; a register's stand, or for interval meters the energy of the interval.
        read_at: when the meter showed it (aware, the utility's zone); the end of the interval for interval meters.
        reported_at: when the distribution system first had it.
        source: "AMR", "CUSTOMER", "OPERATOR" or "ESTIMATE".
        quality: ESPI ReadingQuality code (0 valid, 7 edited, 8 estimated, 17 validated).
        status: "RECEIVED", "ACCEPTED" or "SUPERSEDED".
        period_start: start of the interval; `None` for a stand.
        period_end: end of the interval; `None` for a stand.
    """

    object_id: str
    meter_serial: str
    obis: str
    value: Decimal
    read_at: datetime
    reported_at: datetime
    source: str
    quality: int
    status: str
    period_start: datetime | None = None
    period_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """Hold one outage; `accounts` is empty when the whole group is without supply.

    Attributes:
        kind: "PLANNED" or "EMERGENCY".
        group: the outage group; "" when only the named accounts are affected.
    """

    id: str
    kind: str
    group: str
    starts_at: datetime
    expected_end_at: datetime
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """Hold one piece of field work asked for an account.

    Attributes:
        kind: "METER_VERIFICATION", "METER_REPLACEMENT", "INSPECTION" or what a caller asked for.
        state: "SUBMITTED", "SCHEDULED" or "DONE".
        scheduled_at: `None` until scheduled.
    """

    id: str
    account: str
    kind: str
    state: str
    requested_at: datetime
    scheduled_at: datetime | None
