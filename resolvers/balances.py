"""Balances, live: a stream that begins with the current state, so that a client that reconnects misses nothing."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry
from strawberry import Info

from resolvers.context import OperationContext
from schema.accounts import Account
from schema.billing import Balance
from schema.errors import InvalidArgument, NotFound, Unauthenticated, UpstreamError
from schema.identifiers import AccountNumber
from schema.paging import MAX_FIRST
from schema.scopes import Scope, requires


@strawberry.type(description="An account's balance, at the start of the stream and after each change.")
class BalanceChanged:
    """One event of the stream."""

    account: Account
    answer: strawberry.Private[Balance | UpstreamError]

    @strawberry.field
    def balance(self) -> Balance | None:
        """Show the balance, or null and billing's error where not even an old one is known; the stream goes on."""
        if isinstance(self.answer, UpstreamError):
            raise self.answer
        return self.answer


@strawberry.type
class BalanceSubscription:
    """Root fields that stream balances."""

    @strawberry.subscription(
        extensions=[requires(Scope.BALANCE_READ)],
        description=(
            "The balances of some of the caller's accounts (at most 100): first as they are, then each change. "
            "The stream ends with UNAUTHENTICATED when the token expires, with NOT_FOUND when an account is unlinked."
        ),
    )
    async def balance_changed(
        self, info: Info[OperationContext, None], accounts: list[AccountNumber]
    ) -> AsyncGenerator[BalanceChanged, None]:
        """Follow the feed, asking before each event whether the caller still may."""
        numbers = frozenset(accounts)
        if not 0 < len(numbers) <= MAX_FIRST:
            raise InvalidArgument("accounts", f"accounts is a list of 1 to {MAX_FIRST} numbers.")
        await _still_allowed(info.context, numbers)
        await info.context.note_seen(numbers)
        async with aclosing(info.context.house.feed.follow(numbers, info.context.principal.expires_at)) as changes:
            async for number, answer in changes:
                info.context.renew()
                await _still_allowed(info.context, numbers)
                if answer is not None:
                    yield BalanceChanged(account=Account(number=number), answer=answer)
        raise Unauthenticated("The token has expired; sign in again and subscribe again.")


async def _still_allowed(context: OperationContext, numbers: frozenset[AccountNumber]) -> None:
    if not numbers <= await context.owned_accounts():
        raise NotFound
