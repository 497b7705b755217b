"""Types of the supply system: PostgreSQL's object ids, and values between SQLite and the wire.

In SQLite a value is kept in its *stored* form: numeric(14,2) as whole hundredths, timestamp and date as ISO text,
boolean as 0 or 1, an array parameter as JSON text. The wire knows a binary and a text form of each
(PostgreSQL 15, src/backend/utils/adt).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.supply.errors import SqlError, unsupported

__all__ = ["ARRAYS", "TYPES", "PgType", "Stored", "named", "numeric_stored"]

Stored = str | int | float | None

_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - PostgreSQL's epoch of a timestamp without time zone
_EPOCH_DAY = _EPOCH.toordinal()
_SCALE = 2
_BASE = 10_000
_NEGATIVE = 0x4000


@dataclass(frozen=True, slots=True)
class PgType:
    """Hold one type: its name, object id, size in bytes (-1: varies), and the four ways across the wire."""

    name: str
    oid: int
    size: int
    to_binary: Callable[[Any], bytes]
    to_text: Callable[[Any], str]
    from_binary: Callable[[bytes], Stored]
    from_text: Callable[[str], Stored]
    element: PgType | None = None


def _integer(name: str, oid: int, layout: str) -> PgType:
    packing = struct.Struct(layout)

    def unpack(data: bytes) -> int:
        return int(packing.unpack(data)[0])

    return PgType(name, oid, packing.size, packing.pack, str, unpack, int)


def _textual(name: str, oid: int) -> PgType:
    return PgType(name, oid, -1, str.encode, str, bytes.decode, str)


def numeric_stored(value: Decimal) -> int | float:
    """Give hundredths: whole where two decimals are enough, otherwise a fraction that still compares rightly."""
    if not value.is_finite():
        raise unsupported("numeric values that are not finite")
    hundredths = value.scaleb(_SCALE)
    return int(hundredths) if hundredths == hundredths.to_integral_value() else float(hundredths)


def _numeric_text(hundredths: float) -> str:
    return str(Decimal(round(hundredths)).scaleb(-_SCALE))


def _numeric_to_binary(hundredths: float) -> bytes:
    """Write digits in base 10,000 with weight, sign and display scale (numeric_send)."""
    cents = round(hundredths)
    whole, fraction = divmod(abs(cents), 100)
    digits = [fraction * 100]
    while whole:
        whole, digit = divmod(whole, _BASE)
        digits.append(digit)
    digits.reverse()
    head = (len(digits), len(digits) - 2, _NEGATIVE if cents < 0 else 0, _SCALE)
    return struct.pack(f"!Hhhh{len(digits)}H", *head, *digits)


def _numeric_from_binary(data: bytes) -> int | float:
    count, weight, sign, _scale = struct.unpack_from("!HhHH", data)
    if sign not in (0, _NEGATIVE):
        raise unsupported("numeric values that are not finite")
    digits = struct.unpack_from(f"!{count}H", data, 8)
    value = sum((Decimal(digit).scaleb(4 * (weight - place)) for place, digit in enumerate(digits)), Decimal(0))
    return numeric_stored(-value if sign else value)


def _numeric_from_text(text: str) -> int | float:
    try:
        return numeric_stored(Decimal(text))
    except InvalidOperation as error:
        raise SqlError("22P02", f'invalid input syntax for type numeric: "{text}"') from error


def _timestamp_to_binary(text: str) -> bytes:
    passed = datetime.fromisoformat(text) - _EPOCH
    return struct.pack("!q", (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds)


def _timestamp_from_binary(data: bytes) -> str:
    try:
        return (_EPOCH + timedelta(microseconds=struct.unpack("!q", data)[0])).isoformat(" ")
    except OverflowError as error:
        raise SqlError("22008", "timestamp out of range") from error


def _timestamp_from_text(text: str) -> str:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None).isoformat(" ")
    except ValueError as error:
        raise SqlError("22007", f'invalid input syntax for type timestamp: "{text}"') from error


def _date_to_binary(text: str) -> bytes:
    return struct.pack("!i", date.fromisoformat(text).toordinal() - _EPOCH_DAY)


def _date_from_binary(data: bytes) -> str:
    try:
        return date.fromordinal(struct.unpack("!i", data)[0] + _EPOCH_DAY).isoformat()
    except (OverflowError, ValueError) as error:
        raise SqlError("22008", "date out of range") from error


def _date_from_text(text: str) -> str:
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError as error:
        raise SqlError("22007", f'invalid input syntax for type date: "{text}"') from error


def _array(name: str, oid: int, element: PgType) -> PgType:
    def from_binary(data: bytes) -> str:
        """Read a one-dimensional array (array_recv) into JSON text."""
        dimensions, _nulls, _oid = struct.unpack_from("!iii", data)
        items: list[Stored] = []
        count, offset = (struct.unpack_from("!i", data, 12)[0], 20) if dimensions else (0, 12)
        for _ in range(count):
            size = struct.unpack_from("!i", data, offset)[0]
            offset += 4
            items.append(None if size < 0 else element.from_binary(data[offset : offset + size]))
            offset += max(size, 0)
        return json.dumps(items)

    def from_text(text: str) -> str:
        inside = text.strip().removeprefix("{").removesuffix("}")
        return json.dumps([element.from_text(item.strip().strip('"')) for item in inside.split(",") if item.strip()])

    def refuse(_value: object) -> Any:  # noqa: ANN401 - stands where bytes or text are expected, and never returns
        raise unsupported("arrays in an answer")

    return PgType(name, oid, -1, refuse, refuse, from_binary, from_text, element)


def _from_truth(text: str) -> int:
    return int(text.lower() in {"t", "true", "1", "on", "yes"})


_SCALARS = (
    _integer("int8", 20, "!q"),
    _integer("int4", 23, "!i"),
    _integer("int2", 21, "!h"),
    _integer("oid", 26, "!I"),
    _textual("varchar", 1043),
    _textual("text", 25),
    _textual("bpchar", 1042),
    _textual("name", 19),
    _textual("char", 18),
    PgType("bool", 16, 1, struct.Struct("!?").pack, "ft".__getitem__, lambda data: data[0], _from_truth),
    PgType("numeric", 1700, -1, _numeric_to_binary, _numeric_text, _numeric_from_binary, _numeric_from_text),
    PgType("timestamp", 1114, 8, _timestamp_to_binary, str, _timestamp_from_binary, _timestamp_from_text),
    PgType("date", 1082, 4, _date_to_binary, str, _date_from_binary, _date_from_text),
)
TYPES = {kind.name: kind for kind in _SCALARS}
_ARRAY_OIDS = {"oid": 1028, "varchar": 1015, "text": 1009, "bpchar": 1014, "int8": 1016, "int4": 1007, "int2": 1005}
ARRAYS = {name: _array(f"_{name}", oid, TYPES[name]) for name, oid in _ARRAY_OIDS.items()}
_SPELLINGS = {
    "bigint": "int8",
    "integer": "int4",
    "int": "int4",
    "smallint": "int2",
    "character varying": "varchar",
    "character": "bpchar",
    "decimal": "numeric",
    "boolean": "bool",
    "timestamp without time zone": "timestamp",
    "regtype": "oid",
}


def named(name: str, *, array: bool = False) -> PgType:
    """Give a type by any of its names in SQL (`BIGINT`, `character varying`); 0A000 for one the sandbox lacks."""
    key = _SPELLINGS.get(name.lower(), name.lower())
    if key == "char":  # in SQL `char` is character(n); the catalogue's "char" is another type
        key = "bpchar"
    kind = (ARRAYS if array else TYPES).get(key)
    if kind is None:
        raise unsupported(f"the type {name}{'[]' if array else ''}")
    return kind
