"""Bad manners of the payload, shared by the stand-ins: each function leaves good manners untouched."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from sandbox.faults import Faults

T = TypeVar("T")


def account_text(number: str, faults: Faults) -> str:
    """Write an account number, without its leading zeros where the system loses them (a spreadsheet did)."""
    return number.lstrip("0") or "0" if faults.strip_zeros else number


def decimal_text(value: Decimal, faults: Faults) -> str:
    """Write a decimal plainly, with a comma where the system uses one."""
    text = f"{value:f}"
    return text.replace(".", ",") if faults.decimal_comma else text


def rows_of_page(rows: Sequence[T], faults: Faults, *, before: T | None = None) -> list[T]:
    """Give the rows of a page; with `repeat_rows` the row before the page comes again and the first row comes twice.

    Args:
        rows: what the page should hold.
        faults: the system's manners.
        before: the last row of the page before, if there was one.
    """
    if not faults.repeat_rows:
        return list(rows)
    again = [] if before is None else [before]
    return [*again, *rows[:1], *rows]


def json_list(holder: dict[str, object], key: str, rows: Sequence[object], faults: Faults) -> dict[str, object]:
    """Set `holder[key]` to the rows in the system's spelling, and give `holder`.

    An empty list is [{}] ("item"), null ("nil") or absent ("missing"); one row may come bare (`single_element`).
    """
    if not rows and faults.empty_list == "missing":
        return holder
    if not rows and faults.empty_list:
        holder[key] = [{}] if faults.empty_list == "item" else None
    elif len(rows) == 1 and faults.single_element:
        holder[key] = rows[0]
    else:
        holder[key] = list(rows)
    return holder
