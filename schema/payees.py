"""Payees: what a payment application may know of an account that somebody wants to pay for."""

import strawberry

from schema.billing import AccountDetails, AccountHolder, Balance
from schema.identifiers import AccountNumber
from schema.money import Money


@strawberry.type(
    description="An account as somebody who pays for it may see it: enough to know that it is the right one."
)
class Payee:
    """The payee facts that a payment needs; the holder's name is masked."""

    number: AccountNumber
    masked_holder: str = strawberry.field(description="The first letters of surname and first name.")
    amount_due: Money = strawberry.field(description="What is owed; zero for an account in credit.")
    is_prepaid: bool

    @classmethod
    def of(cls, details: AccountDetails, balance: Balance) -> "Payee":
        """Show as much of an account as its payer needs."""
        owed = balance.amount_owed_by_customer
        return cls(
            number=details.number,
            masked_holder=masked(details.holder),
            amount_due=Money(max(0, owed.minor), owed.currency),
            is_prepaid=details.is_prepaid,
        )


def masked(holder: AccountHolder) -> str:
    """Mask a holder's name: `K*** M.` for surname Koval and first name Maria; what billing leaves out stays out."""
    surname, first_name = holder.last_name.strip(), holder.first_name.strip()
    return f"{surname[:1]}*** {first_name[:1]}." if first_name else f"{surname[:1]}***"
