"""Seeded chance: the same seed and the same question give the same answer, in any order, on any machine."""

from __future__ import annotations

from hashlib import blake2b


class Lot:
    """Hold the outcome of one throw (128 bits) and spend it digit by digit."""

    __slots__ = ("_rest",)

    def __init__(self, outcome: int) -> None:
        self._rest = outcome

    def below(self, limit: int) -> int:
        """Give a number 0..limit-1."""
        self._rest, number = divmod(self._rest, limit)
        return number

    def between(self, low: int, high: int) -> int:
        """Give a number low..high, both possible."""
        return low + self.below(high - low + 1)

    def percent(self, share: int) -> bool:
        """Come true in `share` of a hundred cases."""
        return self.below(100) < share


class Dice:
    """Throw lots by name and numbers."""

    def __init__(self, seed: int) -> None:
        self._key = blake2b(str(seed).encode(), digest_size=16).digest()

    def lot(self, about: str, *numbers: int | str) -> Lot:
        """Throw for one question, such as ("payment", index, month)."""
        question = f"{about}/{'/'.join(map(str, numbers))}".encode()
        return Lot(int.from_bytes(blake2b(question, digest_size=16, key=self._key).digest(), "little"))
