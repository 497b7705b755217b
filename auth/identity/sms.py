"""Signing in by SMS: a one-time password, exchanged for a password of the customer's own.

The short number and the keyword are shown; the message itself comes by the way that the customer chose (auth/
sms_credentials.py). Whoever holds the phone proves no more than that: the sign-in is LOW, and takes no passkey away.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from auth.audit import Audit, AuditEvent, AuditKind
from auth.identity.people import OWN_ISSUER
from auth.identity.port import (
    Beginning,
    Form,
    Identity,
    ProviderUnavailable,
    SignInExpired,
    SignInRefused,
    Visitor,
)
from auth.logins import Login, read_login, read_name
from auth.one_time_passwords import OneTimePasswords
from auth.password_rules import DEFAULT_MINIMUM_LENGTH, why_weak
from auth.passwords import TooManyAtOnce
from auth.sms_credentials import masked
from auth.throttle import Kind, Throttle, Tried
from connectors.store.customers import CustomerRows, Registered
from connectors.transport.deadline import Deadline
from schema.authentication import Amr, Assurance
from schema.refusals import RefusalCode


@dataclass(frozen=True, slots=True)
class SmsAnswer:
    """What the customer typed."""

    login: Login | None
    one_time_password: str
    own_password: str
    name: str | None


@dataclass(frozen=True, slots=True)
class SmsProvider:
    """Our own customers, by a one-time password from a text message.

    `sign_out_everywhere` ends a customer's sessions and refresh tokens; `has_second_factor` tells whether they have a
    passkey, which stays, and which the audit trail then mentions.
    """

    name: ClassVar[str] = "sms"
    assurance: ClassVar[Assurance] = Assurance.LOW
    customers: CustomerRows
    one_time: OneTimePasswords
    throttle: Throttle
    audit: Audit
    country: str
    short_number: str
    keyword: str
    sign_out_everywhere: Callable[[str], Awaitable[object]]
    has_second_factor: Callable[[str], Awaitable[bool]]
    minimum_password_length: int = DEFAULT_MINIMUM_LENGTH

    async def begin(self, beginning: Beginning, deadline: Deadline) -> Form:  # noqa: ARG002 -- the port's signature
        """Say what to send where, and ask for what came back."""
        return Form("sms", {"short_number": self.short_number, "keyword": self.keyword})

    async def finish(
        self,
        answer: Mapping[str, str],
        kept: Mapping[str, str],  # noqa: ARG002 -- the port's signature
        beginning: Beginning,
        deadline: Deadline,  # noqa: ARG002 -- same
    ) -> Identity:
        """Judge `login` and `one_time_password`, and set `new_password` and, where there is none yet, `name`.

        A password that is too weak uses nothing up.
        """
        given = self._read(answer)
        by_login = Tried(Kind.ONE_TIME_PASSWORD, given.login.text if given.login else answer.get("login", "")[:100])
        by_address = Tried.address(Kind.SIGN_IN_ADDRESS, beginning.visitor.address)
        wait = await self.throttle.begin(by_login, by_address)
        if wait is not None:
            raise SignInRefused(RefusalCode.TOO_MANY_ATTEMPTS.value, retry_after_s=wait)
        try:
            known, one_time_hash = await self._recognised(given)
        except TooManyAtOnce:
            await self.throttle.take_back(by_login, by_address)
            raise ProviderUnavailable("BUSY") from None
        await self.throttle.clear(by_login)
        await self.throttle.take_back(by_address)
        await self._exchange(known, one_time_hash, given)
        customer = known.customer
        await self.throttle.clear(Tried(Kind.LOGIN, by_login.value))
        await self._record(customer.subject, beginning.visitor)
        return Identity(OWN_ISSUER, customer.subject, "ONE_TIME_PASSWORD", self.assurance, (Amr.SMS, Amr.ONE_TIME))

    async def sign_out(self, hint: str, return_to: str, deadline: Deadline) -> None:
        """Do nothing: the session here was the only one."""

    def _read(self, answer: Mapping[str, str]) -> SmsAnswer:
        return SmsAnswer(
            login=read_login(answer.get("login", ""), self.country),
            one_time_password=answer.get("one_time_password", ""),
            own_password=answer.get("new_password", ""),
            name=read_name(answer.get("name", "")),
        )

    async def _recognised(self, given: SmsAnswer) -> tuple[Registered, str]:
        """Return whose login and one-time password these are; the same work is done for everybody."""
        login = given.login or Login(email="")
        known = await (
            self.customers.by_phone(login.phone) if login.phone else self.customers.by_email(login.email or "")
        )
        one_time_hash = await self.one_time.matching(known.customer.subject if known else None, given.one_time_password)
        if known is None or one_time_hash is None:
            subject = known.customer.subject if known else None
            raise SignInRefused(RefusalCode.WRONG_CREDENTIALS.value, subject=subject)
        return known, one_time_hash

    async def _exchange(self, known: Registered, one_time_hash: str, given: SmsAnswer) -> None:
        """Set the customer's own password, and sign them out wherever somebody used the one before."""
        customer = known.customer
        if not known.is_phone_confirmed and await self.has_second_factor(customer.subject):
            raise SignInRefused("PHONE_NOT_CONFIRMED")  # the key may be somebody's who wrote this phone down
        own_words = [
            customer.name,
            customer.email or "",
            customer.phone or "",
            given.name or "",
            given.one_time_password,
        ]
        if why_weak(given.own_password, own_words, self.minimum_password_length):
            raise SignInRefused(RefusalCode.WEAK_PASSWORD.value)
        is_nameless = customer.phone is not None and customer.name == masked(customer.phone)
        await self.sign_out_everywhere(customer.subject)  # before, in case we die in between, and after
        name = given.name if is_nameless else None
        try:
            is_set = await self.one_time.exchange(customer.subject, one_time_hash, given.own_password, name=name)
        except TooManyAtOnce:
            raise ProviderUnavailable("BUSY") from None
        if not is_set:
            raise SignInExpired("ONE_TIME_PASSWORD_USED")
        await self.customers.confirm_phone(customer.subject, self.one_time.now())
        await self.sign_out_everywhere(customer.subject)

    async def _record(self, subject: str, visitor: Visitor) -> None:
        detail = "SECOND_FACTOR_KEPT" if await self.has_second_factor(subject) else None
        await self.audit.record(
            AuditEvent(
                AuditKind.CREDENTIAL_CHANGED, subject=subject, provider=self.name, detail=detail, visitor=visitor
            )
        )
