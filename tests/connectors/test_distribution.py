"""SoapDistribution against the sandbox: the contract of distribution, and every bad manner."""

import math
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.distribution.requests import OPERATIONS, WsdlMistake
from connectors.distribution.settings import SHIPPED_WSDL
from connectors.distribution.soap import SoapDistribution
from connectors.transport.deadline import Deadline
from schema.errors import (
    PlannedMaintenance,
    UpstreamError,
    UpstreamMalformed,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from schema.identifiers import AccountNumber
from schema.metering import Reading, reading_position
from schema.paging import Page, Slice
from tests.connectors.contract.distribution import DistributionContract, DistributionSample
from tests.connectors.greenbutton import feed
from tests.connectors.systems import DISTRIBUTION, distribution_of, open_distribution, soon
from tests.sandbox_process import Sandbox

UNKNOWN = AccountNumber("999999999999")
UNKNOWN_METER = "no such meter"
RENAMED = {name: name.removeprefix("Get") for name in OPERATIONS}


@pytest.fixture(scope="module")
async def distribution(sandbox: Sandbox) -> AsyncIterator[SoapDistribution]:
    async with open_distribution(distribution_of(sandbox)) as opened:
        yield opened


@pytest.fixture(scope="module")
async def sample(sandbox: Sandbox, distribution: SoapDistribution) -> DistributionSample:
    many = [AccountNumber(number) for holder in sandbox.holders(60, 4) for number in holder.numbers]
    meters: dict[int, str] = {}
    for points in await distribution.usage_points(many, soon()):
        assert not isinstance(points, UpstreamError)
        for meter in points[0].meters:
            if meter.removed_on is None and meter.installed_on.year < 2024:
                meters.setdefault(len(meter.registers), meter.serial_number)
    assert sorted(meters) == [1, 2, 3]
    return DistributionSample(many[:5], many, list(meters.values()), UNKNOWN, UNKNOWN_METER)


@pytest.fixture(scope="module")
def zeros(sample: DistributionSample) -> list[AccountNumber]:
    found = [number for number in sample.many if number.startswith("0")]
    assert len(found) > 10
    return found


class TestSoapDistribution(DistributionContract):
    pass


HARMLESS = [
    {"latency_ms": 20, "jitter_ms": 20},
    {"single_element": True},
    {"strip_zeros": True},
    {"repeat_rows": True},
    {"decimal_comma": True},
    {"wrong_encoding": True},
    {"empty_list": "item"},
    {"empty_list": "nil"},
    {"empty_list": "missing"},
    {
        "single_element": True,
        "strip_zeros": True,
        "repeat_rows": True,
        "decimal_comma": True,
        "wrong_encoding": True,
        "empty_list": "item",
    },
]
HARMFUL = [
    ({"error_rate": 1}, UpstreamUnavailable),
    ({"fault_in_200": True}, UpstreamUnavailable),
    ({"renamed_operations": True}, UpstreamUnavailable),
    ({"malformed": True}, UpstreamMalformed),
    ({"truncate": True}, UpstreamMalformed),
]


async def everything(
    distribution: SoapDistribution, numbers: Sequence[AccountNumber], serials: Sequence[str]
) -> list[Any]:
    """Ask all that a customer may see."""
    newest = await distribution.readings(serials, Page(4), soon())
    last = newest[0].rows[-1:] if isinstance(newest[0], Slice) else ()
    return [
        await distribution.usage_points(numbers, soon()),
        newest,
        [await distribution.readings(serials[:1], Page(4, reading_position(row)), soon()) for row in last],
    ]


@pytest.mark.parametrize("manner", HARMLESS, ids=str)
async def test_a_harmless_manner_changes_nothing(
    sandbox: Sandbox,
    distribution: SoapDistribution,
    sample: DistributionSample,
    zeros: list[AccountNumber],
    manner: dict[str, object],
) -> None:
    for numbers, serials in (
        (zeros[:1], sample.meters[:1]),
        ([UNKNOWN], [UNKNOWN_METER]),
        ([*zeros, UNKNOWN], [*sample.meters, UNKNOWN_METER]),
    ):
        polite = await everything(distribution, numbers, serials)
        with sandbox.faults("distribution", **manner):
            assert await everything(distribution, numbers, serials) == polite


@pytest.mark.parametrize(("manner", "expected"), HARMFUL, ids=str)
async def test_a_harmful_manner_is_an_error_of_each_number(
    sandbox: Sandbox,
    distribution: SoapDistribution,
    sample: DistributionSample,
    manner: dict[str, object],
    expected: type[UpstreamError],
) -> None:
    with sandbox.faults("distribution", **manner):
        points = await distribution.usage_points(sample.known, soon())
        readings = await distribution.readings(sample.meters, Page(12), soon())
    assert [type(answer) for answer in points] == [expected] * len(sample.known)
    assert [type(answer) for answer in readings] == [expected] * len(sample.meters)


@pytest.mark.parametrize("manner", [{"error_rate": 1}, {"fault_in_200": True}, {"malformed": True}], ids=str)
async def test_a_ping_shows_the_failure(
    sandbox: Sandbox, distribution: SoapDistribution, manner: dict[str, object]
) -> None:
    with sandbox.faults("distribution", **manner), pytest.raises(UpstreamError):
        await distribution.ping(soon())


async def test_a_hanging_system_is_a_timeout_at_the_deadline(
    sandbox: Sandbox, distribution: SoapDistribution, sample: DistributionSample
) -> None:
    with sandbox.faults("distribution", hang=True):
        began_at = time.monotonic()
        answers = await distribution.usage_points(sample.many, Deadline.within(0.3))
        took = time.monotonic() - began_at
    assert {type(answer) for answer in answers} == {UpstreamTimeout}
    assert 0.3 <= took < 3


async def test_planned_maintenance_tells_its_end(
    sandbox: Sandbox, distribution: SoapDistribution, sample: DistributionSample
) -> None:
    until = datetime.now().astimezone().replace(microsecond=0) + timedelta(hours=2)
    with sandbox.faults("distribution", maintenance_until=until.isoformat()):
        answers = await distribution.usage_points(sample.known, soon())
    assert {type(answer) for answer in answers} == {PlannedMaintenance}
    assert all(isinstance(answer, PlannedMaintenance) and answer.until == until for answer in answers)


async def test_wrong_credentials_are_refused(sandbox: Sandbox) -> None:
    async with open_distribution(replace(distribution_of(sandbox), password="wrong")) as stranger:
        with pytest.raises(UpstreamUnavailable) as refused:
            await stranger.ping(soon())
    assert str(refused.value.__cause__) == "refused with HTTP status 500"


async def test_vendor_names_of_operations_are_configuration(sandbox: Sandbox, sample: DistributionSample) -> None:
    async with open_distribution(replace(distribution_of(sandbox), operations=RENAMED)) as renamed:
        with sandbox.faults("distribution", renamed_operations=True):
            await _is_whole(renamed, sample)


async def test_the_vendor_s_own_wsdl_will_do(sandbox: Sandbox, sample: DistributionSample, tmp_path: Path) -> None:
    wsdl = tmp_path / "vendor.wsdl"
    with sandbox.faults("distribution", renamed_operations=True):
        wsdl.write_text(sandbox.control.get(sandbox.distribution["wsdl_url"]).text, "utf-8")
        settings = replace(distribution_of(sandbox), wsdl=wsdl, operations=RENAMED)
        async with open_distribution(settings) as renamed:
            await _is_whole(renamed, sample)


async def test_a_wsdl_without_an_operation_says_how_to_mend_it(tmp_path: Path) -> None:
    wsdl = tmp_path / "vendor.wsdl"
    wsdl.write_text(SHIPPED_WSDL.read_text("utf-8").replace("PingURL", "Ping"), "utf-8")
    with pytest.raises(WsdlMistake, match=r"vendor\.wsdl describes neither PingURL .* `operations`"):
        async with open_distribution(replace(DISTRIBUTION, wsdl=wsdl)):
            pass


@pytest.mark.parametrize("manner", [{}, {"repeat_rows": True}], ids=str)
async def test_a_long_answer_is_followed_through_its_pages(
    sandbox: Sandbox, distribution: SoapDistribution, manner: dict[str, object]
) -> None:
    serials = [serial for holder in sandbox.holders(60, 3) for each in holder.accounts for serial in each["meters"]]
    assert len(serials) <= 200
    sandbox.forget_calls()
    with sandbox.faults("distribution", **manner):
        answers = await distribution.readings(serials, Page(500), soon())
    slices = [answer for answer in answers if isinstance(answer, Slice)]
    assert len(slices) == len(serials)
    pages = math.ceil(sum(len(each.rows) for each in slices) / 5000)
    assert pages > 1
    assert sandbox.calls("distribution") == {"GetReadingsByMeterNos": pages}
    assert [len(each.rows) for each in slices] == [each.total for each in slices]
    ids = [row.object_id for each in slices for row in each.rows]
    assert len(set(ids)) == len(ids)


async def test_the_home_screen_s_readings_are_one_call(
    sandbox: Sandbox, distribution: SoapDistribution, sample: DistributionSample
) -> None:
    points = await distribution.usage_points(sample.many[:50], soon())
    found = [each[0].meters for each in points if not isinstance(each, UpstreamError)]
    serials = [meter.serial_number for meters in found for meter in meters]
    sandbox.forget_calls()
    answers = await distribution.readings(serials, Page(12), soon())
    assert all(isinstance(answer, Slice) for answer in answers)
    assert sandbox.calls("distribution") == {"GetReadingsByMeterNos": 1}


@pytest.fixture(scope="module")
def autumn(sandbox: Sandbox) -> str:
    """Give an interval meter with quarter hours around the autumn change: Kyiv's clocks went back at 01:00 UTC."""
    account = sandbox.holder(3).numbers[0]
    start = datetime(2025, 10, 25, 22, 0, tzinfo=UTC)
    return sandbox.load_green_button(account, feed(start, timedelta(minutes=15), range(1, 25)))


async def test_the_hour_that_comes_twice_is_told_apart(distribution: SoapDistribution, autumn: str) -> None:
    rows = await _walk(distribution, autumn, 100)
    start = datetime(2025, 10, 25, 22, 0, tzinfo=UTC)
    quarter = timedelta(minutes=15)
    assert [row.interval_start for row in reversed(rows)] == [start + quarter * place for place in range(24)]
    assert [row.interval_end for row in rows] == [row.read_at for row in rows]
    assert [row.read_at for row in reversed(rows)] == [start + quarter * place for place in range(1, 25)]
    assert [row.value * 1000 for row in reversed(rows)] == list(range(1, 25))


@pytest.mark.parametrize("first", [1, 2, 3, 5])
async def test_pages_lose_nothing_in_the_hour_that_comes_twice(
    distribution: SoapDistribution, autumn: str, first: int
) -> None:
    assert await _walk(distribution, autumn, first) == await _walk(distribution, autumn, 100)


async def _walk(distribution: SoapDistribution, serial: str, first: int) -> list[Reading]:
    walked: list[Reading] = []
    page = Page(first)
    while True:
        answer = (await distribution.readings([serial], page, soon()))[0]
        assert isinstance(answer, Slice)
        walked += answer.rows
        if not answer.has_more:
            return walked
        page = Page(first, reading_position(answer.rows[-1]))


async def _is_whole(distribution: SoapDistribution, sample: DistributionSample) -> None:
    await distribution.ping(soon())
    assert all(await distribution.usage_points(sample.known, soon()))
    answers = await distribution.readings(sample.meters, Page(2), soon())
    assert [len(answer.rows) for answer in answers if isinstance(answer, Slice)] == [2] * len(sample.meters)
