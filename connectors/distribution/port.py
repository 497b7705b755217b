"""The port of distribution: what the house asks of whatever system keeps meters and readings."""

from collections.abc import Sequence
from typing import Protocol

from connectors.transport.deadline import Deadline
from schema.errors import UpstreamError
from schema.identifiers import AccountNumber
from schema.metering import Reading, UsagePoint
from schema.paging import Page, Slice


class Distribution(Protocol):
    """Distribution, asked for many accounts or meters at once.

    Answers come in the order of what was asked, one for each, however often it is repeated. What failed has its
    UpstreamError in its place; the others are not touched by it. Energies are in kWh, times are aware. The contract of
    every implementation is in tests/connectors/contract/distribution.py.
    """

    async def usage_points(
        self, numbers: Sequence[AccountNumber], deadline: Deadline
    ) -> list[Sequence[UsagePoint] | UpstreamError]:
        """Return each account's usage points with their meters; none for an account that distribution does not know."""
        ...

    async def readings(
        self, meter_serials: Sequence[str], page: Page, deadline: Deadline
    ) -> list[Slice[Reading] | UpstreamError]:
        """Return a page of each meter's readings: newest first, and by register and object id within one time.

        `page.after` is what schema.metering.reading_position wrote; raises InvalidArgument("after") for anything else.
        A meter that distribution does not know has an empty page.
        """
        ...

    async def ping(self, deadline: Deadline) -> None:
        """Return when distribution answers and accepts our credentials; raises UpstreamError."""
        ...
