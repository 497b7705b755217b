"""What a submitted register stand must be: of a known register, of its digits, of a past time, and not falling.

StandRefusedError: the reading is not taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sandbox.metering import Meter, Reading, Register

DIGITS = re.compile(r"0*(\d+?)(?:\.(\d*?)0*)?", re.ASCII)


class StandRefusedError(Exception):
    """Say why a submitted reading is not taken."""


def register_of(meter: Meter, obis: str) -> Register:
    """Find the meter's register; interval meters take no stands."""
    if meter.interval:
        raise StandRefusedError("the meter reports intervals by itself")
    for register in meter.registers:
        if register.obis == obis:
            return register
    raise StandRefusedError("unknown register")


def stand(text: str, register: Register) -> Decimal:
    """Read a stand in kWh, of no more digits than the register has."""
    digits = DIGITS.fullmatch(text)
    if digits is None:
        raise StandRefusedError("value is not a decimal number from 0")
    if len(digits[1]) > register.left_digits or len(digits[2] or "") > register.right_digits:
        raise StandRefusedError(
            f"value has more digits than the register ({register.left_digits}+{register.right_digits})"
        )
    return Decimal(text)


def check_time(meter: Meter, read_at: datetime, now: datetime) -> None:
    """Refuse a time in the future, or when the meter was not in place."""
    if read_at.timestamp() > now.timestamp():
        raise StandRefusedError("readingDate is in the future")
    if read_at.date() < meter.installed_on or (meter.removed_on is not None and read_at.date() > meter.removed_on):
        raise StandRefusedError("the meter was not in place at readingDate")


def check_growth(value: Decimal, register: Register, readings: Iterable[Reading], read_at: datetime) -> None:
    """Refuse a stand below the last one before it, unless the register rolled over.

    A rollover is taken for one when the energy it stands for is at most a tenth of what the register can count.
    """
    moment = read_at.timestamp()
    before = [each for each in readings if each.obis == register.obis and each.read_at.timestamp() <= moment]
    capacity = 10**register.left_digits
    if before and value < before[-1].value and value + capacity - before[-1].value > capacity // 10:
        raise StandRefusedError("value is below the last stand")
