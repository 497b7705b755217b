"""Linking: a customer proves that an account is theirs, and sees it from then on.

An unknown account, a wrong surname and a wrong bill get one and the same refusal after the same questions to billing.
Attempts are throttled by customer, by the account aimed at and by address; one that billing did not answer counts for
nothing.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from auth.audit import Audit, AuditEvent, AuditKind
from auth.identity.port import Visitor
from auth.proofs import LAST_BILLS, Proof, read_proof
from auth.refusals import too_many_attempts
from auth.throttle import Kind, Throttle, Tried
from connectors.billing.port import Billing
from connectors.store.links import LinkRows
from connectors.transport.deadline import Deadline
from schema.billing import AccountDetails, Bill
from schema.errors import UpstreamError
from schema.identifiers import AccountNumber
from schema.linking import LinkAccountInput
from schema.paging import Page, Slice
from schema.profile import UtilityProfile
from schema.refusals import Refusal, RefusalCode

NOT_CONFIRMED: Final = Refusal(
    code=RefusalCode.ACCOUNT_NOT_CONFIRMED,
    message="No account could be confirmed by what you gave. Check it against your last bill.",
)
NOT_AVAILABLE: Final = Refusal(
    code=RefusalCode.SYSTEM_NOT_AVAILABLE,
    message="The billing system does not answer now, so nothing could be checked. Try again later.",
)


@dataclass(frozen=True, slots=True)
class Linking:
    """The two verbs of a customer about which accounts are theirs."""

    links: LinkRows
    billing: Billing
    throttle: Throttle
    audit: Audit
    profile: UtilityProfile
    now: Callable[[], datetime]

    async def link(
        self,
        subject: str,
        input: LinkAccountInput,  # noqa: A002 -- GraphQL's word
        visitor: Visitor,
        deadline: Deadline,
    ) -> AccountNumber | Refusal:
        """Link an account; one that is linked already stays linked, without another proof.

        Args:
            subject: the customer.
            input: the proof.
            visitor: who asks, and from where.
            deadline: until when billing may take to confirm it.
        """
        proof = read_proof(input, self.profile)
        if isinstance(proof, Refusal):
            return proof
        if proof.number in await self.links.numbers(subject):
            return proof.number
        by_subject = Tried(Kind.LINKING_SUBJECT, subject)
        by_account = Tried(Kind.LINKING_ACCOUNT, proof.number)
        by_address = Tried.address(Kind.LINKING_ADDRESS, visitor.address)
        wait = await self.throttle.begin(by_subject, by_account, by_address)
        if wait is not None:
            return too_many_attempts(wait)
        confirmed = await self._confirm(proof, deadline)
        if confirmed is False:
            return NOT_CONFIRMED
        if confirmed:
            await self.links.link(subject, proof.number, self.now())
            await self._record(AuditKind.ACCOUNT_LINKED, subject, proof.number, visitor)
        await self.throttle.take_back(by_subject, by_account, by_address)
        return proof.number if confirmed else NOT_AVAILABLE

    async def unlink(self, subject: str, number: AccountNumber, visitor: Visitor) -> None:
        """Stop seeing an account; one that is not linked stays so."""
        if await self.links.unlink(subject, number, self.now()):
            await self._record(AuditKind.ACCOUNT_UNLINKED, subject, number, visitor)

    async def _record(self, kind: AuditKind, subject: str, number: AccountNumber, visitor: Visitor) -> None:
        await self.audit.record(AuditEvent(kind, subject=subject, account=number, visitor=visitor))

    async def _confirm(self, proof: Proof, deadline: Deadline) -> bool | None:
        """Ask billing; None where it does not answer. Whether the account exists changes nothing of what is asked."""
        details, bills = await asyncio.gather(self._details(proof, deadline), self._bills(proof, deadline))
        if isinstance(details, UpstreamError) or isinstance(bills, UpstreamError):
            return None
        return proof.confirmed_by(details, bills.rows)

    async def _details(self, proof: Proof, deadline: Deadline) -> AccountDetails | UpstreamError | None:
        return (await self.billing.details([proof.number], deadline))[0]

    async def _bills(self, proof: Proof, deadline: Deadline) -> Slice[Bill] | UpstreamError:
        if proof.bill_number is None:
            return Slice([], has_more=False)
        return (await self.billing.bills([proof.number], Page(LAST_BILLS), deadline))[0]
