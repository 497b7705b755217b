"""Types of the home screen in stock Strawberry: no guards, no budget, no checks; loaders and leaves are the house's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import strawberry
from strawberry import Info, Private

from resolvers.house import House
from schema.billing import AccountDetails, AccountHolder, AccountStatus, Address, Charge, Standing
from schema.context import Loaders
from schema.identifiers import AccountNumber
from schema.metering import Meter as KnownMeter
from schema.metering import Reading, Register
from schema.money import Money
from schema.paging import Page
from schema.payments import Payment
from schema.tariffs import Tariff

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """The context of one operation."""

    house: House
    loaders: Loaders
    subject: str


@strawberry.type
class Rows(Generic[T]):
    """A page of a list."""

    nodes: list[T]
    total_count: int | None = None


@strawberry.type
class Meter:
    """A meter."""

    serial_number: str
    registers: list[Register]

    @strawberry.field
    async def readings(self, info: Info[Asked, None], first: int = 12) -> Rows[Reading]:
        """Load the newest readings."""
        found = await info.context.loaders.readings.load((self.serial_number, Page(first)))
        return Rows(nodes=list(found.rows), total_count=found.total)

    @classmethod
    def of(cls, known: KnownMeter) -> "Meter":
        """Show a meter."""
        return cls(serial_number=known.serial_number, registers=known.registers)


@strawberry.type
class Balance:
    """A balance."""

    account_number: Private[AccountNumber]
    amount: Money
    standing: Standing
    as_of: datetime
    is_stale: bool
    prepaid_days_left: int | None

    @strawberry.field
    async def pending_total(self, info: Info[Asked, None]) -> Money | None:
        """Add up the pending payments."""
        pending = await info.context.loaders.pending_payments.load(self.account_number)
        amounts = [payment.amount for payment in pending]
        return sum(amounts[1:], amounts[0]) if amounts else None


@strawberry.type
class Account:
    """An account."""

    number: AccountNumber

    @strawberry.field
    async def status(self, info: Info[Asked, None]) -> AccountStatus | None:
        """Load from billing."""
        details = await _details(self, info)
        return details.status if details else None

    @strawberry.field
    async def holder(self, info: Info[Asked, None]) -> AccountHolder | None:
        """Load from billing."""
        details = await _details(self, info)
        return details.holder if details else None

    @strawberry.field
    async def address(self, info: Info[Asked, None]) -> Address | None:
        """Load from billing."""
        details = await _details(self, info)
        return details.address if details else None

    @strawberry.field
    async def tariff(self, info: Info[Asked, None]) -> Tariff | None:
        """Load from billing."""
        details = await _details(self, info)
        return info.context.house.profile.tariff_in_force(details.tariff_code) if details else None

    @strawberry.field
    async def balance(self, info: Info[Asked, None]) -> Balance | None:
        """Load from billing."""
        known = await info.context.loaders.balances.load(self.number)
        if known is None:
            return None
        return Balance(
            account_number=self.number,
            amount=known.amount(),
            standing=known.standing(),
            as_of=known.as_of,
            is_stale=known.is_stale,
            prepaid_days_left=known.prepaid_days_left(),
        )

    @strawberry.field
    async def charges(self, info: Info[Asked, None], first: int = 12) -> Rows[Charge]:
        """Load from billing."""
        found = await info.context.loaders.charges.load((self.number, Page(first)))
        return Rows(nodes=list(found.rows), total_count=found.total)

    @strawberry.field
    async def meters(self, info: Info[Asked, None]) -> list[Meter]:
        """Load from distribution."""
        points = await info.context.loaders.usage_points.load(self.number)
        return [Meter.of(meter) for point in points for meter in point.meters]

    @strawberry.field
    async def payments(self, info: Info[Asked, None], first: int = 12) -> Rows[Payment]:
        """Load from supply."""
        found = await info.context.loaders.payments.load((self.number, Page(first)))
        return Rows(nodes=list(found.rows), total_count=found.total)


async def _details(account: Account, info: Info[Asked, None]) -> AccountDetails | None:
    return await info.context.loaders.details.load(account.number)


@strawberry.type
class Customer:
    """A customer."""

    subject: Private[str]
    name: str

    @strawberry.field
    async def accounts(self, info: Info[Asked, None], first: int = 20) -> Rows[Account]:
        """Read the linked accounts."""
        numbers = await info.context.house.links.numbers(self.subject)
        nodes = [Account(number=number) for number in sorted(numbers)[:first]]
        return Rows(nodes=nodes, total_count=len(numbers))


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    async def me(self, info: Info[Asked, None]) -> Customer | None:
        """Read the customer."""
        found = await info.context.house.customers.get(info.context.subject)
        return Customer(subject=found.subject, name=found.name) if found else None
