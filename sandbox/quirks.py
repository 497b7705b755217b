"""Quirks: the manners of those who vouch for people, switched at run time like the faults of the legacy systems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any


class QuirkBoard:
    """Hold one dataclass of quirks for each identity system; `put` changes its fields in place."""

    def __init__(self, systems: Mapping[str, Any]) -> None:
        self._systems = dict(systems)

    def put(self, system: str, wanted: Mapping[str, object]) -> None:
        """Change some quirks of a system.

        Raises LookupError for a system that is not there, ValueError for a quirk that it does not have.
        """
        quirks = self._of(system)
        known = {each.name for each in fields(quirks)}
        if not wanted.keys() <= known:
            raise ValueError(f"{system} has the quirks {', '.join(sorted(known))}")
        for name, value in wanted.items():
            setattr(quirks, name, value)

    def clear(self, system: str | None = None) -> None:
        """Bring one system, or all, back to what it is without quirks."""
        for quirks in [self._of(system)] if system else self._systems.values():
            for each in fields(quirks):
                setattr(quirks, each.name, getattr(type(quirks)(), each.name))

    def as_json(self) -> dict[str, object]:
        """Give every system's quirks."""
        return {system: asdict(quirks) for system, quirks in self._systems.items()}

    def _of(self, system: str) -> Any:  # noqa: ANN401 -- a dataclass of any system
        if system not in self._systems:
            raise LookupError(f"there is no identity system {system!r}; there are {', '.join(self._systems)}")
        return self._systems[system]
