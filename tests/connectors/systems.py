"""Connectors as the gateway would wire them, to a sandbox or to a server of a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from connectors.billing.rest import RestBilling
from connectors.billing.settings import BillingSettings
from connectors.distribution.settings import DistributionSettings
from connectors.distribution.soap import SoapDistribution
from connectors.transport.deadline import Deadline
from connectors.transport.http import HttpTransport
from schema.identifiers import AccountNumber
from schema.systems import System
from tests.connectors.contract.billing import BillingSample
from tests.sandbox_process import Sandbox

SECRET: Final = "the-secret-of-both-systems"
BILLING: Final = BillingSettings("", SECRET, "Europe/Kyiv", "UAH", 12)
DISTRIBUTION: Final = DistributionSettings("", "gridgate", SECRET, "Europe/Kyiv", 12)


def soon() -> Deadline:
    """Return a deadline that a healthy system keeps."""
    return Deadline.within(10)


def billing_of(sandbox: Sandbox, settings: BillingSettings = BILLING) -> BillingSettings:
    return replace(settings, base_url=sandbox.billing["url"], api_key=sandbox.billing["api_key"])


def distribution_of(sandbox: Sandbox, settings: DistributionSettings = DISTRIBUTION) -> DistributionSettings:
    where = sandbox.distribution
    return replace(settings, endpoint=where["url"], user=where["user"], password=where["password"])


def billing_sample(sandbox: Sandbox, unknown: AccountNumber, currency: str) -> BillingSample:
    known = [AccountNumber(number) for number in sandbox.holder(10).numbers]
    many = [AccountNumber(number) for holder in sandbox.holders(60, 8) for number in holder.numbers]
    return BillingSample(known, many, unknown, currency)


@asynccontextmanager
async def open_billing(settings: BillingSettings) -> AsyncIterator[RestBilling]:
    transport = HttpTransport(System.BILLING)
    try:
        yield RestBilling(settings, transport)
    finally:
        await transport.aclose()


@asynccontextmanager
async def open_distribution(settings: DistributionSettings) -> AsyncIterator[SoapDistribution]:
    transport = HttpTransport(System.DISTRIBUTION)
    try:
        yield await SoapDistribution.open(settings, transport)
    finally:
        await transport.aclose()
