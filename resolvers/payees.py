"""Payees: the account that somebody without a sign-in pays for, for payment applications that act on their own."""

import strawberry
from strawberry import Info

from auth.audit import AuditEvent, AuditKind
from auth.throttle import Kind, Tried
from resolvers.context import OperationContext
from schema.errors import NotFound, TooManyRequests, UpstreamError
from schema.identifiers import AccountNumber
from schema.payees import Payee
from schema.scopes import Scope, requires_client


@strawberry.type
class PayeeQuery:
    """Root fields about payees."""

    @strawberry.field(
        extensions=[requires_client(Scope.PAYEES_READ)],
        description=(
            "The account that a payer names, for a payment application. Every look stands in the account's audit "
            "trail; numbers that do not exist slow the application down."
        ),
    )
    async def payee(self, info: Info[OperationContext, None], number: AccountNumber) -> Payee | None:
        """Look an account up for a payer."""
        context = info.context
        client = context.principal.require_client(Scope.PAYEES_READ)
        tried = Tried(Kind.PAYEE_CLIENT, client)
        wait = await context.house.client_limits.begin(client) or await context.house.throttle.begin(tried)
        if wait is not None:
            raise TooManyRequests(wait)
        try:
            details = await context.loaders.details.load(number)
        except UpstreamError:
            await context.house.throttle.take_back(tried)  # no guess: nobody could judge it
            raise
        if details is None:
            raise NotFound
        await context.house.throttle.take_back(tried)
        balance = await context.loaders.balances.load(number)
        if balance is None:
            raise NotFound
        await context.house.audit.record(
            AuditEvent(AuditKind.PAYEE_SEEN, account=number, client=await context.house.client(client))
        )
        return Payee.of(details, balance)
