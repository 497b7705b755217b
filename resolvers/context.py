"""The context of one operation: the schema's context, with the house behind it."""

from asyncio import Future, ensure_future
from dataclasses import dataclass
from typing import Self

from connectors.transport.deadline import Deadline
from resolvers.house import House
from resolvers.loaders import build_loaders
from schema.context import Context, NodeBudget
from schema.identifiers import AccountNumber
from schema.scopes import Principal


@dataclass(slots=True)
class OperationContext(Context):
    """What verbs lean on: the caller's address and language, the house, and this operation's deadline."""

    house: House
    deadline: Deadline
    address: str

    @classmethod
    def begin(cls, house: House, principal: Principal, address: str) -> Self:
        """Open an operation: fresh loaders, a full budget, a new deadline."""
        deadline = Deadline.within(house.deadline_s)
        return cls(
            principal=principal,
            profile=house.profile,
            loaders=build_loaders(house, deadline),
            budget=NodeBudget(house.node_limit),
            owned_accounts=OwnedAccounts(house, principal),
            house=house,
            deadline=deadline,
            address=address,
        )

    def renew(self) -> None:
        """Open the next event of a subscription: what was loaded for the last one is forgotten."""
        self.deadline = Deadline.within(self.house.deadline_s)
        self.loaders = build_loaders(self.house, self.deadline)
        self.budget = NodeBudget(self.house.node_limit)
        self.owned_accounts = OwnedAccounts(self.house, self.principal)


class OwnedAccounts:
    """Ask the store, once, which accounts are the caller's."""

    def __init__(self, house: House, principal: Principal) -> None:
        self._house = house
        self._principal = principal
        self._answer: Future[frozenset[AccountNumber]] | None = None

    async def __call__(self) -> frozenset[AccountNumber]:
        """Return the numbers of the caller's accounts; raises Unauthenticated for nobody."""
        if self._answer is None:
            self._answer = ensure_future(self._house.links.numbers(self._principal.require()))
        return await self._answer
