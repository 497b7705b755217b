"""The contract of supply: subclass `SupplyContract` and give the fixtures `supply` and `sample`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from connectors.supply.port import Supply
from connectors.transport.deadline import Deadline
from schema.errors import InvalidArgument, UpstreamError, UpstreamTimeout
from schema.identifiers import AccountNumber
from schema.paging import Page, Slice
from schema.payments import Payment, PaymentState, payment_position
from schema.period import Period

T = TypeVar("T")

EVERYTHING = Page(1_000)
WAITING = {PaymentState.ACCEPTED, PaymentState.SETTLED}


@dataclass(frozen=True, slots=True)
class SupplySample:
    """Accounts to ask for: at least three with ten payments or more, more than fit in one batch, one that is none.

    The first known one has an incoming payment.
    """

    known: Sequence[AccountNumber]
    many: Sequence[AccountNumber]
    unknown: AccountNumber
    currency: str
    time_zone: str


def deadline() -> Deadline:
    return Deadline.within(10)


def good(answers: Sequence[T | UpstreamError]) -> list[T]:
    """Return answers none of which is an error."""
    found = [answer for answer in answers if not isinstance(answer, UpstreamError)]
    assert len(found) == len(answers), answers
    return found


class SupplyContract:
    async def test_it_answers(self, supply: Supply) -> None:
        await supply.ping(deadline())

    async def test_payments_come_in_the_order_of_the_numbers(self, supply: Supply, sample: SupplySample) -> None:
        asked = [*reversed(sample.known), *sample.known]
        answers = good(await supply.payments(asked, Page(1), deadline()))
        assert [answer.rows[0].account_number for answer in answers] == asked

    async def test_pending_payments_come_in_the_order_of_the_numbers(
        self, supply: Supply, sample: SupplySample
    ) -> None:
        asked = [*reversed(sample.known), *sample.known]
        answers = good(await supply.pending(asked, deadline()))
        assert len(answers) == len(asked)
        assert all(each.account_number == number for number, rows in zip(asked, answers, strict=True) for each in rows)

    async def test_more_numbers_than_a_batch_are_all_answered(self, supply: Supply, sample: SupplySample) -> None:
        answers = good(await supply.payments(sample.many, Page(1), deadline()))
        assert [row.account_number for answer in answers for row in answer.rows] == list(sample.many)

    async def test_no_numbers_have_no_answers(self, supply: Supply) -> None:
        assert await supply.payments([], Page(12), deadline()) == []
        assert await supply.pending([], deadline()) == []

    async def test_unknown_account_has_an_empty_page_beside_the_others(
        self, supply: Supply, sample: SupplySample
    ) -> None:
        unknown, known = good(await supply.payments([sample.unknown, sample.known[0]], Page(1), deadline()))
        assert (list(unknown.rows), unknown.has_more, unknown.total) == ([], False, 0)
        assert len(known.rows) == 1
        assert [list(rows) for rows in good(await supply.pending([sample.unknown], deadline()))] == [[]]

    async def test_payments_are_newest_first_and_none_comes_twice(self, supply: Supply, sample: SupplySample) -> None:
        for answer in good(await supply.payments(sample.known, EVERYTHING, deadline())):
            order = [(row.accepted_at.replace(tzinfo=None), int(row.reference)) for row in answer.rows]
            assert order == sorted(set(order), reverse=True)
            assert (answer.total, answer.has_more) == (len(answer.rows), False)
            assert len(answer.rows) >= 10

    @pytest.mark.parametrize("first", [1, 3, 7])
    async def test_pages_laid_end_to_end_are_the_whole(self, supply: Supply, sample: SupplySample, first: int) -> None:
        (whole,) = good(await supply.payments(sample.known[:1], EVERYTHING, deadline()))
        rows: list[Payment] = []
        has_more, after = True, None
        while has_more:
            (page,) = good(await supply.payments(sample.known[:1], Page(first, after), deadline()))
            assert page.total == whole.total
            assert len(page.rows) <= first
            rows += page.rows
            has_more, after = page.has_more, payment_position(rows[-1])
        assert rows == list(whole.rows)
        (beyond,) = good(await supply.payments(sample.known[:1], Page(first, after), deadline()))
        assert (list(beyond.rows), beyond.has_more, beyond.total) == ([], False, whole.total)

    async def test_page_of_nothing_tells_the_total(self, supply: Supply, sample: SupplySample) -> None:
        (whole,) = good(await supply.payments(sample.known[:1], EVERYTHING, deadline()))
        (nothing,) = good(await supply.payments(sample.known[:1], Page(0), deadline()))
        assert nothing == Slice([], has_more=True, total=whole.total)

    async def test_period_is_local_days_without_its_end(self, supply: Supply, sample: SupplySample) -> None:
        zone, number = ZoneInfo(sample.time_zone), sample.known[:1]
        (whole,) = good(await supply.payments(number, EVERYTHING, deadline()))
        day = whole.rows[3].accepted_at.astimezone(zone).date()
        periods = [
            Period(date(2000, 1, 1), day),
            Period(day, day + timedelta(days=1)),
            Period(day + timedelta(days=1), date(2100, 1, 1)),
        ]
        parts = [good(await supply.payments(number, Page(1_000, None, each), deadline()))[0] for each in periods]
        assert [row for part in reversed(parts) for row in part.rows] == list(whole.rows)
        assert [part.total for part in parts] == [len(part.rows) for part in parts]
        assert {row.accepted_at.astimezone(zone).date() for row in parts[1].rows} == {day}

    @pytest.mark.parametrize(
        "after", ["", "|", "x|1", "2026-10-01|1", "2026-10-01T10:00:00+03:00|x", "2026-10-01T10:00:00+03:00", "1"]
    )
    async def test_position_that_was_never_written_is_refused(
        self, supply: Supply, sample: SupplySample, after: str
    ) -> None:
        with pytest.raises(InvalidArgument):
            await supply.payments(sample.known, Page(1, after), deadline())

    async def test_payments_are_in_the_declared_currency_at_aware_times(
        self, supply: Supply, sample: SupplySample
    ) -> None:
        for answer in good(await supply.payments(sample.known, EVERYTHING, deadline())):
            for row in answer.rows:
                assert row.amount.currency == sample.currency
                assert row.amount.minor > 0
                assert row.accepted_at.utcoffset() is not None
                assert row.settled_on is None or row.settled_on >= row.accepted_at.date()

    async def test_pending_payments_are_accepted_or_settled_and_not_posted(
        self, supply: Supply, sample: SupplySample
    ) -> None:
        for rows in good(await supply.pending(sample.known, deadline())):
            order = [row.accepted_at.replace(tzinfo=None) for row in rows]
            assert order == sorted(order, reverse=True)
            assert len({row.reference for row in rows}) == len(rows) <= 100
            assert {row.state for row in rows} <= WAITING
            assert all(row.posted_on is None for row in rows)
            incoming = [row for row in rows if row.reference.startswith("incoming-")]
            assert {row.state for row in incoming} <= {PaymentState.ACCEPTED}
            assert all((row.settled_on, row.receipt_number) == (None, None) for row in incoming)

    async def test_pending_payments_are_the_incoming_ones_and_those_shown_as_not_posted(
        self, supply: Supply, sample: SupplySample
    ) -> None:
        answers = good(await supply.payments(sample.known, EVERYTHING, deadline()))
        for answer, pending in zip(answers, good(await supply.pending(sample.known, deadline())), strict=True):
            known = [row for row in pending if not row.reference.startswith("incoming-")]
            waiting = [row for row in answer.rows if row.state in WAITING]
            assert known == (waiting if len(pending) < 100 else waiting[: len(known)])

    async def test_some_pending_payment_is_incoming(self, supply: Supply, sample: SupplySample) -> None:
        (pending,) = good(await supply.pending(sample.known[:1], deadline()))
        assert "incoming-" in {row.reference.rstrip("0123456789") for row in pending}

    async def test_deadline_that_has_passed_is_a_timeout_in_each_place(
        self, supply: Supply, sample: SupplySample
    ) -> None:
        passed = Deadline.within(0)
        answers = [*await supply.payments(sample.known, Page(1), passed), *await supply.pending(sample.known, passed)]
        assert [type(answer) for answer in answers] == [UpstreamTimeout] * 2 * len(sample.known)
        with pytest.raises(UpstreamTimeout):
            await supply.ping(passed)
