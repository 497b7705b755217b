"""What the pages of one answer bring together: rows by their owner, each once, with totals and errors by id."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from connectors.legacy.errors import Unreadable
from connectors.legacy.rows import unique
from schema.errors import UpstreamError, UpstreamMalformed
from schema.systems import System

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A row: the account or meter that it belongs to, its own id, and what it says or why it cannot be read."""

    owner: str
    object_id: str
    value: T | Unreadable


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """One page: its rows, and errors and totals by account or meter."""

    rows: Sequence[Found[T]]
    errors: Mapping[str, UpstreamError]
    totals: Mapping[str, int] = field(default_factory=dict)


class Harvest(Generic[T]):
    """All pages of one answer."""

    def __init__(self, parts: Iterable[Part[T]]) -> None:
        self._rows: dict[str, list[Found[T]]] = {}
        self._errors: dict[str, UpstreamError] = {}
        self._totals: dict[str, int] = {}
        for part in parts:
            self._errors.update(part.errors)
            self._totals.update(part.totals)
            for row in part.rows:
                self._rows.setdefault(row.owner, []).append(row)

    def of(self, owner: str) -> list[T] | UpstreamError:
        """Return an owner's rows, each once; its error where it has one or where a row of it cannot be read."""
        if owner in self._errors:
            return self._errors[owner]
        values = [row.value for row in unique(self._rows.get(owner, ()), lambda row: row.object_id)]
        spoiled = next((value for value in values if isinstance(value, Unreadable)), None)
        if spoiled is None:
            return [value for value in values if not isinstance(value, Unreadable)]
        error = UpstreamMalformed(System.DISTRIBUTION)
        error.__cause__ = spoiled
        return error

    def received(self, owner: str) -> int:
        """Return the number of an owner's rows that came, repeated ones too."""
        return len(self._rows.get(owner, ()))

    def total(self, owner: str) -> int | None:
        """Return the number of an owner's rows that there are, where it was told."""
        return self._totals.get(owner)
