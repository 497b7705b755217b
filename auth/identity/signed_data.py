"""What a CMS SignedData (RFC 5652, section 5; once PKCS#7) carries, read without judging its signature.

NotSignedData(ValueError)    these bytes are no SignedData with its content attached

E-IMZO writes BER (X.690), not DER: lengths are left open and the content is cut into pieces.
"""

from dataclasses import dataclass
from typing import Final

_CONSTRUCTED: Final = 0x20
_INTEGER, _OCTETS, _OID, _SEQUENCE, _SET, _TAGGED_0 = 0x02, 0x04, 0x06, 0x30, 0x31, 0xA0
_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")
"""1.2.840.113549.1.7.2"""

_MOST_NESTED: Final = 64
_LONGEST_LENGTH: Final = 4
_END: Final = b"\0\0"


class NotSignedData(ValueError):
    """These bytes are no SignedData with its content attached."""


@dataclass(frozen=True, slots=True)
class _Element:
    """One BER element: its bytes where it is primitive, its parts where it is constructed."""

    tag: int
    content: bytes = b""
    parts: "tuple[_Element, ...]" = ()


def attached_content(data: bytes) -> bytes:
    """Return what was signed, which a SignedData carries in `encapContentInfo`; raises NotSignedData."""
    whole, end = _read(data, 0, len(data), 0)
    if end != len(data):
        raise NotSignedData("bytes follow the SignedData")
    kind, wrapped = _parts(whole, _SEQUENCE, (_OID, _TAGGED_0))
    if kind.content != _SIGNED_DATA:
        raise NotSignedData("the content type is not SignedData")
    (signed_data,) = _parts(wrapped, _TAGGED_0, (_SEQUENCE,))
    encapsulated = _first(signed_data, (_INTEGER, _SET, _SEQUENCE))[2]
    _, wrapped = _parts(encapsulated, _SEQUENCE, (_OID, _TAGGED_0))
    (octets,) = wrapped.parts if len(wrapped.parts) == 1 else (wrapped,)
    return _octets(octets)


def _octets(element: _Element) -> bytes:
    """Return the bytes of an OCTET STRING, whole or in pieces (X.690, 8.7)."""
    if element.tag == _OCTETS:
        return element.content
    if element.tag == _OCTETS | _CONSTRUCTED and all(part.tag == _OCTETS for part in element.parts):
        return b"".join(part.content for part in element.parts)
    raise NotSignedData("the content is no OCTET STRING")


def _parts(element: _Element, tag: int, expected: tuple[int, ...]) -> tuple[_Element, ...]:
    """Return the parts of an element with this tag that has exactly these."""
    if element.tag != tag or len(element.parts) != len(expected):
        raise NotSignedData("the structure is not a SignedData's")
    return _first(element, expected)


def _first(element: _Element, expected: tuple[int, ...]) -> tuple[_Element, ...]:
    """Return the first parts, which have these tags."""
    found = element.parts[: len(expected)]
    if tuple(part.tag for part in found) != expected:
        raise NotSignedData("the structure is not a SignedData's")
    return found


def _read(data: bytes, at: int, end: int, depth: int) -> tuple[_Element, int]:
    """Read the element that begins at `at`; returns it and where the next one begins."""
    tag, length, at = _header(data, at, end)
    if length is None:
        return _open_ended(data, tag, at, end, depth)
    stop = at + length
    if stop > end:
        raise NotSignedData("an element is longer than what holds it")
    if not tag & _CONSTRUCTED:
        return _Element(tag, content=data[at:stop]), stop
    parts = []
    while at < stop:
        part, at = _read(data, at, stop, _deeper(depth))
        parts.append(part)
    return _Element(tag, parts=tuple(parts)), stop


def _open_ended(data: bytes, tag: int, at: int, end: int, depth: int) -> tuple[_Element, int]:
    """Read the parts of an element that lasts until two zero bytes."""
    if not tag & _CONSTRUCTED:
        raise NotSignedData("a primitive element has no length")
    parts = []
    while data[at : at + 2] != _END:
        part, at = _read(data, at, end, _deeper(depth))
        parts.append(part)
    return _Element(tag, parts=tuple(parts)), at + 2


def _header(data: bytes, at: int, end: int) -> tuple[int, int | None, int]:
    """Read a tag and a length (None: until two zero bytes); returns them and where the content begins."""
    if at + 2 > end:
        raise NotSignedData("the bytes end too soon")
    tag, length = data[at], data[at + 1]
    if tag & 0x1F == 0x1F:  # noqa: PLR2004 -- the mark of a tag number beyond 30, which CMS has nowhere
        raise NotSignedData("a tag is none of CMS")
    if length < 0x80:  # noqa: PLR2004 -- the short form (X.690, 8.1.3.4)
        return tag, length, at + 2
    if length == 0x80:  # noqa: PLR2004 -- the indefinite form (X.690, 8.1.3.6)
        return tag, None, at + 2
    begin = at + 2 + (length & 0x7F)
    if length & 0x7F > _LONGEST_LENGTH or begin > end:
        raise NotSignedData("a length is too long")
    return tag, int.from_bytes(data[at + 2 : begin]), begin


def _deeper(depth: int) -> int:
    if depth == _MOST_NESTED:
        raise NotSignedData("the elements are nested too deep")
    return depth + 1
