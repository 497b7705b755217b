"""Account: one contract's account, put together from the slices of billing, distribution and supply."""

from typing import Self

import strawberry

from schema.billing import BilledAccount
from schema.context import Context
from schema.errors import NotFound
from schema.identifiers import AccountNumber
from schema.metering import MeteredAccount
from schema.payments import PayingAccount


@strawberry.federation.type(
    keys=["id", "number"],
    description=(
        "A customer's account with the utility. Each field is answered by the system that owns it; "
        "one system's failure leaves the others' fields intact."
    ),
)
class Account(BilledAccount, MeteredAccount, PayingAccount):
    """A customer account (CIM CustomerAccount)."""

    @classmethod
    async def owned(cls, context: Context, number: AccountNumber) -> Self:
        """Return the caller's account; raises NotFound for any other, as if it did not exist."""
        if number not in await context.owned_accounts():
            raise NotFound
        await context.note_seen([number])
        return cls(number=number)
