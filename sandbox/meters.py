"""Which meters an account has: models, serial numbers, registers and the one replacement some of them had."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sandbox.consumption import ZONES
from sandbox.dice import Dice, Lot
from sandbox.metering import Meter, Register
from sandbox.months import first_day, midnight
from sandbox.utilities import Utility

_SERIAL_MODULUS = 10**9
_SERIAL_STRIDE = 414_213_563
_SERIAL_OFFSET = 271_828_182
_SERIAL_INVERSE = pow(_SERIAL_STRIDE, -1, _SERIAL_MODULUS)
_PLACES = 4
INTERVAL_PLACE = 3
"""The place of the interval meter that a Green Button feed brings."""
_REPLACEMENT_MONTHS = (3, 29)


@dataclass(frozen=True, slots=True)
class Model:
    """Hold a model of meter; `obis` are the codes of the zones in the order of `sandbox.consumption.ZONES`."""

    name: str
    left_digits: int
    right_digits: int
    obis: tuple[str, ...]


_MODELS = {
    1: (Model("NIK 2102", 5, 1, ("1.8.0",)), Model("CE 102", 6, 2, ("1.8.0",)), Model("NIK 2104", 6, 2, ("1.8.0",))),
    # The second model was programmed the other way round: its register 1 is the night.
    2: (Model("NIK 2104", 6, 2, ("1.8.1", "1.8.2")), Model("GAMA 100", 6, 2, ("1.8.2", "1.8.1"))),
    3: (Model("GAMA 300", 6, 2, ("1.8.1", "1.8.2", "1.8.3")),),
}
_REMOTE_MODEL = Model("CE 207 AMR", 6, 2, ("1.8.0",))
INTERVAL_REGISTER = Register("1.29.0", "total", 6, 3)


@dataclass(frozen=True, slots=True)
class Installed:
    """Hold one meter with what is needed to compute its stands.

    Attributes:
        since: Unix second of installation; stands grow from there.
        until: Unix second of removal.
        initial_wh: each register's unrolled stand at installation, in the order of the zones.
    """

    meter: Meter
    since: int
    until: int | None
    initial_wh: tuple[int, ...]


def serial(index: int, place: int) -> str:
    """Give the serial number of an account's meter: nine digits, an affine map that can be inverted."""
    return f"{((index * _PLACES + place) * _SERIAL_STRIDE + _SERIAL_OFFSET) % _SERIAL_MODULUS:09d}"


def place_of(serial_number: str) -> tuple[int, int] | None:
    """Give (index, place) of a serial number; `None` when it is not one. The index may be out of range."""
    if len(serial_number) != 9 or not (serial_number.isascii() and serial_number.isdigit()):  # noqa: PLR2004 - digits
        return None
    return divmod((int(serial_number) - _SERIAL_OFFSET) * _SERIAL_INVERSE % _SERIAL_MODULUS, _PLACES)


def is_remote(utility: Utility, dice: Dice, index: int) -> bool:
    """Tell whether the meter is read remotely (AMR): always where energy is prepaid, else 15 %."""
    return utility.prepaid or dice.lot("remote", index).percent(15)


def installed(utility: Utility, dice: Dice, index: int, account: str, zones: int) -> tuple[Installed, ...]:
    """Compute an account's meters, oldest first: one, or for 8 % two, the first of them removed in mid-month."""
    lot = dice.lot("meter", index)
    model = _model(lot, zones, remote=is_remote(utility, dice, index))
    begin = date(2016, 1, 1) + timedelta(days=lot.below(2800))
    meter = _meter(index, 0, account, model, zones, begin)
    first = Installed(meter, midnight(utility.zone, date(2024, 1, 1)), None, _initial(lot, model, zones))
    if not lot.percent(8):
        return (first,)
    changed_on = first_day(lot.between(*_REPLACEMENT_MONTHS)) + timedelta(days=lot.between(7, 20))
    changed_at = midnight(utility.zone, changed_on) + 11 * 3600
    successor = _meter(index, 1, account, model, zones, changed_on)
    fresh = tuple(lot.below(4) * 1000 for _ in range(zones))
    removed = replace(first, meter=replace(meter, removed_on=changed_on), until=changed_at)
    return (removed, Installed(successor, changed_at, None, fresh))


def interval_meter(index: int, account: str, installed_on: date) -> Meter:
    """Give the interval meter that a Green Button feed brings to an account."""
    model = Model("INTERVAL", 6, 3, (INTERVAL_REGISTER.obis,))
    return replace(_meter(index, INTERVAL_PLACE, account, model, 1, installed_on), interval=True)


def _model(lot: Lot, zones: int, *, remote: bool) -> Model:
    if remote and zones == 1:
        return _REMOTE_MODEL
    models = _MODELS[zones]
    return models[lot.below(len(models))]


def _meter(  # noqa: PLR0913, PLR0917 - a meter's columns
    index: int, place: int, account: str, model: Model, zones: int, installed_on: date
) -> Meter:
    registers = tuple(
        Register(obis, zone, model.left_digits, model.right_digits)
        for obis, zone in zip(model.obis, ZONES[zones], strict=True)
    )
    return Meter(
        serial=serial(index, place),
        account=account,
        model=model.name,
        installed_on=installed_on,
        removed_on=None,
        verified_until=installed_on.replace(year=installed_on.year + 12, day=1),
        registers=tuple(sorted(registers, key=lambda register: register.obis)),
        interval=False,
    )


def _initial(lot: Lot, model: Model, zones: int) -> tuple[int, ...]:
    """Give the stands where history begins; 3 % are about to roll over (99999 -> 00000)."""
    limit = 10**model.left_digits
    near_end = lot.percent(3)
    return tuple(
        (limit - lot.between(50, 900) if near_end else lot.between(800, limit // 3)) * 1000 for _ in range(zones)
    )
