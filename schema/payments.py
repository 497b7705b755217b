"""Supply's nouns: payments, from acceptance by an operator to posting on the account."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry import Info

from schema.account_key import AccountKey
from schema.context import Context
from schema.identifiers import AccountNumber
from schema.money import Money
from schema.nodes import Node
from schema.paging import DEFAULT_FIRST, Connection, read_page
from schema.period import Period
from schema.scopes import Scope, requires


@strawberry.enum(description="How far a payment has come.")
class PaymentState(Enum):
    """How far a payment has come. A legacy system shows some of these; which code means which is configuration."""

    CREATED = "CREATED"
    PENDING = "PENDING"
    AUTHORISED = "AUTHORISED"
    ACCEPTED = "ACCEPTED"
    SETTLED = "SETTLED"
    POSTED = "POSTED"
    FAILED = "FAILED"
    REVERSED = "REVERSED"
    REFUNDED = "REFUNDED"
    UNMATCHED = "UNMATCHED"


@strawberry.federation.type(keys=["id"], description="A payment towards an account.")
class Payment(Node):
    """A payment: accepted by an operator, settled to the supplier's bank account, posted on the customer's account."""

    account_number: strawberry.Private[AccountNumber]
    reference: strawberry.Private[str]
    amount: Money
    state: PaymentState
    operator: str = strawberry.field(description="The code of the payment operator.")
    receipt_number: str | None
    accepted_at: datetime
    settled_on: date | None
    posted_on: date | None

    @property
    def key(self) -> tuple[str, ...]:
        """The account, the local day of acceptance and the supply system's reference."""
        return (self.account_number, self.accepted_at.date().isoformat(), self.reference)


def payment_position(row: Payment) -> str:
    """Write a payment's place among its account's payments: newest first, then by reference."""
    return f"{row.accepted_at.isoformat()}|{row.reference}"


@strawberry.type
class PendingOnBalance:
    """Supply's slice of `Balance`: payments that the balance does not contain yet."""

    account_number: strawberry.Private[AccountNumber]
    known_pending: strawberry.Private[Sequence[Payment] | None] = None

    @strawberry.field(
        extensions=[requires(Scope.PAYMENTS_READ)],
        description=(
            "Payments accepted or settled but not yet posted: the balance does not contain them. The newest 100."
        ),
    )
    async def pending_payments(self, info: Info[Context, None]) -> list[Payment] | None:
        """Ask supply."""
        return list(await self._pending(info))

    @strawberry.field(
        extensions=[requires(Scope.PAYMENTS_READ)],
        description="The sum of the pending payments, of the newest 100; null where there are none.",
    )
    async def pending_total(self, info: Info[Context, None]) -> Money | None:
        """Add up the pending payments."""
        amounts = [payment.amount for payment in await self._pending(info)]
        return sum(amounts[1:], amounts[0]) if amounts else None

    async def _pending(self, info: Info[Context, None]) -> Sequence[Payment]:
        if self.known_pending is not None:
            return self.known_pending
        return await info.context.loaders.pending_payments.load(self.account_number)


@strawberry.type
class PayingAccount(AccountKey):
    """Supply's slice of `Account`."""

    @strawberry.field(
        extensions=[requires(Scope.PAYMENTS_READ)], description="Payments that supply knows, newest first."
    )
    async def payments(
        self,
        info: Info[Context, None],
        first: Annotated[int, strawberry.argument(description="At most 100.")] = DEFAULT_FIRST,
        after: str | None = None,
        period: Period | None = None,
    ) -> Connection[Payment] | None:
        """Page through the payments."""
        page = read_page(first, after, period)
        info.context.budget.spend(first)
        found = await info.context.loaders.payments.load((self.number, page))
        return Connection.of(found, page, payment_position)
