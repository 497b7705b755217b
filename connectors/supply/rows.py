"""Rows of the supply system read as payments. Pure; raises Unreadable that names the column, never its value."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from connectors.legacy.errors import Unreadable
from connectors.legacy.numbers import read_account_number, read_whole
from connectors.legacy.rows import Row
from connectors.legacy.times import local_moments
from connectors.supply.position import Position
from connectors.supply.settings import SupplySettings
from schema.identifiers import AccountNumber
from schema.money import Money
from schema.paging import Page, Slice
from schema.payments import Payment, PaymentState

INCOMING: Final = "incoming-"
"""Begins the reference of a payment that has no number in the table of payments yet."""


class PaymentRows:
    """How one supply system's rows are read."""

    def __init__(self, settings: SupplySettings) -> None:
        self._settings = settings
        self._zone = settings.zone
        self._money = settings.money

    def account(self, row: Row) -> AccountNumber:
        """Read whose the row is."""
        return row.read("account", lambda value: read_account_number(str(value).strip(), self._settings.account_digits))

    def page(self, rows: Sequence[Row], page: Page, after: Position | None) -> Slice[Payment]:
        """Read an account's page; rows that came twice, or again from the page before, are dropped."""
        found = self._newest_first(rows)
        older = [row for position, row in found if after is None or position < after]
        total = rows[0].read("total", read_whole) if rows else 0
        wanted = [self.payment(row) for row in older[: page.first]]
        return Slice(wanted, has_more=len(older) > page.first, total=total)

    def waiting(self, rows: Sequence[Row]) -> Sequence[Payment]:
        """Read an account's payments that wait to be posted, from either table; rows that came twice are dropped."""
        found = {self._waiting_place(row): row for row in rows}
        newest = sorted(found, reverse=True)
        return [self.incoming(found[place]) if place[1] else self.payment(found[place]) for place in newest]

    def payment(self, row: Row) -> Payment:
        """Read a row of the table of payments."""
        return Payment(
            account_number=self.account(row),
            reference=str(row.read("id", read_whole)),
            amount=self._amount(row),
            state=row.read("state", self._state),
            operator=self._operator(row),
            receipt_number=row.read_optional("receipt_number", _stripped),
            accepted_at=self._accepted_at(row),
            settled_on=row.read_optional("settled_on", _day),
            posted_on=row.read_optional("posted_on", _day),
        )

    def incoming(self, row: Row) -> Payment:
        """Read a row of the staging table: accepted by the operator, and not more."""
        return Payment(
            account_number=self.account(row),
            reference=f"{INCOMING}{row.read('id', read_whole)}",
            amount=self._amount(row),
            state=PaymentState.ACCEPTED,
            operator=self._operator(row),
            receipt_number=None,
            accepted_at=self._accepted_at(row),
            settled_on=None,
            posted_on=None,
        )

    def _newest_first(self, rows: Sequence[Row]) -> list[tuple[Position, Row]]:
        found = {Position(row.read("accepted_at", _local_time), row.read("id", read_whole)): row for row in rows}
        return sorted(found.items(), key=lambda item: item[0], reverse=True)

    def _waiting_place(self, row: Row) -> tuple[datetime, bool, int]:
        """Read when it was accepted, whether it is in the staging table, and its id there."""
        at, key = row.read("accepted_at", _local_time), row.read("id", read_whole)
        return at, row.read("is_incoming", read_whole) == 1, key

    def _amount(self, row: Row) -> Money:
        currency = row.read_optional("currency", _stripped)
        if currency not in {None, "", self._settings.currency}:
            raise Unreadable("currency: not the utility's")
        return row.read("amount", self._money.amount)

    def _state(self, value: object) -> PaymentState:
        state = self._settings.states.get(read_whole(value))
        if state is None:
            raise Unreadable("not a configured code")
        return state

    def _operator(self, row: Row) -> str:
        theirs = row.read("operator", _stripped)
        return self._settings.operators.get(theirs, theirs)

    def _accepted_at(self, row: Row) -> datetime:
        return local_moments(row.read("accepted_at", _local_time), self._zone)[0]


def _stripped(value: object) -> str:
    return str(value).strip()


def _local_time(value: object) -> datetime:
    """Read a time without a zone, or SQLite's text of one."""
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise Unreadable("not a time") from None
    if read.tzinfo is not None:
        raise Unreadable("has a zone, where a local time was expected")
    return read


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _local_time(value).date()
