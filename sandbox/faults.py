"""Bad manners: one value of faults per system, switched at run time, and the board that holds them.

The list follows what real legacy systems do on the wire. `sandbox.disturbance` applies the manners of bytes and time to
an HTTP stand-in; `sandbox.manners` applies those of the payload.

    FaultRefused(ValueError)    an unknown system, an unknown or meaningless key, a value of the wrong kind
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, tzinfo

SYSTEMS = ("billing", "distribution", "supply")
EMPTY_LISTS = ("item", "nil", "missing")


@dataclass(frozen=True, slots=True)
class Faults:
    """Hold the manners of one system; the default is good manners.

    Attributes:
        latency_ms: added to every answer.
        jitter_ms: up to so much more, evenly spread.
        error_rate: share of calls that fail, 0..1; evenly spaced, so 0.5 is exactly every second call.
        hang: never answer until the client leaves.
        truncate: declare a longer body than is sent, then close.
        malformed: send garbage as the body.
        wrong_encoding: send cp1251 and declare UTF-8.
        fault_in_200: answer 200 with an error inside.
        empty_list: spell an empty list as one empty item, as nil, or leave it out.
        single_element: a list of one arrives as the bare element.
        strip_zeros: account numbers lose their leading zeros.
        repeat_rows: one row comes twice, and a page begins with the last row of the page before.
        decimal_comma: decimals have a comma.
        renamed_operations: `GetX` is known only as `X`.
        maintenance_until: planned maintenance until then (aware).
    """

    latency_ms: int = 0
    jitter_ms: int = 0
    error_rate: float = 0.0
    hang: bool = False
    truncate: bool = False
    malformed: bool = False
    wrong_encoding: bool = False
    fault_in_200: bool = False
    empty_list: str | None = None
    single_element: bool = False
    strip_zeros: bool = False
    repeat_rows: bool = False
    decimal_comma: bool = False
    renamed_operations: bool = False
    maintenance_until: datetime | None = None

    def as_json(self) -> dict[str, object]:
        """Give the manners that differ from good ones, as JSON values."""
        plain = asdict(GOOD_MANNERS)
        bad = {key: value for key, value in asdict(self).items() if value != plain[key]}
        return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in bad.items()}


GOOD_MANNERS = Faults()

_EVERY_KEY = tuple(field.name for field in fields(Faults))
_NOT_IN_REST = {"renamed_operations"}
_NOT_IN_SQL = {"fault_in_200", "empty_list", "single_element", "decimal_comma", "renamed_operations"}
KNOWN: dict[str, tuple[str, ...]] = {
    "billing": tuple(key for key in _EVERY_KEY if key not in _NOT_IN_REST),
    "distribution": _EVERY_KEY,
    "supply": tuple(key for key in _EVERY_KEY if key not in _NOT_IN_SQL),
}


class FaultRefused(ValueError):
    """Say which system, key or value was refused, and name the known ones."""


class FaultBoard:
    """Hold the faults of every system, with the counters that make error rates and jitter repeatable.

    Args:
        zone: the utility's zone, for times given without an offset.
    """

    def __init__(self, zone: tzinfo = UTC) -> None:
        self._zone = zone
        self._faults = dict.fromkeys(SYSTEMS, GOOD_MANNERS)
        self._debts = dict.fromkeys(SYSTEMS, 0.0)
        self._delays = dict.fromkeys(SYSTEMS, 0)
        self.closing = asyncio.Event()
        """Set when the sandbox ends: whoever hangs on purpose stops hanging."""

    def of(self, system: str) -> Faults:
        """Give the manners of a system now."""
        return self._faults[_known_system(system)]

    def put(self, system: str, wanted: Mapping[str, object]) -> Faults:
        """Replace a system's manners; `FaultRefused` names what is known."""
        known = KNOWN[_known_system(system)]
        values: dict[str, object] = {}
        for key, value in wanted.items():
            if key not in known:
                raise FaultRefused(f"{system} knows no fault {key!r}; known: {', '.join(known)}")
            values[key] = _CHECKS[key](key, value, self._zone)
        self._faults[system] = replace(GOOD_MANNERS, **values)  # type: ignore[arg-type] # checked key by key above
        self._debts[system] = 0.0
        return self._faults[system]

    def clear(self, system: str | None = None) -> None:
        """Bring good manners back, for one system or for all."""
        for name in SYSTEMS if system is None else (_known_system(system),):
            self._faults[name] = GOOD_MANNERS
            self._debts[name] = 0.0

    def fails(self, system: str) -> bool:
        """Decide whether this call fails; call it once per call. 1.0 fails always, 0.5 exactly every second call."""
        debt = self._debts[system] + self.of(system).error_rate
        failed = debt >= 1.0 - 1e-9
        self._debts[system] = debt - 1.0 if failed else debt
        return failed

    def delay_s(self, system: str) -> float:
        """Give the seconds this call waits; call it once per call."""
        faults = self.of(system)
        self._delays[system] += 1
        share = self._delays[system] * 0.6180339887498949 % 1.0  # the golden ratio spreads evenly and repeats never
        return (faults.latency_ms + faults.jitter_ms * share) / 1000

    def maintenance(self, system: str, now: datetime) -> datetime | None:
        """Give the end of the maintenance that is on now."""
        until = self.of(system).maintenance_until
        return until if until is not None and now < until else None

    def as_json(self) -> dict[str, dict[str, object]]:
        """Give every system's bad manners."""
        return {system: faults.as_json() for system, faults in self._faults.items()}


def _known_system(system: str) -> str:
    if system not in SYSTEMS:
        raise FaultRefused(f"there is no system {system!r}; known: {', '.join(SYSTEMS)}")
    return system


def _flag(key: str, value: object, _zone: tzinfo) -> bool:
    if isinstance(value, bool):
        return value
    raise FaultRefused(f"{key} is true or false, not {value!r}")


def _milliseconds(key: str, value: object, _zone: tzinfo) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise FaultRefused(f"{key} is a whole number of milliseconds from 0, not {value!r}")


def _share(key: str, value: object, _zone: tzinfo) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise FaultRefused(f"{key} is a number from 0 to 1, not {value!r}")


def _spelling(key: str, value: object, _zone: tzinfo) -> str | None:
    if value is None or value in EMPTY_LISTS:
        return None if value is None else str(value)
    raise FaultRefused(f"{key} is one of {', '.join(EMPTY_LISTS)} or null, not {value!r}")


def _moment(key: str, value: object, zone: tzinfo) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise FaultRefused(f"{key} is an ISO 8601 time or null, not {value!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


_CHECKS: dict[str, Callable[[str, object, tzinfo], object]] = {
    **dict.fromkeys(_EVERY_KEY, _flag),
    "latency_ms": _milliseconds,
    "jitter_ms": _milliseconds,
    "error_rate": _share,
    "empty_list": _spelling,
    "maintenance_until": _moment,
}
