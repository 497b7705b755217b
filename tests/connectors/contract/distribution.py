"""The contract of distribution: subclass `DistributionContract` and give the fixtures `distribution` and `sample`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TypeVar

import pytest

from connectors.distribution.port import Distribution
from connectors.transport.deadline import Deadline
from schema.errors import InvalidArgument, UpstreamError, UpstreamTimeout
from schema.identifiers import AccountNumber
from schema.metering import Meter, Reading, UsagePoint, reading_position
from schema.paging import Page, Slice
from schema.period import Period

T = TypeVar("T")

LONGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class DistributionSample:
    """Accounts to ask for: at least three, more than fit in one batch, and numbers that are none.

    `meters` are serial numbers of meters with two years of readings, among them one with several registers.
    """

    known: Sequence[AccountNumber]
    many: Sequence[AccountNumber]
    meters: Sequence[str]
    unknown: AccountNumber
    unknown_meter: str


def deadline() -> Deadline:
    return Deadline.within(10)


class DistributionContract:
    async def test_it_answers(self, distribution: Distribution) -> None:
        await distribution.ping(deadline())

    async def test_usage_points_come_in_the_order_of_the_numbers(
        self, distribution: Distribution, sample: DistributionSample
    ) -> None:
        asked = [*reversed(sample.known), *sample.known]
        answers = [_points(each) for each in await distribution.usage_points(asked, deadline())]
        assert [answer[0].account_number for answer in answers] == asked

    async def test_readings_come_in_the_order_of_the_meters(
        self, distribution: Distribution, sample: DistributionSample
    ) -> None:
        forward = await distribution.readings(sample.meters, Page(3), deadline())
        backward = await distribution.readings(sample.meters[::-1], Page(3), deadline())
        assert [_slice(each) for each in forward] == [_slice(each) for each in reversed(backward)]
        repeated = await distribution.readings([sample.meters[0]] * 2, Page(3), deadline())
        assert repeated == [forward[0]] * 2

    async def test_more_numbers_than_a_batch_are_all_answered(
        self, distribution: Distribution, sample: DistributionSample
    ) -> None:
        answers = [_points(each) for each in await distribution.usage_points(sample.many, deadline())]
        assert [answer[0].account_number for answer in answers] == list(sample.many)
        serials = [meter.serial_number for meter in _meters(answers)]
        assert len(set(serials)) == len(serials)
        readings = await distribution.readings(serials, Page(1), deadline())
        assert len([_slice(each) for each in readings]) == len(serials)

    async def test_nothing_asked_nothing_answered(self, distribution: Distribution) -> None:
        assert await distribution.usage_points([], deadline()) == []
        assert await distribution.readings([], Page(12), deadline()) == []

    async def test_an_unknown_account_has_no_usage_points_and_the_others_are_whole(
        self, distribution: Distribution, sample: DistributionSample
    ) -> None:
        absent, present = await distribution.usage_points([sample.unknown, sample.known[0]], deadline())
        assert list(_points(absent)) == []
        assert _points(present)[0].account_number == sample.known[0]

    async def test_an_unknown_meter_has_an_empty_page_and_the_others_are_whole(
        self, distribution: Distribution, sample: DistributionSample
    ) -> None:
        absent, present = await distribution.readings([sample.unknown_meter, sample.meters[0]], Page(2), deadline())
        assert (list(_slice(absent).rows), _slice(absent).has_more) == ([], False)
        assert len(_slice(present).rows) == 2

    async def test_every_meter_has_registers(self, distribution: Distribution, sample: DistributionSample) -> None:
        answers = [_points(each) for each in await distribution.usage_points(sample.many, deadline())]
        for meter in _meters(answers):
            assert meter.registers
            assert len({register.obis_code for register in meter.registers}) == len(meter.registers)
            assert all(register.left_digits > 0 for register in meter.registers)

    async def test_readings_are_aware_and_newest_first(
        self, distribution: Distribution, sample: DistributionSample
    ) -> None:
        for answer in await distribution.readings(sample.meters, Page(LONGEST_PAGE), deadline()):
            rows = _slice(answer).rows
            assert rows
            for row in rows:
                assert row.read_at.utcoffset() is not None
                assert row.reported_at is None or row.reported_at >= row.read_at
            assert all(newer.read_at >= older.read_at for newer, older in pairwise(rows))

    @pytest.mark.parametrize("first", [1, 2, 3])
    async def test_pages_walk_a_period(
        self, distribution: Distribution, sample: DistributionSample, first: int
    ) -> None:
        for serial in sample.meters:
            newest = (await _page(distribution, serial, Page(LONGEST_PAGE))).rows
            period = Period(newest[10 * first].read_at.date(), newest[0].read_at.date() + timedelta(days=1))
            whole = await _page(distribution, serial, Page(LONGEST_PAGE, period=period))
            assert whole.total in {None, len(whole.rows)}
            walked: list[Reading] = []
            page = Page(first, period=period)
            while True:
                part = await _page(distribution, serial, page)
                walked += part.rows
                assert part.total == whole.total
                if not part.has_more:
                    break
                assert len(part.rows) == first
                page = Page(first, reading_position(part.rows[-1]), period)
            assert walked == list(whole.rows)

    async def test_an_empty_page_tells_that_there_is_more(
        self, distribution: Distribution, sample: DistributionSample
    ) -> None:
        empty = await _page(distribution, sample.meters[0], Page(0))
        assert (list(empty.rows), empty.has_more) == ([], True)

    async def test_a_period_is_half_open(self, distribution: Distribution, sample: DistributionSample) -> None:
        for serial in sample.meters:
            whole = (await _page(distribution, serial, Page(LONGEST_PAGE))).rows
            days = sorted({row.read_at.date() for row in whole})
            first, last = days[1], days[-2]
            inside = await _page(distribution, serial, Page(LONGEST_PAGE, period=Period(first, last)))
            assert list(inside.rows) == [row for row in whole if first <= row.read_at.date() < last]
            assert inside.total in {None, len(inside.rows)}
            day = await _page(distribution, serial, Page(LONGEST_PAGE, period=Period(last, last + timedelta(days=1))))
            assert list(day.rows) == [row for row in whole if row.read_at.date() == last]

    @pytest.mark.parametrize("position", ["", "yesterday", "2026-10-01T00:00:00|1.8.0|1", "2026-10-01T00:00:00+03:00"])
    async def test_a_foreign_position_is_refused(
        self, distribution: Distribution, sample: DistributionSample, position: str
    ) -> None:
        with pytest.raises(InvalidArgument) as refused:
            await distribution.readings(sample.meters, Page(12, after=position), deadline())
        assert refused.value.extensions["argument"] == "after"

    async def test_a_deadline_that_has_passed_is_a_timeout_of_each_number(
        self, distribution: Distribution, sample: DistributionSample
    ) -> None:
        answers = await distribution.usage_points(sample.known, Deadline.within(0))
        assert [type(answer) for answer in answers] == [UpstreamTimeout] * len(sample.known)
        readings = await distribution.readings(sample.meters, Page(12), Deadline.within(0))
        assert [type(answer) for answer in readings] == [UpstreamTimeout] * len(sample.meters)


async def _page(distribution: Distribution, serial: str, page: Page) -> Slice[Reading]:
    return _slice((await distribution.readings([serial], page, deadline()))[0])


def _points(answer: Sequence[UsagePoint] | UpstreamError) -> Sequence[UsagePoint]:
    assert not isinstance(answer, UpstreamError), answer
    return answer


def _meters(answers: Sequence[Sequence[UsagePoint]]) -> list[Meter]:
    return [meter for points in answers for point in points for meter in point.meters]


def _slice(answer: Slice[T] | UpstreamError) -> Slice[T]:
    assert isinstance(answer, Slice), answer
    return answer
