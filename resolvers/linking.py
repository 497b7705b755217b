"""Linking: which accounts are the caller's."""

from typing import Annotated

import strawberry
from strawberry import Info

from resolvers.context import OperationContext
from schema.accounts import Account
from schema.identifiers import AccountNumber
from schema.linking import AccountUnlinked, LinkAccountInput
from schema.refusals import Refusal
from schema.scopes import Scope, requires

LinkAccountResult = Annotated[Account | Refusal, strawberry.union("LinkAccountResult")]


@strawberry.type
class LinkingMutation:
    """Root fields that link and unlink accounts."""

    @strawberry.mutation(
        extensions=[requires(Scope.ACCOUNTS_LINK)],
        description="Link an account by a proof that it is the caller's. Linking again changes nothing.",
    )
    async def link_account(self, info: Info[OperationContext, None], input: LinkAccountInput) -> LinkAccountResult:  # noqa: A002 -- GraphQL's custom
        """Link."""
        context = info.context
        answer = await context.house.linking.link(context.principal.require(), input, context.visitor, context.deadline)
        return answer if isinstance(answer, Refusal) else Account(number=answer)

    @strawberry.mutation(
        extensions=[requires(Scope.ACCOUNTS_LINK)],
        description="Unlink an account. Unlinking again changes nothing.",
    )
    async def unlink_account(self, info: Info[OperationContext, None], number: AccountNumber) -> AccountUnlinked:
        """Unlink."""
        context = info.context
        await context.house.linking.unlink(context.principal.require(), number, context.visitor)
        return AccountUnlinked(number=number)
