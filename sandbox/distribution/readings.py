"""Answer GetReadingsByMeterNos: readings of many meters, newest first, with the number of matching rows per meter."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from xml.sax.saxutils import escape

from sandbox.distribution import arguments as read
from sandbox.distribution.envelope import Content, Node, SoapFaultError
from sandbox.distribution.paging import Turn, cut
from sandbox.distribution.spelling import Refusal, Spelling, element, local
from sandbox.faults import Faults
from sandbox.manners import decimal_text
from sandbox.metering import Reading
from sandbox.world import World

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Hold what narrows the readings of each meter: local days (half-open), a local time before, and a count."""

    start: date | None
    end: date | None
    before: datetime | None
    latest: int | None
    zone: tzinfo

    def select(self, readings: Sequence[Reading]) -> tuple[list[Reading], int]:
        """Select the readings to answer, newest first and by objectID within one time, and count start to end."""
        ordered = sorted(readings, key=_instant, reverse=True)  # stable: one time keeps its order of objectIDs
        first = 0 if self.end is None else _before(ordered, self._midnight(self.end))
        stop = len(ordered) if self.start is None else _before(ordered, self._midnight(self.start))
        begin = first if self.before is None else max(first, _before(ordered, self.before.timestamp()))
        end = stop if self.latest is None else min(stop, begin + self.latest)
        return ordered[begin:end], max(0, stop - first)

    def _midnight(self, day: date) -> float:
        return datetime.combine(day, time.min, self.zone).timestamp()


def _instant(reading: Reading) -> float:
    return reading.read_at.timestamp()


def _before(ordered: Sequence[Reading], instant: float) -> int:
    """Find the first reading before an instant among readings that are newest first."""
    return bisect_right(ordered, -instant, key=lambda reading: -_instant(reading))


def _window(arguments: Node, zone: tzinfo) -> Window:
    latest = read.whole(arguments, "latestCount")
    if latest is not None and latest < 0:
        raise SoapFaultError("Client", "latestCount must not be negative")
    before = read.moment(arguments, "beforeDate", zone, fold=1)
    return Window(read.day(arguments, "startDate"), read.day(arguments, "endDate"), before, latest, zone)


def readings_by_meter_nos(world: World, arguments: Node, spelling: Spelling) -> Content:
    """Give readings, meter after meter in the order asked, newest first."""
    narrow = _window(arguments, spelling.zone)
    rows: list[Reading] = []
    totals: list[str] = []
    unknown: list[Refusal] = []
    for number in read.numbers(arguments, "meterNos"):
        if world.meter(number) is None:
            unknown.append(Refusal(number, "unknown meter", "meter"))
            continue
        selected, total = narrow.select(world.readings(number))
        rows.extend(selected)
        totals.append(f"<meterTotal>{element('meterNo', number)}<total>{total}</total></meterTotal>")
    turn = Turn(arguments.value("lastReceived"), spelling.faults)
    page = cut(rows, turn, lambda reading: reading.object_id)
    xml = (
        spelling.result("meterReading", [_row(row, spelling.faults) for row in page.rows])
        + spelling.listing("meterTotals", "meterTotal", totals)
        + spelling.errors(unknown)
    )
    return Content(xml, page.remaining, page.last_sent)


def _row(reading: Reading, faults: Faults) -> str:
    return (
        f"<meterReading><objectID>{escape(reading.object_id)}</objectID>"
        f"<meterNo>{escape(reading.meter_serial)}</meterNo><obisCode>{reading.obis}</obisCode>"
        f"<value>{decimal_text(reading.value, faults)}</value>"
        f"<readingDate>{local(reading.read_at)}</readingDate><reportedDate>{local(reading.reported_at)}</reportedDate>"
        f"<source>{reading.source}</source><quality>{reading.quality}</quality><status>{reading.status}</status>"
        f"{_period(reading)}<utcOffsetMinutes>{_offset(reading.read_at)}</utcOffsetMinutes></meterReading>"
    )


def _period(reading: Reading) -> str:
    if reading.period_start is None or reading.period_end is None:
        return ""
    return f"<periodStart>{local(reading.period_start)}</periodStart><periodEnd>{local(reading.period_end)}</periodEnd>"


def _offset(moment: datetime) -> int:
    return (moment.utcoffset() or timedelta()) // MINUTE
