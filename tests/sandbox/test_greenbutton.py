"""Real Green Button files load to the last Wh; what is not electric energy is refused with the reason."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sandbox.clock import Clock
from sandbox.greenbutton import FeedRefused, read_feed
from sandbox.world import World
from tests.sandbox.shared_data import shared_data

TOTALS = {
    "cew821_sample_greenbutton_data.xml": (362, "291.018"),
    "gba_test_usage_data.xml": (1340, "1391.666"),
    "vladistan_Desert_Single_Family_Jan_1_2011_to_Jan_1_2012_RetailCustomer_7.xml": (8760, "12397.107"),
    "vladistan_TestGBDataHourlyNineDaysBinnedDaily.xml": (216, "199.563"),
    "vladistan_TestGBDataOneYearDailyBinnedMonthly.xml": (444, "9917.817"),
    "vladistan_electric_containerized.xml": (8, "4.086"),
}
GAS = "vladistan_ngma_natural_gas_billing_billing_data_Service_1_1_2021-05-26_to_2024-04-25.xml"
STATEMENT = "gba_Retail_Customer_Statement_Example.xml"


def entry(content: str, *links: tuple[str, str]) -> str:
    written = "".join(f'<link rel="{rel}" href="{href}"/>' for rel, href in links)
    return f'<entry>{written}<content xmlns:e="http://naesb.org/espi">{content}</content></entry>'


def reading_type(href: str, **fields: int) -> str:
    values = "".join(f"<e:{name}>{value}</e:{name}>" for name, value in fields.items())
    return entry(f"<e:ReadingType>{values}</e:ReadingType>", ("self", href))


def block(up: str, *values: int) -> str:
    readings = "".join(
        f"<e:IntervalReading><e:timePeriod><e:duration>900</e:duration><e:start>{at * 900}</e:start></e:timePeriod>"
        f"<e:value>{value}</e:value></e:IntervalReading>"
        for at, value in enumerate(values)
    )
    return entry(f"<e:IntervalBlock>{readings}</e:IntervalBlock>", ("up", up))


def feed(*entries: str, before: str = "") -> bytes:
    return f'{before}<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>'.encode()


ENERGY = reading_type("type/1", accumulationBehaviour=4, commodity=1, uom=72, powerOfTenMultiplier=0)


@pytest.mark.parametrize("name", TOTALS)
def test_real_file_loads_to_its_total(name: str) -> None:
    path = shared_data("greenbutton", name)
    values = re.findall(r"(?s)<IntervalReading.*?<value>\s*(\d+)\s*</value>", path.read_text("utf-8"))
    count, total = TOTALS[name]
    world = World(clock=Clock(datetime(2026, 11, 21, tzinfo=UTC), speed=0))
    account = world.number(5)
    meter = world.load_green_button(account, path)
    readings = world.readings(meter.serial)
    assert sum((each.value for each in readings), Decimal(0)) == Decimal(total) == Decimal(sum(map(int, values))) / 1000
    assert len(readings) == count == len({each.object_id for each in readings})
    assert world.usage_points(account)[0].meters == (meter,)
    assert world.meter(meter.serial) == meter
    assert meter.interval


def test_intervals_keep_their_times_and_quality_across_the_change_to_summer_time() -> None:
    intervals = read_feed(shared_data("greenbutton", "gba_test_usage_data.xml"))
    assert intervals[0].start == datetime(2012, 3, 1, 5, 0, tzinfo=UTC)
    assert {each.end - each.start for each in intervals} == {timedelta(minutes=15)}
    assert {each.quality for each in intervals} == {0, 7, 8}
    assert [each.start for each in intervals] == sorted(each.start for each in intervals)


@pytest.mark.parametrize(
    ("name", "reason"), [(GAS, "unit of measure 169 is not Wh"), (STATEMENT, "no IntervalBlock in the namespace")]
)
def test_real_file_that_is_not_electricity_is_refused(name: str, reason: str) -> None:
    world = World(clock=Clock(datetime(2026, 11, 21, tzinfo=UTC), speed=0))
    before = world.usage_points(world.number(5))
    with pytest.raises(FeedRefused, match=reason):
        world.load_green_button(world.number(5), shared_data("greenbutton", name))
    assert world.usage_points(world.number(5)) == before


def test_power_of_ten_is_exact() -> None:
    kilo = reading_type("type/1", uom=72, powerOfTenMultiplier=3)
    milli = reading_type("type/1", uom=72, powerOfTenMultiplier=-3)
    assert [each.kwh for each in read_feed(feed(kilo, block("reading/1/block", 7)))] == [Decimal(7)]
    assert [each.kwh for each in read_feed(feed(milli, block("reading/1/block", 7)))] == [Decimal("0.000007")]


def test_of_several_meter_readings_the_delivered_energy_is_taken() -> None:
    received = reading_type("type/0", commodity=1, uom=72, flowDirection=19)
    volts = reading_type("type/2", commodity=1, uom=29)
    readings = [
        entry("<e:MeterReading/>", ("self", f"reading/{number}"), ("related", f"type/{number}")) for number in range(3)
    ]
    blocks = [block(f"reading/{number}/block", number * 1000) for number in (0, 1, 2)]
    intervals = read_feed(feed(received, ENERGY, volts, *readings, *blocks))
    assert [each.kwh for each in intervals] == [Decimal(1)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "not XML"),
        (b"<feed", "not XML"),
        (b"<html/>", "not an Atom feed"),
        (feed(), "no IntervalBlock"),
        (feed(block("reading/1/block", 1)), "no ReadingType"),
        (feed(ENERGY, block("reading/1/block")), "no IntervalReading"),
        (feed(reading_type("t", commodity=7, uom=72), block("r/block", 1)), "commodity 7 is not electricity"),
        (feed(reading_type("t", uom=72, accumulationBehaviour=1), block("r/block", 1)), "accumulate"),
        (feed(ENERGY, block("r/block", 1), before='<!DOCTYPE feed [<!ENTITY a "b">]>'), "DTD"),
        (feed(ENERGY, block("r/block", 1).replace(">1<", ">one<").encode().decode()), "not a whole number"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(text: bytes, reason: str) -> None:
    with pytest.raises(FeedRefused, match=reason):
        read_feed(text)


def test_entities_are_not_expanded_from_files() -> None:
    before = '<!DOCTYPE feed [<!ENTITY secret SYSTEM "file:///etc/hostname">]>'
    with pytest.raises(FeedRefused, match="DTD"):
        read_feed(feed(ENERGY, entry("&secret;"), block("r/block", 1), before=before))
