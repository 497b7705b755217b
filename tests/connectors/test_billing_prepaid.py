"""RestBilling of a prepaid utility, with another currency and shorter numbers: the contract of billing."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from connectors.billing.rest import RestBilling
from schema.billing import AccountDetails
from schema.identifiers import AccountNumber
from tests.connectors.contract.billing import BillingContract, BillingSample
from tests.connectors.systems import BILLING, billing_of, billing_sample, open_billing, soon
from tests.sandbox_process import Sandbox, running_sandbox

TASHKENT = replace(BILLING, time_zone="Asia/Tashkent", currency="UZS", account_digits=10)


@pytest.fixture(scope="module")
def tashkent() -> Iterator[Sandbox]:
    with running_sandbox(profile="uz-het") as running:
        yield running


@pytest.fixture(scope="module")
async def billing(tashkent: Sandbox) -> AsyncIterator[RestBilling]:
    async with open_billing(billing_of(tashkent, TASHKENT)) as opened:
        yield opened


@pytest.fixture(scope="module")
def sample(tashkent: Sandbox) -> BillingSample:
    return billing_sample(tashkent, AccountNumber("9999999999"), "UZS")


class TestRestBillingPrepaid(BillingContract):
    pass


async def test_contracts_are_prepaid(billing: RestBilling, sample: BillingSample) -> None:
    found = await billing.details(sample.known, soon())
    assert [each.is_prepaid for each in found if isinstance(each, AccountDetails)] == [True] * len(sample.known)
