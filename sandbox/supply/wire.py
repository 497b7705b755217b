"""Messages of the PostgreSQL protocol, version 3: reading them from a socket, and writing them as bytes.

https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sandbox.supply.columns import Answered
from sandbox.supply.errors import Disconnected, FatalError, SqlError
from sandbox.supply.values import PgType

__all__ = ["CANCEL", "ENCRYPTION", "Cursor", "Message", "Startup", "message", "read_message", "read_startup"]

CANCEL = 80877102
ENCRYPTION = {80877103, 80877104}  # SSLRequest, GSSENCRequest
_VERSION_3 = 3
_LONGEST = 1 << 24


class Message(NamedTuple):
    """Hold a message of the client: its type, one byte, and what it carries."""

    type: bytes
    body: bytes


class Startup(NamedTuple):
    """Hold the first message of a connection: a version or a request code, and the rest."""

    code: int
    body: bytes

    def options(self) -> dict[str, str]:
        """Read the pairs of a StartupMessage (`user`, `database`, settings); 08P01 for another protocol."""
        if self.code >> 16 != _VERSION_3:
            raise FatalError("0A000", f"unsupported frontend protocol {self.code >> 16}.{self.code & 0xFFFF}")
        words = self.body.decode().split("\0")
        return dict(zip(words[::2], words[1::2], strict=False))


class Cursor:
    """Read the fields of a message one after another; `struct.error` or `ValueError` where they end too early."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._place = 0

    def text(self) -> str:
        """Read a zero-terminated string."""
        return self.until_zero().decode()

    def until_zero(self) -> bytes:
        """Read the bytes before the next zero."""
        end = self._body.index(0, self._place)
        data, self._place = self._body[self._place : end], end + 1
        return data

    def int16(self) -> int:
        """Read a whole number of two bytes."""
        return self._number("!h")

    def int32(self) -> int:
        """Read a whole number of four bytes."""
        return self._number("!i")

    def taken(self, length: int) -> bytes:
        """Read so many bytes."""
        data = self._body[self._place : self._place + length]
        if len(data) != length:
            raise ValueError("the message ends too early")
        self._place += length
        return data

    def counted(self) -> bytes | None:
        """Read a length and so many bytes; a length of -1 is a null."""
        length = self.int32()
        return None if length < 0 else self.taken(length)

    def int16s(self) -> list[int]:
        """Read a count and so many numbers of two bytes."""
        return [self.int16() for _ in range(self.int16())]

    def _number(self, layout: str) -> int:
        number = int(struct.unpack_from(layout, self._body, self._place)[0])
        self._place += struct.calcsize(layout)
        return number


async def read_startup(reader: asyncio.StreamReader) -> Startup:
    """Read the first message, which has no type; `Disconnected` when the client goes."""
    try:
        length, code = struct.unpack("!II", await reader.readexactly(8))
        if not 8 <= length <= _LONGEST:  # noqa: PLR2004 - the two numbers just read
            raise Disconnected
        return Startup(code, await reader.readexactly(length - 8))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise Disconnected from error


async def read_message(reader: asyncio.StreamReader) -> Message:
    """Read one message; `Disconnected` when the client goes."""
    try:
        kind, length = struct.unpack("!cI", await reader.readexactly(5))
        if not 4 <= length <= _LONGEST:  # noqa: PLR2004 - a length counts its own four bytes
            raise FatalError("08P01", "invalid message length")
        return Message(kind, await reader.readexactly(length - 4))
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise Disconnected from error


def message(kind: bytes, body: bytes = b"") -> bytes:
    """Write a message of the server."""
    return kind + struct.pack("!I", len(body) + 4) + body


def authentication(code: int, data: bytes = b"") -> bytes:
    """Ask for a proof (10, 11: SASL, 12: its end), or tell that the client is in (0)."""
    return message(b"R", struct.pack("!I", code) + data)


def parameter_statuses(settings: Mapping[str, str]) -> bytes:
    """Report the settings a client may rely on."""
    return b"".join(message(b"S", f"{name}\0{value}\0".encode()) for name, value in settings.items())


def backend_key(process: int, secret: int) -> bytes:
    """Give the pair that a cancel request must show."""
    return message(b"K", struct.pack("!II", process, secret))


def ready(status: str) -> bytes:
    """Say that the next query may come: "I" idle, "T" in a transaction, "E" in a failed one."""
    return message(b"Z", status.encode())


def complete(tag: str) -> bytes:
    """End one statement."""
    return message(b"C", tag.encode() + b"\0")


def error(problem: SqlError) -> bytes:
    """Write an ErrorResponse."""
    fields = {"S": problem.severity, "V": problem.severity, "C": problem.code, "M": problem.message}
    return message(b"E", "".join(f"{key}{value}\0" for key, value in fields.items()).encode() + b"\0")


def parameter_description(types: Sequence[PgType]) -> bytes:
    """Tell the types of a statement's parameters."""
    return message(b"t", struct.pack(f"!H{len(types)}I", len(types), *(kind.oid for kind in types)))


def row_description(columns: Sequence[Answered], formats: Sequence[int]) -> bytes:
    """Tell names, types and formats (0 text, 1 binary) of an answer's columns; NoData when there are none."""
    if not columns:
        return message(b"n")
    parts = [struct.pack("!H", len(columns))]
    for (name, kind), form in zip(columns, formats, strict=True):
        parts.append(name.encode() + b"\0" + struct.pack("!IhIhih", 0, 0, kind.oid, kind.size, -1, form))
    return message(b"T", b"".join(parts))


def data_row(fields: Iterable[bytes | None]) -> bytes:
    """Write one row of encoded values."""
    null, pack = b"\xff\xff\xff\xff", struct.Struct("!I").pack
    parts = [null if field is None else pack(len(field)) + field for field in fields]
    return message(b"D", struct.pack("!H", len(parts)) + b"".join(parts))
