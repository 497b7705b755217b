"""What the distribution stand-in answers to a zeep client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

import httpx
import pytest

from tests.sandbox.soap import CLIENT_WSDL, WSDL, Stand, feed, items, operations, running, strings

OPERATIONS: Mapping[str, Mapping[str, object]] = {
    "PingURL": {},
    "GetUsagePointsByAccountNos": {"accountNos": strings()},
    "GetReadingsByMeterNos": {"meterNos": strings()},
    "SubmitReadings": {"meterReadings": {"meterReading": []}},
    "GetOutagesByAccountNos": {"accountNos": strings()},
    "GetWorkOrdersByAccountNos": {"accountNos": strings()},
    "CreateWorkOrders": {"workOrders": {"workOrder": []}},
}


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with running() as running_stand:
        yield running_stand


def naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None, microsecond=0)


def test_client_and_server_ship_the_same_wsdl() -> None:
    assert CLIENT_WSDL.read_text("utf-8") == WSDL.read_text("utf-8")


@pytest.mark.parametrize("name", OPERATIONS)
async def test_every_operation_can_be_called(stand: Stand, name: str) -> None:
    stand.calls.clear()
    async with operations(stand) as service:
        answer = await service[name](**OPERATIONS[name])
    assert answer.header.MultiSpeakMsgHeader.ObjectsRemaining == 0
    assert answer.body[f"{name}Result"] is None  # how zeep reads an empty element
    assert stand.counted() == {name: 1}


def test_served_wsdl_names_the_address_it_was_asked_at(stand: Stand) -> None:
    assert f'location="{stand.url}"' in httpx.get(f"{stand.url}?wsdl").text


async def test_served_wsdl_can_be_used(stand: Stand) -> None:
    stand.calls.clear()
    async with operations(stand, f"{stand.url}?WSDL") as service:
        answer = await service.PingURL()
    assert answer.body.PingURLResult is None
    assert stand.counted() == {"PingURL": 1, "wsdl": 1}


def test_get_without_wsdl_is_not_found(stand: Stand) -> None:
    assert httpx.get(stand.url).status_code == 404


async def test_usage_points_come_in_the_order_asked_with_meters_and_registers(stand: Stand) -> None:
    numbers = [stand.world.number(index) for index in (7, 3, 5)]
    async with operations(stand) as service:
        answer = await service.GetUsagePointsByAccountNos(accountNos=strings(*numbers))
    points = answer.body.GetUsagePointsByAccountNosResult.usagePoint
    assert [point.accountNo for point in points] == numbers
    for point, number in zip(points, numbers, strict=True):
        (expected,) = stand.world.usage_points(number)
        assert (point.objectID, point.eic, point.address) == (expected.eic, expected.eic, expected.address_text)
        assert (point.connectionState, point.outageGroup) == (expected.connection_state, expected.outage_group)
        given = [
            (m.meterNo, m.model, m.installDate, m.removeDate, m.verifiedUntil, m.interval)
            for m in point.meterList.meter
        ]
        assert given == [
            (m.serial, m.model, m.installed_on, m.removed_on, m.verified_until, m.interval) for m in expected.meters
        ]
        for meter, wanted in zip(point.meterList.meter, expected.meters, strict=True):
            registers = [(r.obisCode, r.zone, r.leftDigits, r.rightDigits) for r in meter.registerList.register]
            assert registers == [(r.obis, r.zone, r.left_digits, r.right_digits) for r in wanted.registers]


async def test_unknown_account_is_an_error_object_beside_the_others(stand: Stand) -> None:
    numbers = [stand.world.number(0), "999", stand.world.number(1)]
    async with operations(stand) as service:
        answer = await service.GetUsagePointsByAccountNos(accountNos=strings(*numbers))
    points = answer.body.GetUsagePointsByAccountNosResult.usagePoint
    assert [point.accountNo for point in points] == [numbers[0], numbers[2]]
    (error,) = answer.body.errors.errorObject
    assert (error.objectID, error.nounType, error.errorString) == ("999", "account", "unknown account")
    assert error.eventTime == naive(stand.world.now())


async def test_unknown_meter_is_an_error_object_beside_the_others(stand: Stand) -> None:
    (serial,) = stand.meters(1)
    async with operations(stand) as service:
        answer = await service.GetReadingsByMeterNos(meterNos=strings("none", serial), latestCount=1)
    assert [row.meterNo for row in answer.body.GetReadingsByMeterNosResult.meterReading] == [serial]
    (error,) = answer.body.errors.errorObject
    assert (error.objectID, error.nounType) == ("none", "meter")


async def test_readings_are_the_newest_first_with_their_total(stand: Stand) -> None:
    first, second = stand.meters(2)
    async with operations(stand) as service:
        answer = await service.GetReadingsByMeterNos(meterNos=strings(second, first), latestCount=3)
    expected = [reading for serial in (second, first) for reading in stand.newest_first(serial)[:3]]
    rows = answer.body.GetReadingsByMeterNosResult.meterReading
    assert [(r.objectID, r.meterNo, r.obisCode, r.value) for r in rows] == [
        (r.object_id, r.meter_serial, r.obis, r.value) for r in expected
    ]
    assert [(r.readingDate, r.reportedDate, r.source, r.quality, r.status) for r in rows] == [
        (naive(r.read_at), naive(r.reported_at), r.source, r.quality, r.status) for r in expected
    ]
    assert {r.utcOffsetMinutes for r in rows} <= {120, 180}
    assert [(t.meterNo, t.total) for t in answer.body.meterTotals.meterTotal] == [
        (serial, len(stand.world.readings(serial))) for serial in (second, first)
    ]


async def test_period_is_half_open_and_narrows_the_total_and_the_count_does_not(stand: Stand) -> None:
    (serial,) = stand.meters(1)
    readings = stand.newest_first(serial)
    start, end = date(2025, 1, 1), readings[0].read_at.date()
    inside = [reading for reading in readings if start <= reading.read_at.date() < end]
    assert 2 < len(inside) < len(readings)
    async with operations(stand) as service:
        answer = await service.GetReadingsByMeterNos(
            meterNos=strings(serial), startDate=start, endDate=end, latestCount=2
        )
    rows = answer.body.GetReadingsByMeterNosResult.meterReading
    assert [row.objectID for row in rows] == [reading.object_id for reading in inside[:2]]
    assert answer.body.meterTotals.meterTotal[0].total == len(inside)


async def test_before_date_is_exclusive(stand: Stand) -> None:
    (serial,) = stand.meters(1)
    readings = stand.newest_first(serial)
    before = readings[0].read_at
    async with operations(stand) as service:
        answer = await service.GetReadingsByMeterNos(
            meterNos=strings(serial), beforeDate=naive(before), latestCount=1000
        )
    rows = answer.body.GetReadingsByMeterNosResult.meterReading
    assert [row.objectID for row in rows] == [r.object_id for r in readings if r.read_at < before]


async def test_offset_tells_the_two_autumn_hours_apart(stand: Stand) -> None:
    *_, serial = stand.meters(3)
    obis = stand.world.readings(serial)[-1].obis
    stand_kwh = max(reading.value for reading in stand.world.readings(serial) if reading.obis == obis)
    summer = datetime(2026, 10, 25, 3, 30, tzinfo=stand.world.utility.zone)
    for fold in (0, 1):
        stand.world.make_reading(serial, obis, stand_kwh, summer.replace(fold=fold))
    async with operations(stand) as service:
        answer = await service.GetReadingsByMeterNos(
            meterNos=strings(serial), startDate=summer.date(), endDate=summer.date() + timedelta(days=1)
        )
    rows = answer.body.GetReadingsByMeterNosResult.meterReading
    assert [row.readingDate for row in rows] == [naive(summer)] * 2
    assert [row.utcOffsetMinutes for row in rows] == [120, 180]


async def test_interval_has_its_period_and_the_offset_at_its_end(stand: Stand) -> None:
    begin = datetime(2026, 10, 25, 3, 0, tzinfo=stand.world.utility.zone)
    serial = stand.world.load_green_button(stand.world.number(30), feed(begin, hours=3)).serial
    async with operations(stand) as service:
        answer = await service.GetReadingsByMeterNos(meterNos=strings(serial))
        points = await service.GetUsagePointsByAccountNos(accountNos=strings(stand.world.number(30)))
    rows = answer.body.GetReadingsByMeterNosResult.meterReading
    hours = [(row.periodStart.hour, row.periodEnd.hour, row.readingDate.hour, row.utcOffsetMinutes) for row in rows]
    assert hours == [(4, 5, 5, 120), (3, 4, 4, 120), (3, 3, 3, 120)]
    meters = points.body.GetUsagePointsByAccountNosResult.usagePoint[0].meterList.meter
    assert [meter.meterNo for meter in meters if meter.interval] == [serial]


async def test_pages_of_5000_join_to_every_reading_once(stand: Stand) -> None:
    serials = stand.meters(110)
    expected = [reading.object_id for serial in serials for reading in stand.newest_first(serial)]
    received, seen, pages = "", [], []
    async with operations(stand) as service:
        while True:
            answer = await service.GetReadingsByMeterNos(meterNos=strings(*serials), lastReceived=received)
            rows = answer.body.GetReadingsByMeterNosResult.meterReading
            seen += [row.objectID for row in rows]
            header = answer.header.MultiSpeakMsgHeader
            pages.append((len(rows), header.ObjectsRemaining))
            received = header.LastSent
            if not header.ObjectsRemaining:
                break
    assert seen == expected
    assert pages == [(5000, len(expected) - 5000), (len(expected) - 5000, 0)]


async def test_outage_names_only_the_accounts_that_were_asked_for(stand: Stand) -> None:
    first, second, third = (stand.world.number(index) for index in (10, 11, 12))
    made = stand.world.make_outage("EMERGENCY", account=first)
    async with operations(stand) as service:
        answer = await service.GetOutagesByAccountNos(accountNos=strings(first, second, third))
    outages = {outage.objectID: outage for outage in answer.body.GetOutagesByAccountNosResult.outage}
    outage = outages[made.id]
    assert (outage.kind, outage.outageGroup or "", outage.accountNos.string) == (made.kind, made.group, [first])
    assert (outage.startDate, outage.expectedEndDate) == (naive(made.starts_at), naive(made.expected_end_at))
    assert {number for each in outages.values() for number in each.accountNos.string} <= {first, second, third}


async def test_work_order_is_created_once_and_answered(stand: Stand) -> None:
    number = stand.world.number(20)
    visit = datetime(2026, 11, 20, 10, 0)  # noqa: DTZ001 - the legacy system takes local times without zone
    order = {"objectID": "wo-1", "accountNo": number, "kind": "METER_VERIFICATION", "scheduledDate": visit}
    before = len(stand.world.work_orders(number))
    async with operations(stand) as service:
        for _ in range(2):
            taken = await service.CreateWorkOrders(workOrders={"workOrder": [order]})
            assert items(taken.body.CreateWorkOrdersResult, "errorObject") == []
        answer = await service.GetWorkOrdersByAccountNos(accountNos=strings(number))
    assert len(stand.world.work_orders(number)) == before + 1
    created = answer.body.GetWorkOrdersByAccountNosResult.workOrder[-1]
    assert (created.accountNo, created.kind, created.state) == (number, "METER_VERIFICATION", "SCHEDULED")
    assert (created.requestedDate, created.scheduledDate) == (naive(stand.world.now()), visit)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"accountNo": "999"}, "unknown account"),
        ({"kind": "have a look"}, "kind is not a name in capitals"),
        ({"objectID": None}, "objectID is missing"),
    ],
)
async def test_wrong_work_order_is_refused_by_an_error_object(
    stand: Stand, change: dict[str, str | None], reason: str
) -> None:
    number = stand.world.number(21)
    before = stand.world.work_orders(number)
    order = {"objectID": "wo-2", "accountNo": number, "kind": "INSPECTION"} | change
    async with operations(stand) as service:
        answer = await service.CreateWorkOrders(workOrders={"workOrder": [order]})
    (error,) = answer.body.CreateWorkOrdersResult.errorObject
    assert (error.errorString, error.nounType) == (reason, "workOrder")
    assert stand.world.work_orders(number) == before
