"""Who may: scopes, the caller, and the guard that sits on a field and shows in the SDL."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final

import strawberry
from strawberry.extensions.field_extension import AsyncExtensionResolver, FieldExtension, SyncExtensionResolver
from strawberry.federation.schema_directives import Authenticated, RequiresScopes
from strawberry.types.field import StrawberryField

from schema.authentication import Authentication
from schema.errors import Forbidden, Unauthenticated


@strawberry.enum(description="What a token allows its bearer to do.")
class Scope(Enum):
    """A permission of a token, `noun:verb`."""

    PROFILE_READ = "profile:read"
    PROFILE_WRITE = "profile:write"
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_LINK = "accounts:link"
    BALANCE_READ = "balance:read"
    CHARGES_READ = "charges:read"
    READINGS_READ = "readings:read"
    PAYMENTS_READ = "payments:read"
    PAYEES_READ = "payees:read"
    ACCESS_READ = "access:read"


PARTNER_SCOPES: Final = frozenset({Scope.PAYEES_READ})
"""What a partner may do on its own, for nobody in particular."""

CUSTOMER_SCOPES: Final = frozenset(Scope) - PARTNER_SCOPES
"""What a customer gets who signs in and asks for nothing narrower."""

GRANTABLE_SCOPES: Final = CUSTOMER_SCOPES - {Scope.PROFILE_WRITE, Scope.ACCOUNTS_LINK, Scope.ACCESS_READ}
"""What a customer may grant to somebody else's application."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: a customer, a client that acts for one, a client on its own (no `subject`), or nobody.

    `client` is the client's id, None where the customer signed in here. `grant` is the customer's grant that a third
    party acts under: it bounds the accounts. `revocable` are the keys under which this caller may have been revoked;
    `proof_key` is the thumbprint of the key that must sign a DPoP proof (RFC 9449), where the token is bound to one.
    """

    subject: str | None = None
    scopes: frozenset[Scope] = field(default_factory=frozenset)
    expires_at: datetime | None = None
    client: str | None = None
    grant: str | None = None
    session: str | None = None
    authentication: Authentication | None = None
    issued_at: datetime | None = None
    revocable: tuple[str, ...] = ()
    proof_key: str | None = None

    def require(self, scope: Scope | None = None) -> str:
        """Return the subject; raises Unauthenticated for nobody and Forbidden where the scope is missing."""
        if self.subject is None and self.client is None:
            raise Unauthenticated
        if scope is not None and scope not in self.scopes:
            raise Forbidden(scope.value)
        if self.subject is None:
            raise Unauthenticated
        return self.subject

    def require_client(self, scope: Scope) -> str:
        """Return the id of a client that acts on its own; raises Unauthenticated and Forbidden."""
        if self.subject is None and self.client is None:
            raise Unauthenticated
        if self.client is None or self.subject is not None or scope not in self.scopes:
            raise Forbidden(scope.value)
        return self.client


NOBODY: Final = Principal()


class Guard(FieldExtension):
    """Refuse a field to callers without a scope (house rule 16), and print that rule in the SDL."""

    def __init__(self, scope: Scope | None) -> None:
        self.scope = scope

    def apply(self, field: StrawberryField) -> None:
        """Print `@requiresScopes` or `@authenticated`, once however many schemas are made of the field."""
        rule = Authenticated() if self.scope is None else RequiresScopes(scopes=[[self.scope.value]])
        if not any(isinstance(printed, type(rule)) for printed in field.directives):
            field.directives.append(rule)

    def check(self, principal: Principal) -> None:
        """Raise Unauthenticated or Forbidden."""
        principal.require(self.scope)

    def resolve(self, next_: SyncExtensionResolver, source: Any, info: strawberry.Info, **arguments: Any) -> Any:  # noqa: ANN401 -- Strawberry's signature
        """Check the caller, then resolve."""
        self.check(info.context.principal)
        return next_(source, info, **arguments)

    async def resolve_async(
        self,
        next_: AsyncExtensionResolver,
        source: Any,  # noqa: ANN401 -- Strawberry's signature
        info: strawberry.Info,
        **arguments: Any,  # noqa: ANN401 -- Strawberry's signature
    ) -> Any:  # noqa: ANN401 -- Strawberry's signature
        """Check the caller, then resolve."""
        self.check(info.context.principal)
        answer = next_(source, info, **arguments)
        return await answer if isinstance(answer, Awaitable) else answer


class ClientGuard(Guard):
    """Refuse a field to all but clients that act on their own."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self._client_scope = scope

    def check(self, principal: Principal) -> None:
        """Raise Unauthenticated or Forbidden."""
        principal.require_client(self._client_scope)


def requires(scope: Scope) -> Guard:
    """Guard a field by a scope."""
    return Guard(scope)


def authenticated() -> Guard:
    """Guard a field by nothing but a valid sign-in."""
    return Guard(None)


def requires_client(scope: Scope) -> ClientGuard:
    """Guard a field for clients on their own, by a scope."""
    return ClientGuard(scope)
