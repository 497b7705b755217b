"""Connectors as the gateway would wire them, to the sandbox of a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from connectors.billing.rest import RestBilling
from connectors.billing.settings import BillingSettings
from connectors.distribution.settings import DistributionSettings
from connectors.distribution.soap import SoapDistribution
from connectors.transport.deadline import Deadline
from connectors.transport.http import HttpTransport
from schema.systems import System
from tests.sandbox_process import Sandbox

UA: dict[str, Any] = {"time_zone": "Europe/Kyiv", "account_digits": 12}


def soon() -> Deadline:
    """Return a deadline that a healthy system keeps."""
    return Deadline.within(10)


def billing_settings(url: str, api_key: str = "", **changes: Any) -> BillingSettings:  # noqa: ANN401 -- any setting
    given = {**UA, "currency": "UAH", **changes}
    return BillingSettings(base_url=url, api_key=api_key, **given)


def distribution_settings(sandbox: Sandbox, **changes: Any) -> DistributionSettings:  # noqa: ANN401 -- any setting
    where = sandbox.distribution
    given = {"endpoint": where["url"], "user": where["user"], "password": where["password"], **UA, **changes}
    return DistributionSettings(**given)


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
