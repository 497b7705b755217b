"""Signing in: registering and signing in by e-mail or phone and password, without telling who is registered.

A wrong login and a wrong password get the same answer after the same work. A registration with a login that is taken
gets one refusal that names no field, after the same work as one that succeeds; the store's index decides, so of two
processes that register the same login one wins. Every attempt is throttled, by login and by address.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from auth.logins import Login, read_email, read_login, read_name, read_phone
from auth.password_rules import DEFAULT_MINIMUM_LENGTH, why_weak
from auth.passwords import Passwords, TooManyAtOnce
from auth.refusals import BUSY, invalid, too_many_attempts
from auth.throttle import Kind, Throttle, Tried
from auth.tokens import AccessTokens
from connectors.store.customers import CustomerRows, Registered
from schema.customers import Customer
from schema.profile import SignInMethod, UtilityProfile
from schema.refusals import Refusal, RefusalCode
from schema.scopes import CUSTOMER_SCOPES, Scope
from schema.sign_in import RegisterInput, SignedIn, SignInInput

METHOD_NOT_OFFERED: Final = Refusal(
    code=RefusalCode.METHOD_NOT_OFFERED, message="This utility does not offer signing in by password."
)
NOT_COMPLETED: Final = Refusal(
    code=RefusalCode.INVALID_INPUT,
    message="This registration cannot be completed with this e-mail or phone. If you registered before, sign in.",
)
WRONG_CREDENTIALS: Final = Refusal(code=RefusalCode.WRONG_CREDENTIALS, message="The login or the password is wrong.")
NO_SCOPES: Final = invalid("scopes", "Ask for at least one scope, or leave scopes out to get all.")


def new_subject() -> str:
    """Draw a subject that tells nothing about the customer."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class SignInRules:
    """What the utility asks of passwords, and how subjects are drawn."""

    minimum_password_length: int = DEFAULT_MINIMUM_LENGTH
    new_subject: Callable[[], str] = new_subject


@dataclass(frozen=True, slots=True)
class SigningIn:
    """The two verbs of people without a token."""

    customers: CustomerRows
    passwords: Passwords
    tokens: AccessTokens
    throttle: Throttle
    profile: UtilityProfile
    now: Callable[[], datetime]
    rules: SignInRules = SignInRules()

    async def register(self, input: RegisterInput, address: str) -> SignedIn | Refusal:  # noqa: A002 -- GraphQL's word
        """Register a customer and sign them in; `address` is the client's IP address."""
        scopes = _granted(input.scopes)
        customer = self._closed(scopes) or self._read_customer(input)
        if isinstance(customer, Refusal):
            return customer
        tried = Tried.address(Kind.REGISTRATION_ADDRESS, address)
        wait = await self.throttle.begin(tried)
        if wait is not None:
            return too_many_attempts(wait)
        refused = await self._add(customer, input.password)
        if refused is not NOT_COMPLETED:
            await self.throttle.take_back(tried)
        return refused or self._signed_in(customer, scopes)

    async def sign_in(self, input: SignInInput, address: str) -> SignedIn | Refusal:  # noqa: A002 -- GraphQL's word
        """Sign a customer in; `address` is the client's IP address."""
        scopes = _granted(input.scopes)
        closed = self._closed(scopes)
        if closed is not None:
            return closed
        login = read_login(input.login, self.profile.country)
        by_login = Tried(Kind.LOGIN, login.text if login else input.login[:100])
        by_address = Tried.address(Kind.SIGN_IN_ADDRESS, address)
        wait = await self.throttle.begin(by_login, by_address)
        if wait is not None:
            return too_many_attempts(wait)
        try:
            customer = await self._recognised(login, input.password)
        except TooManyAtOnce:
            await self.throttle.take_back(by_login, by_address)
            return BUSY
        if customer is None:
            return WRONG_CREDENTIALS
        await self.throttle.clear(by_login)
        await self.throttle.take_back(by_address)
        return self._signed_in(customer, scopes)

    def _closed(self, scopes: frozenset[Scope]) -> Refusal | None:
        """Refuse whoever comes by a way that is not offered or asks for nothing."""
        if SignInMethod.PASSWORD not in self.profile.sign_in_methods:
            return METHOD_NOT_OFFERED
        return None if scopes else NO_SCOPES

    async def _add(self, customer: Customer, password: str) -> Refusal | None:
        try:
            password_hash = await self.passwords.hash(password)
        except TooManyAtOnce:
            return BUSY
        return None if await self.customers.add(customer, password_hash) else NOT_COMPLETED

    async def _recognised(self, login: Login | None, password: str) -> Customer | None:
        """Return the customer whose login and password these are; the same work is done for everybody."""
        known = await self._find(login or Login(email=""))
        verdict = await self.passwords.verify(password, known.password_hash if known else None)
        if known is None or not verdict.matches:
            return None
        if verdict.renewed_hash:
            await self.customers.renew_hash(known.customer.subject, known.password_hash, verdict.renewed_hash)
        return known.customer

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

    def _signed_in(self, customer: Customer, scopes: frozenset[Scope]) -> SignedIn:
        token, expires_at = self.tokens.issue(customer.subject, scopes, self.now())
        listed = [scope for scope in Scope if scope in scopes]
        return SignedIn(access_token=token, expires_at=expires_at, scopes=listed, customer=customer)


def _granted(asked: list[Scope] | None) -> frozenset[Scope]:
    """Return what a customer may have of what was asked for."""
    return CUSTOMER_SCOPES if asked is None else CUSTOMER_SCOPES & frozenset(asked)
