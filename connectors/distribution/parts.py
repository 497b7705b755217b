"""Pages of distribution's answers, read into parts: rows with their owners, errors and totals by id."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from lxml import etree

from connectors.distribution.harvest import Found, Part
from connectors.distribution.payloads import DistributionPayloads
from connectors.distribution.replies import Reply
from connectors.distribution.settings import DistributionSettings
from connectors.legacy.errors import Unreadable
from connectors.legacy.numbers import read_whole
from connectors.legacy.rows import read_text
from schema.errors import UpstreamError, UpstreamUnavailable
from schema.metering import Reading, UsagePoint
from schema.systems import System

T = TypeVar("T")


class PartReader:
    """Reads pages of one distribution system. A row that does not say whose it is spoils the page: Unreadable."""

    def __init__(self, settings: DistributionSettings) -> None:
        self._settings = settings
        self._payloads = DistributionPayloads(settings)

    def usage_points(self, reply: Reply, result: str) -> Part[UsagePoint]:
        """Read a page of usage points."""
        rows = [self._usage_point(element, reply) for element in reply.rows(result, "usagePoint")]
        return Part(rows, self._errors(reply, "errors", self._payloads.account_number))

    def readings(self, reply: Reply, result: str) -> Part[Reading]:
        """Read a page of readings."""
        rows = [self._reading(element, reply) for element in reply.rows(result, "meterReading")]
        totals = map(reply.row, reply.rows("meterTotals", "meterTotal"))
        return Part(
            rows,
            self._errors(reply, "errors", read_text),
            {row.text("meterNo"): row.read("total", read_whole) for row in totals},
        )

    def ping(self, reply: Reply, result: str) -> Part[None]:
        """Read the answer to a ping; raises UpstreamUnavailable where it holds an error."""
        return Part((), self._errors(reply, result, read_text))

    def _usage_point(self, element: etree._Element, reply: Reply) -> Found[UsagePoint]:
        row = reply.row(element)
        owner = row.read("accountNo", self._payloads.account_number)
        object_id = row.optional_text("objectID") or row.optional_text("eic") or ""
        return Found(owner, object_id, _attempt(lambda: self._payloads.usage_point(owner, row, element, reply)))

    def _reading(self, element: etree._Element, reply: Reply) -> Found[Reading]:
        row = reply.row(element)
        owner, object_id = row.text("meterNo"), row.text("objectID")
        return Found(owner, object_id, _attempt(lambda: self._payloads.reading(row)))

    def _errors(self, reply: Reply, listing: str, read_id: Callable[[object], str]) -> Mapping[str, UpstreamError]:
        """Read errorObjects by id, without those that say that there is no such object."""
        errors = map(reply.attributes, reply.rows(listing, "errorObject"))
        failed = [row for row in errors if not self._is_absent(row.optional_text("errorString") or "")]
        if any(row.find("objectID") is None for row in failed):
            raise UpstreamUnavailable(System.DISTRIBUTION)
        return {row.read("objectID", read_id): UpstreamUnavailable(System.DISTRIBUTION) for row in failed}

    def _is_absent(self, reason: str) -> bool:
        return any(word in reason.lower() for word in self._settings.absent_words)


def _attempt(read: Callable[[], T]) -> T | Unreadable:
    try:
        return read()
    except Unreadable as error:
        return error
