"""What is asked of billing: one batch operation for many accounts, and pages of monthly rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Generic, TypeVar

from connectors.billing.payloads import Monthly, monthly_slice
from connectors.legacy.rows import Row
from schema.errors import InvalidArgument
from schema.identifiers import AccountNumber
from schema.paging import Page, Slice
from schema.period import Period

T_co = TypeVar("T_co", covariant=True)

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Query(Generic[T_co]):
    """A batch operation: where it goes, how an account's row is read, and what an account without a row gets."""

    operation: str
    path: str
    read: Callable[[AccountNumber, Row], T_co]
    absent: T_co
    arguments: Mapping[str, object] = field(default_factory=dict)


def monthly_query(
    operation: str, path: str, page: Page, read: Callable[[AccountNumber, Row], Monthly]
) -> Query[Slice[Monthly]]:
    """Ask for one row more than the page holds, so as to know whether there are more; raises InvalidArgument.

    The months of a period are those that it touches; billing's `to` is the month after the last.
    """
    before = _read_position(page.after)
    period = page.period
    arguments = {
        "limit": page.first + 1,
        "before": _month(before),
        "from": _month(period.start if period else None),
        "to": _month(_month_after(period.end - _ONE_DAY) if period else None),
    }

    def read_slice(number: AccountNumber, row: Row) -> Slice[Monthly]:
        return monthly_slice(number, row, read, page, before)

    return Query(operation, path, read_slice, Slice((), has_more=False, total=0), arguments)


def _month(day: date | None) -> str | None:
    return f"{day:%m.%Y}" if day else None


def _month_after(day: date) -> date:
    return Period.month(day.year, day.month).end


def _read_position(after: str | None) -> date | None:
    try:
        return None if after is None else date.fromisoformat(after)
    except ValueError as error:
        raise InvalidArgument("after", "after is a cursor from an earlier page.") from error
