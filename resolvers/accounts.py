"""Accounts: one of the caller's, by number."""

import strawberry
from strawberry import Info

from resolvers.context import OperationContext
from schema.accounts import Account
from schema.identifiers import AccountNumber
from schema.scopes import Scope, requires


@strawberry.type
class AccountQuery:
    """Root fields about accounts."""

    @strawberry.field(
        extensions=[requires(Scope.ACCOUNTS_READ)],
        description="One of the caller's accounts. Any other is refused as if it did not exist.",
    )
    async def account(self, info: Info[OperationContext, None], number: AccountNumber) -> Account | None:
        """Return the caller's account."""
        return await Account.owned(info.context, number)
