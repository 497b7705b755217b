"""Signing in without a browser: a password for a short-lived access token, for the utility's own applications."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from auth.audit import AuditKind
from auth.identity.port import Visitor
from auth.password_sign_in import PasswordSignIn
from auth.refusals import invalid
from auth.tokens import FIRST_PARTY, AccessTokens, Bearer
from schema.authentication import Amr, Assurance, Authentication
from schema.customers import Customer
from schema.refusals import Refusal
from schema.scopes import CUSTOMER_SCOPES, Scope
from schema.sign_in import RegisterInput, SignedIn, SignInInput

NO_SCOPES: Final = invalid("scopes", "Ask for at least one scope, or leave scopes out to get all.")


@dataclass(frozen=True, slots=True)
class SigningIn:
    """The two verbs of people without a token."""

    by_password: PasswordSignIn
    tokens: AccessTokens
    now: Callable[[], datetime]

    async def register(self, input: RegisterInput, visitor: Visitor) -> SignedIn | Refusal:  # noqa: A002 -- GraphQL's word
        """Register a customer and sign them in."""
        scopes = _granted(input.scopes)
        if not scopes:
            return NO_SCOPES
        customer = await self.by_password.register(input, visitor)
        return customer if isinstance(customer, Refusal) else await self._signed_in(customer, scopes, visitor)

    async def sign_in(self, input: SignInInput, visitor: Visitor) -> SignedIn | Refusal:  # noqa: A002 -- GraphQL's word
        """Sign a customer in."""
        scopes = _granted(input.scopes)
        if not scopes:
            return NO_SCOPES
        customer = await self.by_password.recognise(input.login, input.password, visitor)
        return customer if isinstance(customer, Refusal) else await self._signed_in(customer, scopes, visitor)

    async def _signed_in(self, customer: Customer, scopes: frozenset[Scope], visitor: Visitor) -> SignedIn:
        now = self.now()
        authentication = Authentication(Assurance.LOW, (Amr.PASSWORD,), now)
        issued = self.tokens.issue(Bearer(customer.subject, FIRST_PARTY, scopes, authentication), now)
        await self.by_password.record(AuditKind.SIGNED_IN, customer.subject, visitor)
        listed = [scope for scope in Scope if scope in scopes]
        return SignedIn(access_token=issued.token, expires_at=issued.expires_at, scopes=listed, customer=customer)


def _granted(asked: list[Scope] | None) -> frozenset[Scope]:
    """Return what a customer may have of what was asked for."""
    return CUSTOMER_SCOPES if asked is None else CUSTOMER_SCOPES & frozenset(asked)
