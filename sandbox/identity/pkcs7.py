"""Signatures as E-IMZO writes them: CMS SignedData in BER, with open lengths and the content in pieces.

The structure is real, but for a certificate that is no more than a number and a line. The signature is a keyed hash,
since the real algorithms are in no library: only the sandbox can make one, and it notices every change of what was
signed, by whom and when.

    Unreadable(ValueError)    these bytes are no such signature
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_KEY = b"keys of the sandbox sign nothing of value"
_INTEGER, _OCTETS, _OID, _TEXT, _TIME, _SEQUENCE, _SET, _TAGGED_0 = 0x02, 0x04, 0x06, 0x0C, 0x17, 0x30, 0x31, 0xA0
_CONSTRUCTED, _LONG = 0x20, 0x80
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_SIGNING_TIME = bytes.fromhex("06092a864886f70d010905")
_HASH = bytes.fromhex("060a2a865c030f0103020101")  # O'z DSt 1106:2009
_SIGNATURE = bytes.fromhex("060b2a865c030f010102020202")  # O'z DSt 1092:2009
_PIECE = 16
_END = b"\0\0"


class Unreadable(ValueError):
    """Say that these bytes are no signature of the sandbox."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Hold what a signature says; `is_intact` tells whether it was changed since."""

    content: bytes
    serial: str
    at: datetime
    is_intact: bool


def sign(content: bytes, serial: str, subject: str, at: datetime, *, detached: bool = False) -> bytes:
    """Sign; the content goes along unless it is detached."""
    number, time = _number(serial), f"{at.astimezone(UTC):%y%m%d%H%M%SZ}".encode()
    pieces = [_element(_OCTETS, content[start : start + _PIECE]) for start in range(0, len(content), _PIECE)]
    attached = [] if detached else [_open(_TAGGED_0, _open(_OCTETS | _CONSTRUCTED, *pieces))]
    certificate = _element(_SEQUENCE, _element(_INTEGER, number), _element(_TEXT, subject.encode()))
    signer = _element(
        _SEQUENCE,
        _element(_INTEGER, b"\1"),
        _element(_SEQUENCE, _element(_INTEGER, number)),
        _element(_SEQUENCE, _HASH),
        _element(_TAGGED_0, _element(_SEQUENCE, _SIGNING_TIME, _element(_SET, _element(_TIME, time)))),
        _element(_SEQUENCE, _SIGNATURE),
        _element(_OCTETS, _seal(content, number, time)),
    )
    signed_data = _open(
        _SEQUENCE,
        _element(_INTEGER, b"\1"),
        _element(_SET, _element(_SEQUENCE, _HASH)),
        _open(_SEQUENCE, _DATA, *attached),
        _open(_TAGGED_0, certificate),
        _element(_SET, signer),
    )
    return _open(_SEQUENCE, _SIGNED_DATA, _open(_TAGGED_0, signed_data))


def read(signature: bytes) -> Signed:
    """Read a signature with its content attached; raises Unreadable."""
    try:
        leaves = list(_leaves(signature, 0, len(signature)))
        tags = [tag for tag, _ in leaves]
        begin = leaves.index((_OID, _DATA[2:])) + 1
        end = tags.index(_INTEGER, begin)
        time = leaves[tags.index(_TIME)][1]
        at = datetime.strptime(time.decode(), "%y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except (ValueError, IndexError, RecursionError) as error:
        raise Unreadable("no signature of the sandbox") from error
    content = b"".join(piece for _, piece in leaves[begin:end])
    number, sealed = leaves[end][1], leaves[-1][1]
    is_intact = hmac.compare_digest(sealed, _seal(content, number, time))
    return Signed(content, f"{int.from_bytes(number):x}", at, is_intact)


def _number(serial: str) -> bytes:
    number = int(serial, 16)
    return number.to_bytes(number.bit_length() // 8 + 1)


def _seal(content: bytes, number: bytes, time: bytes) -> bytes:
    return hmac.new(_KEY, b"\x1f".join((number, time, content)), hashlib.sha512).digest()


def _element(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < _LONG:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, _LONG | len(length))) + length + content


def _open(tag: int, *parts: bytes) -> bytes:
    return bytes((tag, _LONG)) + b"".join(parts) + _END


def _leaves(data: bytes, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Give the tag and content of every primitive element; open ends need no care, for they hold nothing."""
    while at < end:
        tag, size = data[at], data[at + 1]
        at += 2
        if size & _LONG:
            more = size ^ _LONG
            size = int.from_bytes(data[at : at + more])
            at += more
        if tag & _CONSTRUCTED:
            continue
        if at + size > end:
            raise ValueError("an element is longer than what holds it")
        if tag:
            yield tag, data[at : at + size]
        at += size
