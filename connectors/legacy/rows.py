"""Rows of a payload, read by our names whatever the vendor calls them, and lists in all of their spellings."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final, TypeVar

from connectors.legacy.errors import Unreadable

T = TypeVar("T")
Choice = TypeVar("Choice", bound=Enum)

_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


def read_text(value: object) -> str:
    """Read a text; a number counts as its digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Unreadable("not a text")
    return str(value)


def read_flag(value: object) -> bool:
    """Read true, false, 1 or 0, in any case, as a text or not."""
    flag = _FLAGS.get(str(value).lower())
    if flag is None:
        raise Unreadable("neither true nor false")
    return flag


def choice_of(kind: type[Choice]) -> Callable[[object], Choice]:
    """Make a reader of one of an enumeration's values."""
    known: dict[object, Choice] = {choice.value: choice for choice in kind}

    def read(value: object) -> Choice:
        try:
            return known[value]
        except (KeyError, TypeError):  # a list is no key
            raise Unreadable(f"not a known {kind.__name__}") from None

    return read


def read_list(value: object) -> list[Mapping[str, object]]:
    """Read a list of rows: missing, null and one empty row are empty lists; a bare row is a list of one."""
    rows = value if isinstance(value, list) else [value] if value else []
    found = [row for row in rows if isinstance(row, dict)]
    if len(found) != len(rows):
        raise Unreadable("not a list of rows")
    return [row for row in found if row]


def unique(rows: Iterable[T], key: Callable[[T], Hashable]) -> list[T]:
    """Drop each row whose key came before."""
    kept: dict[Hashable, T] = {}
    for row in rows:
        kept.setdefault(key(row), row)
    return list(kept.values())


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a payload; `fields` maps our names to the vendor's where they differ.

    Every method that reads raises Unreadable naming the field.
    """

    values: Mapping[str, object]
    fields: Mapping[str, str]

    def find(self, name: str) -> object:
        """Return a value, or None where it is absent or empty."""
        value = self.values.get(self.fields.get(name, name))
        return None if value == "" else value

    def read(self, name: str, reader: Callable[[object], T]) -> T:
        """Read a value that must be there."""
        value = self.values.get(self.fields.get(name, name))
        if value is None or value == "":
            raise Unreadable(f"{name} is missing")
        try:
            return reader(value)
        except Unreadable as error:
            raise Unreadable(f"{name}: {error}") from error

    def read_optional(self, name: str, reader: Callable[[object], T]) -> T | None:
        """Read a value, or return None where it is absent or empty."""
        value = self.values.get(self.fields.get(name, name))
        if value is None or value == "":
            return None
        try:
            return reader(value)
        except Unreadable as error:
            raise Unreadable(f"{name}: {error}") from error

    def text(self, name: str) -> str:
        """Read a text that must be there."""
        return self.read(name, read_text)

    def optional_text(self, name: str) -> str | None:
        """Read a text, or return None where it is absent or empty."""
        return self.read_optional(name, read_text)

    def rows(self, name: str) -> list["Row"]:
        """Read a list of rows; see `read_list`."""
        try:
            return [Row(row, self.fields) for row in read_list(self.find(name))]
        except Unreadable as error:
            raise Unreadable(f"{name}: {error}") from error

    def row(self, name: str) -> "Row":
        """Read a row within this row; an absent one has no values."""
        return next(iter(self.rows(name)), Row({}, self.fields))
