"""Changing one's phone: a code goes to the new number, and who brings it back holds that number.

A number that somebody else has is refused at the end and in the same words as a wrong code, so that nobody can ask
whose numbers are known (OWASP ASVS 5, 6.3.8).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from auth.audit import Audit, AuditEvent, AuditKind
from auth.identity.port import Visitor
from auth.logins import read_phone
from auth.one_time_passwords import LIFETIME, as_drawn, draw
from auth.refusals import invalid, too_many_attempts
from auth.sign_out import SignOut
from auth.sms_credentials import is_domestic
from auth.sms_texts import SmsTexts
from auth.throttle import Kind, Throttle, Tried
from connectors.store.customers import CustomerRows
from connectors.store.sms import SmsKind, SmsLimits, SmsOrder, SmsRows
from connectors.store.tickets import TicketRows, key_of
from schema.refusals import Refusal

_TICKET: Final = "phone-code"
_NOT_CONFIRMED: Final = invalid("code", "This code is not good, or the number cannot be used. Ask for another code.")
_NOT_A_PHONE: Final = invalid("phone", "This is not a phone number of the utility's country.")


@dataclass(frozen=True, slots=True)
class PhoneCodes:
    """The codes that prove a number: drawn when they are sent, good once and for ten minutes."""

    tickets: TicketRows
    now: Callable[[], datetime]

    async def issue(self, subject: str, phone: str) -> str:
        """Draw a code that proves a number to be this customer's."""
        code, now = draw(), self.now()
        await self.tickets.put(_TICKET, _key(subject, code), phone, now, now + LIFETIME)
        return code

    async def take(self, subject: str, typed: str) -> str | None:
        """Use a code up and return the number that it proves, None where it is not good."""
        return await self.tickets.take(_TICKET, _key(subject, as_drawn(typed)), self.now())


@dataclass(frozen=True, slots=True)
class PhoneChange:
    """The two verbs of a customer who changes their phone; whoever calls has asked for a recent sign-in already."""

    codes: PhoneCodes
    messages: SmsRows
    customers: CustomerRows
    sign_out: SignOut
    throttle: Throttle
    texts: SmsTexts
    audit: Audit
    country: str
    now: Callable[[], datetime]
    limits: SmsLimits = field(default_factory=SmsLimits)

    async def begin(self, subject: str, phone: str, visitor: Visitor) -> datetime | Refusal:
        """Have a code sent to the new number; returns until when it is good at the longest."""
        number = read_phone(phone, self.country)
        if number is None or not is_domestic(number, self.country):
            return _NOT_A_PHONE
        order = SmsOrder(subject, number, SmsKind.PHONE, self.texts.language_for(visitor.language))
        now = self.now()
        if not await self.messages.queue(order, self.limits, now):
            return too_many_attempts(60)
        return now + LIFETIME

    async def confirm(
        self, subject: str, code: str, visitor: Visitor, *, keep: str | None = None
    ) -> tuple[str, int] | Refusal:
        """Change the phone and end everything but the session to keep; returns the number and how many ended."""
        tried = Tried(Kind.PHONE_CODE, subject)
        wait = await self.throttle.begin(tried)
        if wait is not None:
            return too_many_attempts(wait)
        phone = await self.codes.take(subject, code)
        if phone is None or not await self.customers.set_phone(subject, phone, self.now()):
            return _NOT_CONFIRMED
        await self.throttle.clear(tried)
        await self.audit.record(
            AuditEvent(
                AuditKind.CREDENTIAL_CHANGED, subject=subject, provider="sms", detail="PHONE_CHANGED", visitor=visitor
            )
        )
        return phone, await self.sign_out.everywhere(subject, visitor, keep=keep)


def _key(subject: str, code: str) -> str:
    return key_of(f"{subject} {code}")
