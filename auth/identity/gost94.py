"""GOST R 34.11-94 (RFC 5831): the hash that E-IMZO's phone app finds in the code it scans. Old; used for nothing else.

Numbers are of 256 bits, and the first byte of a message is the least significant one.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

SBoxes: TypeAlias = Sequence[Sequence[int]]
"""Eight substitutions of four bits; the first is applied to the least significant ones."""

CRYPTO_PRO: Final[SBoxes] = (
    (0xA, 0x4, 0x5, 0x6, 0x8, 0x1, 0x3, 0x7, 0xD, 0xC, 0xE, 0x0, 0x9, 0x2, 0xB, 0xF),
    (0x5, 0xF, 0x4, 0x0, 0x2, 0xD, 0xB, 0x9, 0x1, 0x7, 0x6, 0x3, 0xC, 0xE, 0xA, 0x8),
    (0x7, 0xF, 0xC, 0xE, 0x9, 0x4, 0x1, 0x0, 0x3, 0xB, 0x5, 0x2, 0x6, 0xA, 0x8, 0xD),
    (0x4, 0xA, 0x7, 0xC, 0x0, 0xF, 0x2, 0x8, 0xE, 0x1, 0x6, 0x5, 0xD, 0xB, 0x9, 0x3),
    (0x7, 0x6, 0x4, 0xB, 0x9, 0xC, 0x2, 0xA, 0x1, 0x8, 0x0, 0xE, 0xF, 0xD, 0x3, 0x5),
    (0x7, 0x6, 0x2, 0x4, 0xD, 0x9, 0xF, 0x0, 0xA, 0x1, 0x5, 0xB, 0x8, 0xE, 0xC, 0x3),
    (0xD, 0xE, 0x4, 0x1, 0x7, 0x0, 0x5, 0xA, 0x3, 0xC, 0x8, 0xF, 0x6, 0x2, 0x9, 0xB),
    (0x1, 0x3, 0xA, 0x9, 0x5, 0xB, 0x4, 0xF, 0x8, 0x6, 0x7, 0xE, 0xD, 0x0, 0x2, 0xC),
)
"""id-GostR3411-94-CryptoProParamSet (RFC 4357, 11.2), which the E-IMZO demo's own script uses."""

_BLOCK: Final = 32
_MASK_32: Final = (1 << 32) - 1
_MASK_64: Final = (1 << 64) - 1
_MASK_256: Final = (1 << 256) - 1
_C3: Final = 0xFF00FFFF000000FFFF0000FF00FFFF0000FF00FF00FF00FFFF00FF00FF00FF00
_KEY_ORDER: Final = (*range(8), *range(8), *range(8), *reversed(range(8)))
_FEEDBACK: Final = (0, 1, 2, 3, 12, 15)
"""The 16-bit words that the mixing transformation adds up (RFC 5831, 5.3)."""


def gost94(message: bytes, sboxes: SBoxes = CRYPTO_PRO) -> bytes:
    """Return the hash, 32 bytes in the order in which they are usually written."""
    state = checksum = 0
    for start in range(0, len(message), _BLOCK):
        block = int.from_bytes(message[start : start + _BLOCK], "little")
        state = _step(state, block, sboxes)
        checksum = (checksum + block) & _MASK_256
    state = _step(state, len(message) * 8, sboxes)
    return _step(state, checksum, sboxes).to_bytes(_BLOCK, "little")


def _step(state: int, block: int, sboxes: SBoxes) -> int:
    """Hash one block into the state (RFC 5831, section 5)."""
    mixed = 0
    for part, key in enumerate(_keys(state, block)):
        mixed |= _encrypt((state >> 64 * part) & _MASK_64, key, sboxes) << 64 * part
    return _mix(state ^ _mix(block ^ _mix(mixed, 12), 1), 61)


def _keys(state: int, block: int) -> list[int]:
    """Derive the four keys of one step (RFC 5831, 5.1)."""
    u, v = state, block
    keys = [_permute(u ^ v)]
    for constant in (0, _C3, 0):
        u, v = _shift(u) ^ constant, _shift(_shift(v))
        keys.append(_permute(u ^ v))
    return keys


def _shift(value: int) -> int:
    """Apply A: y4 y3 y2 y1 becomes (y1 + y2) y4 y3 y2, in words of 64 bits."""
    return (value >> 64) | (((value ^ (value >> 64)) & _MASK_64) << 192)


def _permute(value: int) -> int:
    """Apply P: transpose the bytes, written as four rows of eight."""
    given = value.to_bytes(_BLOCK, "little")
    return int.from_bytes(bytes(given[8 * row + column] for column in range(8) for row in range(4)), "little")


def _encrypt(block: int, key: int, sboxes: SBoxes) -> int:
    """Encrypt 64 bits by GOST 28147-89 in simple substitution (RFC 5830, section 5)."""
    words = [(key >> 32 * word) & _MASK_32 for word in range(8)]
    low, high = block & _MASK_32, block >> 32
    for word in _KEY_ORDER:
        low, high = high ^ _substitute((low + words[word]) & _MASK_32, sboxes), low
    return low << 32 | high  # the last round exchanges nothing


def _substitute(value: int, sboxes: SBoxes) -> int:
    """Replace every four bits by their box, then turn left by 11."""
    replaced = 0
    for place, box in enumerate(sboxes):
        replaced |= box[(value >> 4 * place) & 0xF] << 4 * place
    return (replaced << 11 | replaced >> 21) & _MASK_32


def _mix(value: int, rounds: int) -> int:
    """Apply psi so many times."""
    for _ in range(rounds):
        carried = 0
        for word in _FEEDBACK:
            carried ^= value >> 16 * word
        value = (value >> 16) | ((carried & 0xFFFF) << 240)
    return value
