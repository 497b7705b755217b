"""Billing's nouns: who holds an account, what it owes, what was charged and billed."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated

import strawberry
from strawberry import Info

from schema.account_key import AccountKey
from schema.context import Context
from schema.energy import Energy
from schema.identifiers import AccountNumber
from schema.money import Money
from schema.nodes import Node
from schema.paging import DEFAULT_FIRST, Connection, read_page
from schema.payments import PendingOnBalance
from schema.period import Period
from schema.scopes import Scope, requires
from schema.systems import System
from schema.tariffs import Tariff


@strawberry.enum(description="Whether the account is served.")
class AccountStatus(Enum):
    """Whether the account is served."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


@strawberry.enum(description="Who owes whom.")
class Standing(Enum):
    """Who owes whom."""

    CUSTOMER_OWES = "CUSTOMER_OWES"
    CUSTOMER_IN_CREDIT = "CUSTOMER_IN_CREDIT"
    SETTLED = "SETTLED"


@strawberry.type(description="The person who holds the contract, as billing writes the name.")
class AccountHolder:
    """The contract's holder."""

    last_name: str
    first_name: str
    middle_name: str | None


@strawberry.type(description="Where the electricity is used.")
class Address:
    """A service address with official territorial codes."""

    region_code: str | None = strawberry.field(description="SOATO or KATOTTG code of the region.")
    district_code: str | None = strawberry.field(description="SOATO or KATOTTG code of the district.")
    city: str | None
    street: str | None
    house: str | None
    flat: str | None
    postal_code: str | None


@strawberry.type(description="A company with a role in the supply (CIM ServiceSupplier).")
class ServiceSupplier:
    """The supplier or the distribution system operator."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """What billing knows of an account's contract; `Account` shows it field by field."""

    number: AccountNumber
    holder: AccountHolder
    address: Address
    supplier: ServiceSupplier
    distribution_operator: ServiceSupplier
    status: AccountStatus
    is_prepaid: bool
    contract_number: str
    contract_date: date
    tariff_code: str


@strawberry.type(description="What an account owes or has in credit.")
class Balance(PendingOnBalance):
    """A balance at a moment, with one sign convention: `amountOwedByCustomer` is positive for a debt."""

    amount_owed_by_customer: Money = strawberry.field(
        description="Positive: the customer owes. Negative: the customer is in credit."
    )
    as_of: datetime = strawberry.field(description="When the source computed it.")
    source: System
    is_stale: bool = strawberry.field(
        description="True: the source does not answer now, this is the last balance known."
    )
    average_daily_cost: strawberry.Private[Money | None] = None
    is_prepaid: strawberry.Private[bool] = False

    @strawberry.field(description="The size of the balance, never negative; `standing` tells who owes whom.")
    def amount(self) -> Money:
        """Return the absolute amount."""
        return abs(self.amount_owed_by_customer)

    @strawberry.field(description="Who owes whom.")
    def standing(self) -> Standing:
        """Name the sign."""
        minor = self.amount_owed_by_customer.minor
        if minor == 0:
            return Standing.SETTLED
        return Standing.CUSTOMER_OWES if minor > 0 else Standing.CUSTOMER_IN_CREDIT

    @strawberry.field(
        description=(
            "Whole days that the credit lasts at the average daily cost; "
            "null where the account is not prepaid or the cost is unknown."
        )
    )
    def prepaid_days_left(self) -> int | None:
        """Divide the credit by the average daily cost, rounded down; 0 for a debt."""
        if not self.is_prepaid or self.average_daily_cost is None or self.average_daily_cost.minor <= 0:
            return None
        return max(0, -self.amount_owed_by_customer.minor // self.average_daily_cost.minor)


@strawberry.type(description="One line of a charge: a quantity at a price.")
class ChargeLine:
    """A quantity in one tier and zone at one price."""

    tier: int
    zone: str
    energy: Energy
    unit_price: Decimal = strawberry.field(description="Major units per kWh.")
    amount: Money


@strawberry.federation.type(keys=["id"], description="What was charged for a period (an accrual).")
class Charge(Node):
    """An accrual of one account for one period."""

    account_number: strawberry.Private[AccountNumber]
    period: Period
    energy: Energy
    amount: Money
    tariff_code: str
    posted_on: date
    lines: list[ChargeLine]

    @property
    def key(self) -> tuple[str, ...]:
        """The account and the first day of the period."""
        return (self.account_number, self.period.start.isoformat())


@strawberry.federation.type(keys=["id"], description="A bill as it was issued.")
class Bill(Node):
    """A bill (ESPI statement). Balances are positive for a debt."""

    account_number: strawberry.Private[AccountNumber]
    number: str
    period: Period
    issued_on: date
    due_on: date
    opening_balance: Money
    charged: Money
    paid: Money
    closing_balance: Money

    @property
    def key(self) -> tuple[str, ...]:
        """The account and the first day of the period."""
        return (self.account_number, self.period.start.isoformat())


def _month(row: Charge | Bill) -> str:
    return row.period.start.isoformat()


@strawberry.type
class BilledAccount(AccountKey):
    """Billing's slice of `Account`."""

    @strawberry.field(extensions=[requires(Scope.ACCOUNTS_READ)], description="Who holds the contract.")
    async def holder(self, info: Info[Context, None]) -> AccountHolder | None:
        """Ask billing."""
        details = await self._details(info)
        return details.holder if details else None

    @strawberry.field(extensions=[requires(Scope.ACCOUNTS_READ)], description="Where the electricity is used.")
    async def address(self, info: Info[Context, None]) -> Address | None:
        """Ask billing."""
        details = await self._details(info)
        return details.address if details else None

    @strawberry.field(extensions=[requires(Scope.ACCOUNTS_READ)], description="Who sells the electricity.")
    async def supplier(self, info: Info[Context, None]) -> ServiceSupplier | None:
        """Ask billing."""
        details = await self._details(info)
        return details.supplier if details else None

    @strawberry.field(extensions=[requires(Scope.ACCOUNTS_READ)], description="Who runs the network (the DSO).")
    async def distribution_operator(self, info: Info[Context, None]) -> ServiceSupplier | None:
        """Ask billing."""
        details = await self._details(info)
        return details.distribution_operator if details else None

    @strawberry.field(extensions=[requires(Scope.ACCOUNTS_READ)], description="Whether the account is served.")
    async def status(self, info: Info[Context, None]) -> AccountStatus | None:
        """Ask billing."""
        details = await self._details(info)
        return details.status if details else None

    @strawberry.field(
        extensions=[requires(Scope.ACCOUNTS_READ)], description="Whether electricity is paid for in advance."
    )
    async def is_prepaid(self, info: Info[Context, None]) -> bool | None:
        """Ask billing."""
        details = await self._details(info)
        return details.is_prepaid if details else None

    @strawberry.field(extensions=[requires(Scope.ACCOUNTS_READ)], description="The tariff in force today.")
    async def tariff(self, info: Info[Context, None]) -> Tariff | None:
        """Find the version of the contract's tariff that is in force today."""
        details = await self._details(info)
        return info.context.profile.tariff_in_force(details.tariff_code) if details else None

    @strawberry.field(extensions=[requires(Scope.BALANCE_READ)], description="What the account owes now.")
    async def balance(self, info: Info[Context, None]) -> Balance | None:
        """Ask billing, or give the last balance known, marked stale."""
        return await info.context.loaders.balances.load(self.number)

    @strawberry.field(extensions=[requires(Scope.CHARGES_READ)], description="What was charged, newest first.")
    async def charges(
        self,
        info: Info[Context, None],
        first: Annotated[int, strawberry.argument(description="At most 100.")] = DEFAULT_FIRST,
        after: str | None = None,
        period: Period | None = None,
    ) -> Connection[Charge] | None:
        """Page through the accruals."""
        page = read_page(first, after, period)
        info.context.budget.spend(first)
        return Connection.of(await info.context.loaders.charges.load((self.number, page)), page, _month)

    @strawberry.field(extensions=[requires(Scope.CHARGES_READ)], description="The bills, newest first.")
    async def bills(
        self,
        info: Info[Context, None],
        first: Annotated[int, strawberry.argument(description="At most 100.")] = DEFAULT_FIRST,
        after: str | None = None,
        period: Period | None = None,
    ) -> Connection[Bill] | None:
        """Page through the bills."""
        page = read_page(first, after, period)
        info.context.budget.spend(first)
        return Connection.of(await info.context.loaders.bills.load((self.number, page)), page, _month)

    async def _details(self, info: Info[Context, None]) -> AccountDetails | None:
        return await info.context.loaders.details.load(self.number)
