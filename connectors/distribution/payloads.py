"""Distribution's payloads: one pure mapper for each, from an element to a type of the schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar

from lxml import etree

from connectors.distribution.replies import Reply, items
from connectors.distribution.settings import DistributionSettings
from connectors.legacy.errors import Unreadable
from connectors.legacy.numbers import read_account_number, read_decimal, read_whole
from connectors.legacy.rows import Row, read_flag, read_text
from connectors.legacy.times import at_offset, local_moments
from schema.energy import Energy
from schema.identifiers import AccountNumber, Eic, is_eic
from schema.metering import (
    ConnectionState,
    Meter,
    Reading,
    ReadingQuality,
    ReadingSource,
    ReadingStatus,
    Register,
    UsagePoint,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DistributionPayloads:
    """Reads elements of one distribution system; every method raises Unreadable."""

    settings: DistributionSettings

    def account_number(self, value: object) -> AccountNumber:
        """Read an account number."""
        return read_account_number(value, self.settings.account_digits)

    def usage_point(self, number: AccountNumber, row: Row, element: etree._Element, reply: Reply) -> UsagePoint:
        """Read a usage point from its row, with its meters from its element."""
        return UsagePoint(
            account_number=number,
            eic=row.read_optional("eic", _read_eic),
            connection_state=self._state(row),
            outage_group=row.optional_text("outageGroup"),
            meters=[self._meter(number, each, reply) for each in self._items(element, "meterList", "meter")],
        )

    def reading(self, row: Row) -> Reading:
        """Read a reading."""
        read_at = self._read_at(row)
        start, end = self._interval(row, read_at)
        reported = row.read_optional("reportedDate", _read_local)
        return Reading(
            object_id=row.text("objectID"),
            obis_code=row.text("obisCode"),
            value=Energy(row.read("value", read_decimal)),
            read_at=read_at,
            reported_at=None if reported is None else self._not_before(reported, read_at),
            source=row.read("source", self._source),
            quality=row.read("quality", _read_quality),
            status=row.read("status", self._status),
            interval_start=start,
            interval_end=end,
        )

    def _meter(self, number: AccountNumber, element: etree._Element, reply: Reply) -> Meter:
        row = reply.row(element)
        return Meter(
            account_number=number,
            serial_number=row.text("meterNo"),
            model=row.text("model"),
            installed_on=row.read("installDate", _read_day),
            removed_on=row.read_optional("removeDate", _read_day),
            verified_until=row.read_optional("verifiedUntil", _read_day),
            is_interval_meter=row.read_optional("interval", read_flag) or False,
            registers=[_register(reply.row(each)) for each in self._items(element, "registerList", "register")],
        )

    def _items(self, element: etree._Element, listing: str, item: str) -> Sequence[etree._Element]:
        fields = self.settings.fields
        return list(items(element, fields.get(listing, listing), fields.get(item, item)))

    def _state(self, row: Row) -> ConnectionState:
        state = row.optional_text("connectionState")
        return self.settings.connection_states.get(state or "", ConnectionState.UNKNOWN)

    def _source(self, value: object) -> ReadingSource:
        return _meant(value, self.settings.sources)

    def _status(self, value: object) -> ReadingStatus:
        return _meant(value, self.settings.statuses)

    def _read_at(self, row: Row) -> datetime:
        local = row.read("readingDate", _read_local)
        minutes = row.read_optional("utcOffsetMinutes", read_whole)
        return local_moments(local, self.settings.zone)[0] if minutes is None else at_offset(local, minutes)

    def _interval(self, row: Row, read_at: datetime) -> tuple[datetime | None, datetime | None]:
        """Read the interval that ended at a reading; of two possible starts, the last before the end is meant."""
        start, end = row.read_optional("periodStart", _read_local), row.read_optional("periodEnd", _read_local)
        if start is None or end is None:
            return None, None
        ended_at = min(local_moments(end, self.settings.zone), key=lambda moment: abs(moment - read_at))
        starts = local_moments(start, self.settings.zone)
        return max((each for each in starts if each < ended_at), default=starts[0]), ended_at

    def _not_before(self, local: datetime, moment: datetime) -> datetime:
        moments = local_moments(local, self.settings.zone)
        return moments[-1] if moments[0] < moment <= moments[-1] else moments[0]


def _meant(value: object, codes: Mapping[str, T]) -> T:
    """Read one of the vendor's codes."""
    code = read_text(value)
    if code not in codes:
        raise Unreadable("not a configured code")
    return codes[code]


def _register(row: Row) -> Register:
    return Register(
        obis_code=row.text("obisCode"),
        zone=row.text("zone"),
        left_digits=row.read("leftDigits", read_whole),
        right_digits=row.read("rightDigits", read_whole),
    )


def _read_eic(value: object) -> Eic | None:
    """Read an EIC; one whose check character is wrong is none."""
    text = read_text(value)
    return Eic(text) if is_eic(text) else None


def _read_quality(value: object) -> ReadingQuality:
    return _QUALITIES.get(read_whole(value), ReadingQuality.OTHER)


_QUALITIES: Final = {quality.value: quality for quality in ReadingQuality}


def _read_day(value: object) -> date:
    """Read an xsd:date, or the day of an xsd:dateTime."""
    return _read_local(value).date()


def _read_local(value: object) -> datetime:
    """Read an xsd:dateTime without zone; an offset would contradict the declared zone and is Unreadable."""
    try:
        local = datetime.fromisoformat(read_text(value))
    except ValueError:
        raise Unreadable("not a time") from None
    if local.tzinfo is not None:
        raise Unreadable("not a local time")
    return local
