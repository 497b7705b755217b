"""The contract of billing: subclass `BillingContract` and give the fixtures `billing` and `sample`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TypeVar

import pytest

from connectors.billing.port import Billing
from connectors.transport.deadline import Deadline
from schema.billing import AccountDetails, Balance, Bill, Charge
from schema.errors import InvalidArgument, UpstreamError, UpstreamTimeout
from schema.identifiers import AccountNumber
from schema.money import Money
from schema.paging import Page, Slice
from schema.period import Period

T = TypeVar("T")

LONGEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class BillingSample:
    """Accounts to ask for: at least three with two years of history, more than fit in one batch, one that is none."""

    known: Sequence[AccountNumber]
    many: Sequence[AccountNumber]
    unknown: AccountNumber
    currency: str


def deadline() -> Deadline:
    return Deadline.within(10)


class BillingContract:
    async def test_it_answers(self, billing: Billing) -> None:
        await billing.ping(deadline())

    async def test_details_come_in_the_order_of_the_numbers(self, billing: Billing, sample: BillingSample) -> None:
        asked = [*reversed(sample.known), *sample.known]
        assert [_details(each).number for each in await billing.details(asked, deadline())] == asked

    async def test_balances_come_in_the_order_of_the_numbers(self, billing: Billing, sample: BillingSample) -> None:
        asked = [*reversed(sample.known), *sample.known]
        assert [_balance(each).account_number for each in await billing.balances(asked, deadline())] == asked

    async def test_charges_come_in_the_order_of_the_numbers(self, billing: Billing, sample: BillingSample) -> None:
        asked = [*reversed(sample.known), *sample.known]
        answers = [_slice(each) for each in await billing.charges(asked, Page(1), deadline())]
        assert [answer.rows[0].account_number for answer in answers] == asked

    async def test_more_numbers_than_a_batch_are_all_answered(self, billing: Billing, sample: BillingSample) -> None:
        answers = await billing.details(sample.many, deadline())
        assert [_details(each).number for each in answers] == list(sample.many)

    async def test_no_numbers_have_no_answers(self, billing: Billing) -> None:
        assert await billing.details([], deadline()) == []
        assert await billing.balances([], deadline()) == []
        assert await billing.charges([], Page(12), deadline()) == []
        assert await billing.bills([], Page(12), deadline()) == []

    async def test_an_unknown_account_is_absent_and_the_others_are_whole(
        self, billing: Billing, sample: BillingSample
    ) -> None:
        asked = [sample.unknown, sample.known[0]]
        details, balances = await billing.details(asked, deadline()), await billing.balances(asked, deadline())
        assert (details[0], _details(details[1]).number) == (None, sample.known[0])
        assert (balances[0], _balance(balances[1]).account_number) == (None, sample.known[0])

    async def test_an_unknown_account_has_an_empty_page(self, billing: Billing, sample: BillingSample) -> None:
        charges = _slice((await billing.charges([sample.unknown], Page(12), deadline()))[0])
        bills = _slice((await billing.bills([sample.unknown], Page(12), deadline()))[0])
        assert (list(charges.rows), charges.has_more) == ([], False)
        assert (list(bills.rows), bills.has_more) == ([], False)

    async def test_a_balance_is_aware_and_in_the_declared_currency(
        self, billing: Billing, sample: BillingSample
    ) -> None:
        for answer in await billing.balances(sample.known, deadline()):
            balance = _balance(answer)
            assert balance.as_of.utcoffset() is not None
            assert balance.amount_owed_by_customer.currency == sample.currency
            assert not balance.is_stale

    async def test_bills_add_up_with_debts_positive(self, billing: Billing, sample: BillingSample) -> None:
        for answer in await billing.bills(sample.known, Page(LONGEST_PAGE), deadline()):
            bills = _slice(answer).rows
            assert all(bill.closing_balance == bill.opening_balance + bill.charged + -bill.paid for bill in bills)
            for newer, older in pairwise(bills):
                assert newer.opening_balance == older.closing_balance

    async def test_a_charge_is_the_sum_of_its_lines(self, billing: Billing, sample: BillingSample) -> None:
        for answer in await billing.charges(sample.known, Page(LONGEST_PAGE), deadline()):
            for charge in _slice(answer).rows:
                assert charge.amount == sum((line.amount for line in charge.lines), Money(0, sample.currency))
                assert charge.energy == sum(line.energy for line in charge.lines)

    @pytest.mark.parametrize("first", [1, 5, 12])
    async def test_pages_walk_all_charges(self, billing: Billing, sample: BillingSample, first: int) -> None:
        number = sample.known[0]
        whole = _slice((await billing.charges([number], Page(LONGEST_PAGE), deadline()))[0])
        walked: list[Charge] = []
        page = Page(first)
        while True:
            part = _slice((await billing.charges([number], page, deadline()))[0])
            walked += part.rows
            assert part.total == whole.total == len(whole.rows)
            if not part.has_more:
                break
            assert len(part.rows) == first
            page = Page(first, part.rows[-1].period.start.isoformat())
        assert walked == list(whole.rows)
        assert _is_newest_first([charge.period for charge in walked])

    async def test_pages_walk_all_bills(self, billing: Billing, sample: BillingSample) -> None:
        number = sample.known[0]
        whole = _slice((await billing.bills([number], Page(LONGEST_PAGE), deadline()))[0])
        walked: list[Bill] = []
        after = None
        while part := _slice((await billing.bills([number], Page(7, after), deadline()))[0]).rows:
            walked += part
            after = part[-1].period.start.isoformat()
        assert walked == list(whole.rows)

    async def test_an_empty_page_tells_that_there_is_more(self, billing: Billing, sample: BillingSample) -> None:
        charges = _slice((await billing.charges([sample.known[0]], Page(0), deadline()))[0])
        assert (list(charges.rows), charges.has_more) == ([], True)

    async def test_a_period_holds_the_months_that_it_touches(self, billing: Billing, sample: BillingSample) -> None:
        whole = _slice((await billing.charges([sample.known[0]], Page(LONGEST_PAGE), deadline()))[0]).rows
        newest, oldest = whole[1].period, whole[3].period
        for end in (newest.end, date(newest.start.year, newest.start.month, 2)):
            page = Page(12, period=Period(oldest.start, end))
            part = _slice((await billing.charges([sample.known[0]], page, deadline()))[0])
            assert (list(part.rows), part.has_more, part.total) == (list(whole[1:4]), False, 3)

    async def test_a_foreign_position_is_refused(self, billing: Billing, sample: BillingSample) -> None:
        with pytest.raises(InvalidArgument) as refused:
            await billing.charges(sample.known, Page(12, after="yesterday"), deadline())
        assert refused.value.extensions["argument"] == "after"

    async def test_a_deadline_that_has_passed_is_a_timeout_of_each_number(
        self, billing: Billing, sample: BillingSample
    ) -> None:
        answers = await billing.details(sample.known, Deadline.within(0))
        assert [type(answer) for answer in answers] == [UpstreamTimeout] * len(sample.known)


def _details(answer: AccountDetails | UpstreamError | None) -> AccountDetails:
    assert isinstance(answer, AccountDetails), answer
    return answer


def _balance(answer: Balance | UpstreamError | None) -> Balance:
    assert isinstance(answer, Balance), answer
    return answer


def _slice(answer: Slice[T] | UpstreamError) -> Slice[T]:
    assert isinstance(answer, Slice), answer
    return answer


def _is_newest_first(periods: Sequence[Period]) -> bool:
    return list(periods) == sorted(set(periods), reverse=True)
