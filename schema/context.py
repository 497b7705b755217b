"""What a field may lean on while it resolves: the caller, the loaders of one operation, the profile."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from strawberry.dataloader import DataLoader

from schema.errors import NodeLimitExceeded
from schema.identifiers import AccountNumber
from schema.paging import Page, Slice
from schema.profile import UtilityProfile
from schema.scopes import Principal

if TYPE_CHECKING:
    from schema.billing import AccountDetails, Balance, Bill, Charge
    from schema.metering import Reading, UsagePoint
    from schema.payments import Payment

AccountPage: TypeAlias = tuple[AccountNumber, Page]
"""A page of one account's rows."""

MeterPage: TypeAlias = tuple[str, Page]
"""A page of one meter's readings, by serial number."""


@dataclass(frozen=True, slots=True)
class Loaders:
    """One loader per connector method; each gathers the keys of one level of one operation into one call."""

    details: "DataLoader[AccountNumber, AccountDetails | None]"
    balances: "DataLoader[AccountNumber, Balance | None]"
    charges: "DataLoader[AccountPage, Slice[Charge]]"
    bills: "DataLoader[AccountPage, Slice[Bill]]"
    usage_points: "DataLoader[AccountNumber, Sequence[UsagePoint]]"
    readings: "DataLoader[MeterPage, Slice[Reading]]"
    payments: "DataLoader[AccountPage, Slice[Payment]]"
    pending_payments: "DataLoader[AccountNumber, Sequence[Payment]]"


class NodeBudget:
    """Counts the objects that one operation asks for, so that no operation holds a worker for long."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit

    def spend(self, nodes: int) -> None:
        """Take objects from the budget; raises NodeLimitExceeded when there are none left."""
        self._left -= nodes
        if self._left < 0:
            raise NodeLimitExceeded(self._limit)


@dataclass(slots=True)
class Context:
    """The context of one operation. A subscription renews `loaders` and `budget` for each event."""

    principal: Principal
    profile: UtilityProfile
    loaders: Loaders
    budget: NodeBudget
    owned_accounts: Callable[[], Awaitable[frozenset[AccountNumber]]]
    """Asks the store once per operation which accounts are the caller's."""
    note_seen: Callable[[Collection[AccountNumber]], Awaitable[None]]
    """Writes into the audit trail which accounts an application is shown, before it is."""
