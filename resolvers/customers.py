"""Customers: who is asking."""

import strawberry
from strawberry import Info

from resolvers.context import OperationContext
from schema.customers import Customer
from schema.scopes import Scope, requires


@strawberry.type
class CustomerQuery:
    """Root fields about the caller."""

    @strawberry.field(extensions=[requires(Scope.PROFILE_READ)], description="The signed-in customer.")
    async def me(self, info: Info[OperationContext, None]) -> Customer | None:
        """Read the customer from the store."""
        return await info.context.house.customers.get(info.context.principal.require())
