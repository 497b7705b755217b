"""Password sign-in: who registers, and whose login and password these are, without telling who is registered.

A wrong login and a wrong password get the same answer after the same work. A registration with a login that is taken
gets one refusal that names no field, after the same work as one that succeeds; the store's index decides, so of two
processes that register the same login one wins. Every attempt is throttled, by login and by address.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from auth.audit import Audit, AuditEvent, AuditKind
from auth.given import well_formed
from auth.identity.port import Visitor
from auth.logins import Login, read_email, read_login, read_name, read_phone
from auth.one_time_passwords import OneTimePasswords
from auth.password_rules import DEFAULT_MINIMUM_LENGTH, why_weak
from auth.passwords import Passwords, TooManyAtOnce
from auth.refusals import BUSY, invalid, too_many_attempts
from auth.throttle import Kind, Throttle, Tried
from connectors.store.customers import CustomerRows, Registered
from schema.customers import Customer
from schema.profile import SignInMethod, UtilityProfile
from schema.refusals import Refusal, RefusalCode
from schema.sign_in import RegisterInput

METHOD_NOT_OFFERED: Final = Refusal(
    code=RefusalCode.METHOD_NOT_OFFERED, message="This utility does not offer signing in by password."
)
NOT_COMPLETED: Final = Refusal(
    code=RefusalCode.INVALID_INPUT,
    message="This registration cannot be completed with this e-mail or phone. If you registered before, sign in.",
)
MUST_CHANGE: Final = Refusal(
    code=RefusalCode.PASSWORD_MUST_CHANGE,
    message="This password was for one time: exchange it for one of your own, on the page for passwords by SMS.",
)
WRONG_CREDENTIALS: Final = Refusal(code=RefusalCode.WRONG_CREDENTIALS, message="The login or the password is wrong.")


def new_subject() -> str:
    """Draw a subject that tells nothing about the customer."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class SignInRules:
    """What the utility asks of passwords, and how subjects are drawn."""

    minimum_password_length: int = DEFAULT_MINIMUM_LENGTH
    new_subject: Callable[[], str] = new_subject


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a login and a password: the customer or a refusal, and whose login it is, where it is anybody's."""

    answer: Customer | Refusal
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class PasswordSignIn:
    """The two verbs of people who come with a password."""

    customers: CustomerRows
    passwords: Passwords
    throttle: Throttle
    profile: UtilityProfile
    audit: Audit
    now: Callable[[], datetime]
    rules: SignInRules = SignInRules()
    one_time: OneTimePasswords | None = None

    async def register(self, input: RegisterInput, visitor: Visitor) -> Customer | Refusal:  # noqa: A002 -- GraphQL's word
        """Register a customer."""
        input = _well_formed(input)  # noqa: A001 -- same
        customer = self._closed() or self._read_customer(input)
        if isinstance(customer, Refusal):
            return customer
        tried = Tried.address(Kind.REGISTRATION_ADDRESS, visitor.address)
        wait = await self.throttle.begin(tried)
        if wait is not None:
            return too_many_attempts(wait)
        refused = await self._add(customer, input.password)
        if refused is not NOT_COMPLETED:
            await self.throttle.take_back(tried)
        if refused is None:
            await self.record(AuditKind.REGISTERED, customer.subject, visitor)
        return refused or customer

    async def recognise(self, login: str, password: str, visitor: Visitor) -> Customer | Refusal:
        """Return the customer whose login and password these are; a wrong one stands in the audit trail."""
        judged = await self.judge(login, password, visitor)
        for refused in (WRONG_CREDENTIALS, MUST_CHANGE):
            if judged.answer is refused:
                await self.record(AuditKind.SIGN_IN_REFUSED, judged.subject, visitor, refused.code.value)
        return judged.answer

    async def judge(self, login: str, password: str, visitor: Visitor) -> Judged:
        """Judge a login and a password, and leave it to the caller to write what came of it into the audit trail."""
        closed = self._closed()
        if closed is not None:
            return Judged(closed)
        login, password = well_formed(login), well_formed(password)
        known_as = read_login(login, self.profile.country)
        by_login = Tried(Kind.LOGIN, known_as.text if known_as else login[:100])
        by_address = Tried.address(Kind.SIGN_IN_ADDRESS, visitor.address)
        wait = await self.throttle.begin(by_login, by_address)
        if wait is not None:
            return Judged(too_many_attempts(wait))
        try:
            judged = await self._compare(known_as, password)
        except TooManyAtOnce:
            await self.throttle.take_back(by_login, by_address)
            return Judged(BUSY)
        if judged.answer is not WRONG_CREDENTIALS:
            await self.throttle.clear(by_login)
            await self.throttle.take_back(by_address)
        return judged

    async def record(self, kind: AuditKind, subject: str | None, visitor: Visitor, detail: str | None = None) -> None:
        """Write an event of this way in."""
        await self.audit.record(AuditEvent(kind, subject=subject, provider="password", detail=detail, visitor=visitor))

    def _closed(self) -> Refusal | None:
        """Refuse whoever comes by a way that is not offered."""
        return None if SignInMethod.PASSWORD in self.profile.sign_in_methods else METHOD_NOT_OFFERED

    async def _add(self, customer: Customer, password: str) -> Refusal | None:
        try:
            password_hash = await self.passwords.hash(password)
        except TooManyAtOnce:
            return BUSY
        return None if await self.customers.add(customer, password_hash) else NOT_COMPLETED

    async def _compare(self, login: Login | None, password: str) -> Judged:
        """Compare a password with the one behind the login; everybody costs the same work. Raises TooManyAtOnce."""
        known = await self._find(login or Login(email=""))
        verdict = await self.passwords.verify(password, known.password_hash if known else None)
        if known is None or not verdict.matches:
            subject = known.customer.subject if known else None
            return Judged(MUST_CHANGE if await self._is_one_time(subject, password) else WRONG_CREDENTIALS, subject)
        if verdict.renewed_hash:
            await self.customers.renew_hash(known.customer.subject, known.password_hash, verdict.renewed_hash)
        return Judged(known.customer, known.customer.subject)

    async def _is_one_time(self, subject: str | None, password: str) -> bool:
        """Tell whether a password that is not the customer's own came by SMS; with equal work for whoever has none."""
        return self.one_time is not None and await self.one_time.is_one_time(subject, password)

    async def _find(self, login: Login) -> Registered | None:
        if login.phone is not None:
            return await self.customers.by_phone(login.phone)
        return await self.customers.by_email(login.email or "")

    def _read_customer(self, given: RegisterInput) -> Customer | Refusal:
        """Check what a new customer gave; nothing here depends on who is registered."""
        name = read_name(given.name)
        email = read_email(given.email) if given.email else None
        phone = read_phone(given.phone, self.profile.country) if given.phone else None
        if name is None:
            return invalid("name", "Give a name of 1 to 100 characters.")
        if given.email and email is None:
            return invalid("email", "This is not an e-mail address.")
        if given.phone and phone is None:
            return invalid("phone", "This is not a phone number; the international form begins with +.")
        if email is None and phone is None:
            return invalid("email", "Give an e-mail address, a phone number or both.")
        weakness = why_weak(given.password, [name, email or "", phone or ""], self.rules.minimum_password_length)
        if weakness:
            return Refusal(code=RefusalCode.WEAK_PASSWORD, message=weakness, field="password")
        subject, now = self.rules.new_subject(), self.now()
        return Customer(subject=subject, name=name, email=email, phone=phone, registered_at=now)


def _well_formed(given: RegisterInput) -> RegisterInput:
    return replace(
        given,
        name=well_formed(given.name),
        email=well_formed(given.email) if given.email else None,
        phone=well_formed(given.phone) if given.phone else None,
        password=well_formed(given.password),
    )
