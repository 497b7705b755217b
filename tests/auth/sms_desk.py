"""The verbs of SMS credentials as the gateway wires them, before a gateway's stand-in on a real socket."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth.audit import Audit
from auth.identity.port import Beginning, Identity
from auth.identity.sms import SmsProvider
from auth.one_time_passwords import OneTimePasswords
from auth.password_sign_in import PasswordSignIn
from auth.passwords import Passwords
from auth.phone_change import PhoneChange, PhoneCodes
from auth.revocations import Revocations
from auth.sessions import Sessions
from auth.sign_out import SignOut
from auth.sms_credentials import Outcome, SmsCredentials, SmsRules
from auth.sms_sending import SendingPace, SmsSender
from auth.sms_texts import SmsTexts
from auth.throttle import Throttle
from connectors.messaging.inbound import InboundSms
from connectors.messaging.playmobile import PlayMobile, PlayMobileSettings
from connectors.store.attempts import AttemptRows
from connectors.store.audit import AuditRows
from connectors.store.authorization import AuthorizationRows
from connectors.store.customers import CustomerRows, Registered
from connectors.store.engine import reading
from connectors.store.grants import GrantRows
from connectors.store.one_time_passwords import OneTimePasswordRows
from connectors.store.revocations import RevocationRows
from connectors.store.sessions import SessionRows
from connectors.store.sign_in_tables import sms_messages
from connectors.store.sms import SmsRows
from connectors.store.tickets import TicketRows
from connectors.transport.deadline import Deadline
from connectors.transport.http import HttpTransport
from schema.systems import System
from tests.auth.people import CHEAP, HERE, UZBEKISTAN, Counter
from tests.sandbox.sms import SmsStandIn, running_sms

PHONE = "+998901234567"
OWN = "tungi-poyezd-yulduzi"
RULES = SmsRules(answer_after_s=0)
PACE = SendingPace(rest_s=0.01)
NO_ROOM = Passwords(cost=CHEAP, workers=1, queue=-1)
"""A queue that is always full."""

_ONE_TIME = re.compile(r"[A-Z0-9]{4}-[A-Z0-9]{4}")
_NUMBERS = count(1)


@dataclass(slots=True)
class Doors:
    """What the wiring hands to the provider: who was signed out, and who has a passkey."""

    signed_out: list[str] = field(default_factory=list)
    with_passkey: set[str] = field(default_factory=set)

    async def sign_out_everywhere(self, subject: str) -> None:
        self.signed_out.append(subject)

    async def has_second_factor(self, subject: str) -> bool:
        return subject in self.with_passkey


@dataclass(frozen=True, slots=True)
class SmsDesk:
    """Everything about SMS credentials, wired to one store."""

    store: AsyncEngine
    stand_in: SmsStandIn
    clock: Counter
    customers: CustomerRows
    one_time: OneTimePasswords
    credentials: SmsCredentials
    sender: SmsSender
    provider: SmsProvider
    by_password: PasswordSignIn
    doors: Doors
    phone_change: PhoneChange
    sessions: Sessions

    async def receive(self, text: str = "P", sender: str = PHONE, message_id: str | None = None) -> Outcome:
        """Receive a message as the operator hands it on."""
        named = message_id or f"m{next(_NUMBERS)}"
        return await self.credentials.received(InboundSms(named, sender.removeprefix("+"), text))

    async def ask(self, sender: str = PHONE) -> str:
        """Send "P" and return the one-time password that comes."""
        assert await self.receive(sender=sender) is Outcome.QUEUED
        assert await self.sender.send_due() == 1
        return await self.newest(sender)

    async def newest(self, phone: str = PHONE) -> str:
        """Return the one-time password in the last message to a phone."""
        texts = await self.stand_in.texts(phone)
        (found,) = _ONE_TIME.findall(texts[-1])
        return str(found)

    async def states(self) -> list[str]:
        """Return the states of all messages, oldest first."""
        async with reading(self.store) as connection:
            found = await connection.execute(select(sms_messages.c.state).order_by(sms_messages.c.id))
            return list(found.scalars())

    async def customer(self, phone: str = PHONE) -> Registered:
        """Return the customer of a phone."""
        found = await self.customers.by_phone(phone)
        assert found is not None
        return found

    async def finish(self, one_time: str, own: str = OWN, login: str = PHONE, **more: str) -> Identity:
        """Sign in by a one-time password, setting a password."""
        answer = {"login": login, "one_time_password": one_time, "new_password": own, **more}
        beginning = Beginning("a-state", "https://kabinet.example.org/sign-in/sms/callback", HERE)
        return await self.provider.finish(answer, {}, beginning, Deadline.within(5))


@asynccontextmanager
async def open_sms_desk(
    store: AsyncEngine,
    clock: Counter,
    *,
    rules: SmsRules = RULES,
) -> AsyncIterator[SmsDesk]:
    used, transport, profile = Passwords(cost=CHEAP), HttpTransport(System.IDENTITY), UZBEKISTAN
    customers, messages, doors = CustomerRows(store), SmsRows(store), Doors()
    audit, texts = Audit(AuditRows(store), clock.now), SmsTexts.load(profile.languages[0])
    throttle = Throttle(AttemptRows(store), secret=b"a secret of tests", now=clock.now)
    one_time = OneTimePasswords(OneTimePasswordRows(store), used, clock.now)
    credentials = SmsCredentials(
        customers,
        messages,
        TicketRows(store),
        throttle,
        texts,
        profile,
        audit,
        doors.has_second_factor,
        clock.now,
        rules,
    )
    codes = PhoneCodes(TicketRows(store), clock.now)
    provider = SmsProvider(
        customers,
        one_time,
        throttle,
        audit,
        profile.country,
        short_number="2100",
        keyword="P",
        sign_out_everywhere=doors.sign_out_everywhere,
        has_second_factor=doors.has_second_factor,
    )
    by_password = PasswordSignIn(customers, used, throttle, profile, audit, clock.now, one_time=one_time)
    revocations = Revocations(RevocationRows(store), clock.now)
    sessions = Sessions(SessionRows(store), revocations, audit, clock.now)
    sign_out = SignOut(sessions, AuthorizationRows(store), GrantRows(store), revocations, audit, clock.now)
    phone_change = PhoneChange(codes, messages, customers, sign_out, throttle, texts, audit, profile.country, clock.now)
    async with running_sms() as stand_in:
        accounts = stand_in.accounts
        settings = PlayMobileSettings(
            accounts.playmobile_login, accounts.playmobile_password, "2100", f"{stand_in.origin}/playmobile"
        )
        sender = SmsSender(messages, one_time, codes, PlayMobile(settings, transport), texts, audit, clock.now, PACE)
        try:
            yield SmsDesk(
                store,
                stand_in,
                clock,
                customers,
                one_time,
                credentials,
                sender,
                provider,
                by_password,
                doors,
                phone_change,
                sessions,
            )
        finally:
            await transport.aclose()
            used.close()
