"""Who may: scopes, the caller, and the guard that sits on a field and shows in the SDL."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final

import strawberry
from strawberry.extensions.field_extension import AsyncExtensionResolver, FieldExtension, SyncExtensionResolver
from strawberry.federation.schema_directives import RequiresScopes
from strawberry.types.field import StrawberryField

from schema.errors import Forbidden, Unauthenticated


@strawberry.enum(description="What a token allows its bearer to do.")
class Scope(Enum):
    """A permission of a token, `noun:verb`."""

    PROFILE_READ = "profile:read"
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_LINK = "accounts:link"
    BALANCE_READ = "balance:read"
    CHARGES_READ = "charges:read"
    READINGS_READ = "readings:read"
    PAYMENTS_READ = "payments:read"


CUSTOMER_SCOPES: Final = frozenset(Scope)
"""What a customer gets who signs in and asks for nothing narrower."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: a customer's subject and the scopes of the token, or nobody (`subject` is None)."""

    subject: str | None = None
    scopes: frozenset[Scope] = field(default_factory=frozenset)
    expires_at: datetime | None = None

    def require(self, scope: Scope | None = None) -> str:
        """Return the subject; raises Unauthenticated for nobody and Forbidden where the scope is missing."""
        if self.subject is None:
            raise Unauthenticated
        if scope is not None and scope not in self.scopes:
            raise Forbidden(scope.value)
        return self.subject


NOBODY: Final = Principal()


class Guard(FieldExtension):
    """Refuse a field to callers without a scope (house rule 16), and print that rule in the SDL."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def apply(self, field: StrawberryField) -> None:
        """Print `@requiresScopes`, once however many schemas are made of the field."""
        if not any(isinstance(printed, RequiresScopes) for printed in field.directives):
            field.directives.append(RequiresScopes(scopes=[[self.scope.value]]))

    def resolve(self, next_: SyncExtensionResolver, source: Any, info: strawberry.Info, **arguments: Any) -> Any:  # noqa: ANN401 -- Strawberry's signature
        """Check the caller, then resolve."""
        info.context.principal.require(self.scope)
        return next_(source, info, **arguments)

    async def resolve_async(
        self,
        next_: AsyncExtensionResolver,
        source: Any,  # noqa: ANN401 -- Strawberry's signature
        info: strawberry.Info,
        **arguments: Any,  # noqa: ANN401 -- Strawberry's signature
    ) -> Any:  # noqa: ANN401 -- Strawberry's signature
        """Check the caller, then resolve."""
        info.context.principal.require(self.scope)
        answer = next_(source, info, **arguments)
        return await answer if isinstance(answer, Awaitable) else answer


def requires(scope: Scope) -> Guard:
    """Guard a field by a scope."""
    return Guard(scope)
