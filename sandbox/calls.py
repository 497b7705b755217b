"""What was asked of each stand-in: a counter by system and operation."""

from __future__ import annotations

from collections import Counter

from sandbox.faults import SYSTEMS

IDENTITY = ("oneid", "e_imzo", "id_gov_ua", "sms")


class Calls:
    """Count the calls that reach the stand-ins, disturbed ones included."""

    def __init__(self) -> None:
        self._counters: dict[str, Counter[str]] = {system: Counter() for system in (*SYSTEMS, *IDENTITY)}

    def record(self, system: str, operation: str) -> None:
        """Count one call."""
        self._counters[system][operation] += 1

    def clear(self) -> None:
        """Begin again at zero."""
        for counter in self._counters.values():
            counter.clear()

    def total(self) -> int:
        """Give the number of calls over all systems."""
        return sum(counter.total() for counter in self._counters.values())

    def as_json(self) -> dict[str, object]:
        """Give {"total": n, "systems": {system: {operation: n}}}."""
        return {
            "total": self.total(),
            "systems": {system: dict(sorted(counter.items())) for system, counter in self._counters.items()},
        }
