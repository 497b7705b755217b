"""The port of supply: what the house asks of whatever system keeps payments."""

from collections.abc import Sequence
from typing import Protocol

from connectors.transport.deadline import Deadline
from schema.errors import UpstreamError
from schema.identifiers import AccountNumber
from schema.paging import Page, Slice
from schema.payments import Payment


class Supply(Protocol):
    """Supply, asked for many accounts at once.

    Answers come in the order of the numbers, one for each, however often a number is repeated. A number that failed has
    its UpstreamError in its place; the others are not touched by it. Money is in minor units, times are aware. The
    contract of every implementation is in tests/connectors/contract/supply.py.
    """

    async def payments(
        self, numbers: Sequence[AccountNumber], page: Page, deadline: Deadline
    ) -> list[Slice[Payment] | UpstreamError]:
        """Return a page of each account's payments, newest first, and by reference within one time.

        `page.after` is what schema.payments.payment_position wrote; raises InvalidArgument("after") for anything else.
        An account that supply does not know has an empty page.
        """
        ...

    async def pending(
        self, numbers: Sequence[AccountNumber], deadline: Deadline
    ) -> list[Sequence[Payment] | UpstreamError]:
        """Return each account's newest payments that wait to be posted, at most 100, newest first.

        These are what billing's balance does not contain yet: payments that are accepted or settled, by the reference
        that `payments` gives them, and incoming ones that supply has taken but made no payment of, which are ACCEPTED.
        No payment comes as both.
        """
        ...

    async def ping(self, deadline: Deadline) -> None:
        """Return when supply answers and lets us in; raises UpstreamError."""
        ...
