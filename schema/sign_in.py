"""Signing in: what a customer gives and gets."""

from datetime import datetime

import strawberry

from schema.customers import Customer
from schema.scopes import Scope


@strawberry.input(description="A new customer: at least one of e-mail and phone.")
class RegisterInput:
    """A new customer."""

    name: str
    email: str | None = None
    phone: str | None = strawberry.field(
        default=None, description="In international form, or as it is dialled in the utility's country."
    )
    password: str
    scopes: list[Scope] | None = strawberry.field(
        default=None, description="Ask for a token with fewer scopes; all of a customer's where left out."
    )


@strawberry.input(description="E-mail or phone, and password.")
class SignInInput:
    """E-mail or phone, and password."""

    login: str
    password: str
    scopes: list[Scope] | None = strawberry.field(
        default=None, description="Ask for a token with fewer scopes; all of a customer's where left out."
    )


@strawberry.type(description="A short-lived access token, sent as `Authorization: Bearer`.")
class SignedIn:
    """A signed-in customer's token (RFC 9068)."""

    access_token: str
    expires_at: datetime
    scopes: list[Scope]
    customer: Customer
