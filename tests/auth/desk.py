"""Linking wired to a running sandbox of one utility, as the gateway wires it, with an account that somebody holds."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.audit import Audit
from auth.identity.port import Visitor
from auth.linking import Linking
from auth.throttle import Throttle
from connectors.billing.rest import RestBilling
from connectors.billing.settings import BillingSettings
from connectors.store.attempts import AttemptRows
from connectors.store.audit import AuditRows
from connectors.store.customers import CustomerRows
from connectors.store.engine import reading
from connectors.store.links import LinkRows
from connectors.store.tables import attempts
from connectors.transport.deadline import Deadline
from connectors.transport.http import HttpTransport
from schema.customers import Customer
from schema.identifiers import AccountNumber
from schema.linking import DistrictAndBill, LinkAccountInput, NumberAndSurname
from schema.profile import UtilityProfile
from schema.refusals import Refusal
from schema.systems import System
from tests.auth.people import HERE, Counter
from tests.sandbox_process import Sandbox

UNKNOWN = "999999999999"


@dataclass(frozen=True, slots=True)
class Desk:
    """Linking wired to a sandbox, with an account that somebody holds."""

    linking: Linking
    links: LinkRows
    store: AsyncEngine
    sandbox: Sandbox
    clock: Counter
    account: Mapping[str, Any]

    @property
    def number(self) -> AccountNumber:
        return AccountNumber(self.account["number"])

    async def link(
        self, given: LinkAccountInput, subject: str = "s1", visitor: Visitor = HERE
    ) -> AccountNumber | Refusal:
        return await self.linking.link(subject, given, visitor, Deadline.within(10))

    async def refused(self, given: LinkAccountInput, subject: str = "s1", visitor: Visitor = HERE) -> Refusal:
        """Return the refusal, having seen that it linked nothing."""
        answer = await self.link(given, subject, visitor)
        assert isinstance(answer, Refusal)
        assert await self.links.numbers(subject) == frozenset()
        return answer

    async def failures(self) -> int:
        async with reading(self.store) as connection:
            return await connection.scalar(select(func.sum(attempts.c.failures))) or 0


def by_name(number: str, surname: str) -> LinkAccountInput:
    return LinkAccountInput(number_and_surname=NumberAndSurname(number=AccountNumber(number), surname=surname))


def by_qr(text: str) -> LinkAccountInput:
    return LinkAccountInput(bill_qr=text)


def by_bill(account: Mapping[str, Any], **changes: str) -> LinkAccountInput:
    given = {
        "region_code": account["region_code"],
        "district_code": account["district_code"],
        "number": account["number"],
        "bill_number": account["bill_number"],
        **changes,
    }
    return LinkAccountInput(district_and_bill=DistrictAndBill(**given))


@asynccontextmanager
async def open_linking(
    store: AsyncEngine, billing: Mapping[str, str], profile: UtilityProfile, clock: Counter
) -> AsyncIterator[Linking]:
    settings = BillingSettings(
        base_url=billing["url"],
        api_key=billing["api_key"],
        time_zone=profile.time_zone,
        currency=profile.currency,
        account_digits=profile.account_number.digits,
    )
    transport = HttpTransport(System.BILLING)
    throttle = Throttle(AttemptRows(store), secret=b"s", now=clock.now)
    try:
        audit = Audit(AuditRows(store), clock.now)
        yield Linking(LinkRows(store), RestBilling(settings, transport), throttle, audit, profile, clock.now)
    finally:
        await transport.aclose()


@asynccontextmanager
async def open_desk(
    store: AsyncEngine, sandbox: Sandbox, profile: UtilityProfile, clock: Counter
) -> AsyncIterator[Desk]:
    for subject in ("s1", "s2"):
        someone = Customer(subject=subject, name="Olena", email=None, phone=None, registered_at=clock.now())
        assert await CustomerRows(store).add(someone, "h")
    async with open_linking(store, sandbox.billing, profile, clock) as linking:
        yield Desk(linking, LinkRows(store), store, sandbox, clock, sandbox.holder(10).accounts[0])
