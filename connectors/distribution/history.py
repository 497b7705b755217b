"""Pages of a meter's history: where a page begins, what to ask for, and where to cut what came.

Distribution knows "the newest n rows before a time". Registers of one meter share a time, so a page may begin and end
in the middle of one: more is asked for than the page holds, and the rows are cut exactly after the last one seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from operator import itemgetter
from typing import Self

from connectors.legacy.times import local_moments
from schema.errors import InvalidArgument
from schema.metering import Reading
from schema.paging import Page, Slice

OrderKey = tuple[float, str, str]


@dataclass(frozen=True, slots=True)
class Position:
    """A reading's place in its meter's history; see schema.metering.reading_position."""

    read_at: datetime
    obis_code: str
    object_id: str

    @classmethod
    def parse(cls, after: str) -> Self:
        """Read a position; raises InvalidArgument for what is none."""
        try:
            time, obis_code, object_id = after.split("|", 2)
            read_at = datetime.fromisoformat(time)
        except ValueError as error:
            raise InvalidArgument("after", "after is a cursor from an earlier page.") from error
        if read_at.tzinfo is None:
            raise InvalidArgument("after", "after is a cursor from an earlier page.")
        return cls(read_at, obis_code, object_id)

    @property
    def key(self) -> OrderKey:
        """Sorts as the history does."""
        return (-self.read_at.timestamp(), self.obis_code, self.object_id)

    def before(self, zone: tzinfo) -> datetime:
        """Return a local time that no row at or after this place reaches, however the other side reads the time.

        In the hour that comes twice it is the end of that hour's second pass, or later.
        """
        local = (self.read_at + timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
        moments = local_moments(local, zone)
        return local + (moments[-1] - moments[0])


@dataclass(frozen=True, slots=True)
class Rows:
    """What came for one meter.

    `received` counts rows that came twice too; `total` is the number of all rows of the period, where it was told.
    """

    readings: Sequence[Reading]
    received: int
    total: int | None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A page of the histories of some meters."""

    page: Page
    position: Position | None

    @classmethod
    def of(cls, page: Page) -> Self:
        """Read the page's position; raises InvalidArgument."""
        return cls(page, None if page.after is None else Position.parse(page.after))

    def first_count(self, registers_at_once: int) -> int:
        """Return how many rows reach far enough where no more registers than that share a time."""
        return self.page.first + registers_at_once * (1 if self.position is None else 2)

    def arguments(self, count: int, zone: tzinfo) -> Mapping[str, object]:
        """Write what to ask for: the newest `count` rows of each meter that may belong to the page."""
        period = self.page.period
        return {
            "startDate": period.start if period else None,
            "endDate": period.end if period else None,
            "latestCount": count,
            "beforeDate": self.position.before(zone) if self.position else None,
        }

    def cut(self, rows: Rows, count: int) -> Slice[Reading] | None:
        """Cut the page from the newest `count` rows; None where they do not reach far enough and more must be asked.

        Unless all rows came, those at the oldest time may not be all of that time: the page ends before them.
        """
        ordered = sorted(((_order(row), row) for row in rows.readings), key=itemgetter(0))
        is_all = rows.received < count or (self.position is None and len(ordered) == rows.total)
        if not is_all:
            oldest, _, _ = ordered[-1][0]
            ordered = [(key, row) for key, row in ordered if key[0] < oldest]
        older = [row for key, row in ordered if self.position is None or key > self.position.key]
        first = self.page.first
        if len(older) < first and not is_all:
            return None
        return Slice(older[:first], len(older) > first or not is_all, rows.total)


def _order(row: Reading) -> OrderKey:
    return (-row.read_at.timestamp(), row.obis_code, row.object_id)
