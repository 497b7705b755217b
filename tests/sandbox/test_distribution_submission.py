"""Which readings the distribution stand-in takes, and how it refuses the others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from sandbox.metering import Meter
from tests.sandbox.soap import Stand, items, operations, running


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with running() as running_stand:
        yield running_stand


@pytest.fixture
def meter(stand: Stand) -> Meter:
    """Give a meter with one register and no submitted readings yet."""
    for serial in stand.meters(stand.world.size):
        meter = stand.world.meter(serial)
        readings = stand.world.readings(serial)
        if meter and not meter.interval and len(meter.registers) == 1 and readings[-1].source != "CUSTOMER":
            return meter
    raise AssertionError("no such meter in this world")


def last(stand: Stand, meter: Meter) -> Decimal:
    return stand.world.readings(meter.serial)[-1].value


def reading(stand: Stand, meter: Meter, object_id: str, value: object) -> dict[str, object]:
    now = stand.world.now().replace(tzinfo=None)
    obis = meter.registers[0].obis
    return {"objectID": object_id, "meterNo": meter.serial, "obisCode": obis, "value": value, "readingDate": now}


async def submit(stand: Stand, *rows: dict[str, object]) -> list[tuple[str, str, str]]:
    async with operations(stand) as service:
        answer = await service.SubmitReadings(meterReadings={"meterReading": list(rows)})
    errors = items(answer.body.SubmitReadingsResult, "errorObject")
    return [(error.objectID, error.nounType, error.errorString) for error in errors]


async def test_taken_reading_is_the_newest_one(stand: Stand, meter: Meter) -> None:
    value = last(stand, meter) + 5
    before = len(stand.world.readings(meter.serial))
    assert await submit(stand, reading(stand, meter, "taken", value)) == []
    readings = stand.world.readings(meter.serial)
    assert len(readings) == before + 1
    assert (readings[-1].value, readings[-1].read_at, readings[-1].source) == (value, stand.world.now(), "CUSTOMER")


async def test_same_object_id_sent_again_is_taken_once(stand: Stand, meter: Meter) -> None:
    row = reading(stand, meter, "again", last(stand, meter) + 5)
    before = len(stand.world.readings(meter.serial))
    assert await submit(stand, row, row) == []
    assert await submit(stand, row) == []
    assert len(stand.world.readings(meter.serial)) == before + 1


async def test_same_object_id_with_another_value_is_refused(stand: Stand, meter: Meter) -> None:
    value = last(stand, meter) + 5
    assert await submit(stand, reading(stand, meter, "changed", value)) == []
    before = stand.world.readings(meter.serial)
    refused = [("changed", "meterReading", "objectID was taken with other content")]
    assert await submit(stand, reading(stand, meter, "changed", value + 1)) == refused
    assert stand.world.readings(meter.serial) == before


async def test_refused_reading_leaves_the_others_taken(stand: Stand, meter: Meter) -> None:
    good = reading(stand, meter, "good", last(stand, meter) + 1)
    assert await submit(stand, good | {"objectID": "bad", "meterNo": "none"}, good) == [
        ("bad", "meterReading", "unknown meter")
    ]
    assert last(stand, meter) == good["value"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"meterNo": "none"}, "unknown meter"),
        ({"obisCode": "9.9.9"}, "unknown register"),
        ({"value": None}, "value is not a decimal number from 0"),
        ({"value": Decimal(-1)}, "value is not a decimal number from 0"),
        ({"value": Decimal("0.1")}, "value is below the last stand"),
        ({"objectID": None}, "objectID is missing"),
    ],
)
async def test_wrong_reading_is_refused_and_nothing_moves(
    stand: Stand, meter: Meter, change: dict[str, object], reason: str
) -> None:
    before = stand.world.readings(meter.serial)
    (error,) = await submit(stand, reading(stand, meter, "wrong", last(stand, meter) + 1) | change)
    assert error[1:] == ("meterReading", reason)
    assert stand.world.readings(meter.serial) == before


async def test_value_has_no_more_digits_than_the_register(stand: Stand, meter: Meter) -> None:
    register = meter.registers[0]
    reason = f"value has more digits than the register ({register.left_digits}+{register.right_digits})"
    before = stand.world.readings(meter.serial)
    long_left = reading(stand, meter, "left", Decimal(10**register.left_digits))
    long_right = reading(stand, meter, "right", last(stand, meter) + Decimal(1).scaleb(-register.right_digits - 1))
    assert [error[2] for error in await submit(stand, long_left, long_right)] == [reason, reason]
    assert stand.world.readings(meter.serial) == before


@pytest.mark.parametrize("days", [1, -20_000])
async def test_time_without_the_meter_or_in_the_future_is_refused(stand: Stand, meter: Meter, days: int) -> None:
    before = stand.world.readings(meter.serial)
    now = stand.world.now().replace(tzinfo=None)
    row = reading(stand, meter, "time", last(stand, meter)) | {"readingDate": now + timedelta(days=days)}
    (error,) = await submit(stand, row)
    assert error[2] in {"readingDate is in the future", "the meter was not in place at readingDate"}
    assert stand.world.readings(meter.serial) == before


async def test_stand_is_compared_with_the_last_one_before_its_own_time(stand: Stand, meter: Meter) -> None:
    readings = stand.world.readings(meter.serial)
    between = readings[-2].read_at + timedelta(hours=2)
    row = reading(stand, meter, "late", readings[-2].value) | {"readingDate": between.replace(tzinfo=None)}
    assert await submit(stand, row) == []


async def test_register_that_rolled_over_is_taken(stand: Stand, meter: Meter) -> None:
    register = meter.registers[0]
    near_the_end = Decimal(10**register.left_digits - 1)
    stand.world.make_reading(meter.serial, register.obis, near_the_end, stand.world.now())
    assert await submit(stand, reading(stand, meter, "rolled", Decimal(12))) == []
    assert Decimal(12) in {each.value for each in stand.world.readings(meter.serial)}


async def test_offset_settles_the_hour_that_comes_twice(stand: Stand, meter: Meter) -> None:
    zone = stand.world.utility.zone
    twice = datetime(2026, 10, 25, 3, 30, tzinfo=zone)
    value = [each.value for each in stand.world.readings(meter.serial) if each.read_at < twice][-1]
    for offset in (120, 180):
        row = reading(stand, meter, f"offset-{offset}", value)
        row |= {"readingDate": twice.replace(tzinfo=None), "utcOffsetMinutes": offset}
        assert await submit(stand, row) == []
    moments = [each.read_at.timestamp() for each in stand.world.readings(meter.serial)]
    assert moments.count(twice.timestamp()) == moments.count(twice.timestamp() + 3600) == 1
