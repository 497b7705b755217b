"""SMS credentials: whoever sends "P" to the short number, or forgot their password, is sent a one-time password.

The operator asserts the sender's number, so a number that nobody has yet becomes a customer's. A number that somebody
wrote down at registration and never confirmed proves nothing: where a passkey could keep its writer in, the number goes
to a customer of its own. Nothing is sent here:
a message is queued before anybody is answered, and the sender of messages draws the password (auth/sms_sending.py).
Whether a login is known shows neither in an answer nor in how long it takes (OWASP ASVS 5, 6.3.8).
"""

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import phonenumbers
from opentelemetry import metrics

from auth.audit import Audit, AuditEvent, AuditKind
from auth.identity.port import Visitor
from auth.logins import read_login, read_phone
from auth.password_sign_in import new_subject
from auth.refusals import too_many_attempts
from auth.sms_texts import SmsTexts
from auth.throttle import Kind, Throttle, Tried
from connectors.messaging.inbound import InboundSms
from connectors.store.customers import CustomerRows, Registered
from connectors.store.sms import SmsKind, SmsLimits, SmsOrder, SmsRows
from connectors.store.tickets import TicketRows, key_of
from schema.customers import Customer
from schema.profile import UtilityProfile
from schema.refusals import Refusal

_TICKET: Final = "sms-inbound"
_REMEMBERED: Final = timedelta(days=2)
"""How long an operator may deliver a message again."""

_RECEIVED: Final = metrics.get_meter("gridgate.auth").create_counter(
    "gridgate.sms.received", description="Messages to the short number, by what came of them."
)


class Outcome(StrEnum):
    """What came of a message to the short number."""

    QUEUED = "queued"
    LIMITED = "limited"
    REPEATED = "repeated"
    IGNORED = "ignored"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class SmsRules:
    """What subscribers send, how many messages they get, and how long `forgotten` takes for everybody."""

    keywords: tuple[str, ...] = ("P", "П")
    limits: SmsLimits = field(default_factory=SmsLimits)
    answer_after_s: float = 0.3


@dataclass(frozen=True, slots=True)
class SmsCredentials:
    """The two ways to a one-time password."""

    customers: CustomerRows
    messages: SmsRows
    tickets: TicketRows
    throttle: Throttle
    texts: SmsTexts
    profile: UtilityProfile
    audit: Audit
    has_second_factor: Callable[[str], Awaitable[bool]]
    now: Callable[[], datetime]
    rules: SmsRules = SmsRules()

    async def received(self, message: InboundSms) -> Outcome:
        """Queue a one-time password for the sender of a keyword; a message that was delivered before does nothing."""
        outcome = await self._received(message)
        _RECEIVED.add(1, {"outcome": outcome.value})
        return outcome

    async def forgotten(self, login: str, visitor: Visitor) -> Refusal | None:
        """Queue a one-time password for the phone of a customer, if there is one; the answer does not tell."""
        wait = await self.throttle.begin(Tried.address(Kind.SMS_ADDRESS, visitor.address))
        if wait is not None:
            return too_many_attempts(wait)
        enough = asyncio.create_task(asyncio.sleep(self.rules.answer_after_s))
        try:
            await self._queue_reset(login, visitor)
        finally:
            await enough
        return None

    async def _received(self, message: InboundSms) -> Outcome:
        if not is_keyword(message.text, self.rules.keywords):
            return Outcome.IGNORED
        phone = read_phone(message.sender, self.profile.country)
        if phone is None or not is_domestic(phone, self.profile.country):
            return Outcome.FOREIGN
        key = key_of(message.message_id)
        if await self.tickets.peek(_TICKET, key, self.now()) is not None:
            return Outcome.REPEATED
        subject = await self._subject_of(phone)
        order = SmsOrder(subject, phone, SmsKind.CREDENTIAL, self.texts.fallback)
        is_queued = await self.messages.queue(order, self.rules.limits, self.now())
        now = self.now()
        # after the message: if we die in between, a second delivery meets the limit and not a closed door
        await self.tickets.put(_TICKET, key, "", now, now + _REMEMBERED)
        return Outcome.QUEUED if is_queued else Outcome.LIMITED

    async def _subject_of(self, phone: str) -> str:
        """Return the customer of a phone, registering them with it if there is none."""
        known = await self.customers.by_phone(phone)
        if known is not None and await self._may_be_theirs(known):
            return known.customer.subject
        if known is not None:
            await self.customers.release_phone(known.customer.subject)
        newcomer = Customer(
            subject=new_subject(), name=masked(phone), email=None, phone=phone, registered_at=self.now()
        )
        if await self.customers.add(newcomer, None):
            await self.audit.record(AuditEvent(AuditKind.REGISTERED, subject=newcomer.subject, provider="sms"))
            return newcomer.subject
        return await self._subject_of(phone)

    async def _may_be_theirs(self, known: Registered) -> bool:
        """Tell whether whoever has the phone may have the customer: not where somebody else could stay in by a key."""
        return known.is_phone_confirmed or not await self.has_second_factor(known.customer.subject)

    async def _queue_reset(self, login: str, visitor: Visitor) -> None:
        known_as = read_login(login, self.profile.country)
        if known_as is None:
            return
        by = self.customers.by_phone if known_as.phone is not None else self.customers.by_email
        known = await by(known_as.text)
        phone = known.customer.phone if known else None
        if known is None or phone is None or not is_domestic(phone, self.profile.country):
            return
        if not await self._may_be_theirs(known):
            return
        language = self.texts.language_for(visitor.language)
        order = SmsOrder(known.customer.subject, phone, SmsKind.RESET, language)
        await self.messages.queue(order, self.rules.limits, self.now())


def is_keyword(text: str, keywords: tuple[str, ...]) -> bool:
    """Tell whether a message is a keyword, whatever its case and whatever spaces and signs a keyboard put around it."""
    plain = "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each)[0] not in "CPZ")
    return plain.casefold() in {keyword.casefold() for keyword in keywords}


def is_domestic(phone: str, country: str) -> bool:
    """Tell whether an E.164 number is of a country (ISO 3166): abroad messages are dear, and fraud lives on that."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) == country


def masked(phone: str) -> str:
    """Return a phone that its owner recognises and nobody else: `+99890•••••67`."""
    return f"{phone[:6]}{'•' * (len(phone) - 8)}{phone[-2:]}"
