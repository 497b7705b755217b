"""The port of billing: what the house asks of whatever system keeps its contracts, balances and bills."""

from collections.abc import Sequence
from typing import Protocol

from connectors.transport.deadline import Deadline
from schema.billing import AccountDetails, Balance, Bill, Charge
from schema.errors import UpstreamError
from schema.identifiers import AccountNumber
from schema.notices import SystemNotice
from schema.paging import Page, Slice


class Billing(Protocol):
    """Billing, asked for many accounts at once.

    Answers come in the order of the numbers, one for each, however often a number is repeated. A number that failed has
    its UpstreamError in its place; the others are not touched by it. Money is in minor units, debts are positive, times
    are aware. The contract of every implementation is in tests/connectors/contract/billing.py.
    """

    async def details(
        self, numbers: Sequence[AccountNumber], deadline: Deadline
    ) -> list[AccountDetails | UpstreamError | None]:
        """Return who holds each account and where it is; None for an account that billing does not know."""
        ...

    async def balances(
        self, numbers: Sequence[AccountNumber], deadline: Deadline
    ) -> list[Balance | UpstreamError | None]:
        """Return what each account owes; None for an account that billing does not know."""
        ...

    async def charges(
        self, numbers: Sequence[AccountNumber], page: Page, deadline: Deadline
    ) -> list[Slice[Charge] | UpstreamError]:
        """Return a page of each account's charges, newest first.

        `page.after` is the first day of the oldest month already seen, as ISO 8601; raises InvalidArgument("after") for
        anything else. An account that billing does not know has an empty page.
        """
        ...

    async def bills(
        self, numbers: Sequence[AccountNumber], page: Page, deadline: Deadline
    ) -> list[Slice[Bill] | UpstreamError]:
        """Return a page of each account's bills, as `charges` does."""
        ...

    async def notices(self, deadline: Deadline) -> list[SystemNotice]:
        """Return what billing announces to everybody; raises UpstreamError."""
        ...

    async def ping(self, deadline: Deadline) -> None:
        """Return when billing answers and accepts our credentials; raises UpstreamError."""
        ...
