"""Paging as MultiSpeak does it: ask with lastReceived = "" first, then with the last objectID, until none remain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sandbox.distribution.envelope import SoapFaultError
from sandbox.faults import Faults
from sandbox.manners import rows_of_page

PAGE_SIZE = 5_000
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Turn:
    """Say which page of an answer is wanted.

    Attributes:
        last_received: the objectID to go on from; None = the first page.
        faults: the manners; with `repeat_rows` the row before the page comes again and one row comes twice.
    """

    last_received: str | None
    faults: Faults


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Hold one page: its rows, how many rows come after it, and the objectID to go on from."""

    rows: Sequence[Row]
    remaining: int
    last_sent: str


def cut(rows: Sequence[Row], turn: Turn, object_id: Callable[[Row], str]) -> Page[Row]:
    """Cut the wanted page of an answer's rows; an objectID that is not among them is refused by a fault."""
    start = _position(rows, turn.last_received, object_id)
    page = rows[start : start + PAGE_SIZE]
    last_sent = object_id(page[-1]) if page else turn.last_received or ""
    before = rows[start - 1] if start else None
    return Page(rows_of_page(page, turn.faults, before=before), len(rows) - start - len(page), last_sent)


def _position(rows: Sequence[Row], last_received: str | None, object_id: Callable[[Row], str]) -> int:
    if last_received is None:
        return 0
    for position, row in enumerate(rows):
        if object_id(row) == last_received:
            return position + 1
    raise SoapFaultError("Client", "lastReceived is not an objectID of this answer")
