"""The context of one operation: the schema's context, with the house behind it."""

from asyncio import Future, ensure_future
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Self

from auth.audit import AuditEvent, AuditKind
from auth.identity.port import Visitor
from connectors.transport.deadline import Deadline
from resolvers.house import House
from resolvers.loaders import build_loaders
from schema.context import Context, NodeBudget
from schema.errors import Unauthenticated
from schema.identifiers import AccountNumber
from schema.scopes import Principal


@dataclass(slots=True)
class OperationContext(Context):
    """What verbs lean on: the caller's address and language, the house, and this operation's deadline."""

    house: House
    deadline: Deadline
    visitor: Visitor
    still: Callable[[], Principal]

    @classmethod
    def begin(cls, house: House, visitor: Visitor, still: Callable[[], Principal]) -> Self:
        """Open an operation: fresh loaders, a full budget, a new deadline.

        `still` tells who is asking: nobody, once the caller has expired or was revoked.
        """
        principal = still()
        deadline = Deadline.within(house.deadline_s)
        return cls(
            principal=principal,
            profile=house.profile,
            loaders=build_loaders(house, deadline),
            budget=NodeBudget(house.node_limit),
            owned_accounts=(owned := OwnedAccounts(house, principal)),
            note_seen=owned.note_seen,
            house=house,
            deadline=deadline,
            visitor=visitor,
            still=still,
        )

    def renew(self) -> None:
        """Open the next event of a subscription: what was loaded for the last one is forgotten."""
        self.principal = self.still()
        self.deadline = Deadline.within(self.house.deadline_s)
        self.loaders = build_loaders(self.house, self.deadline)
        self.budget = NodeBudget(self.house.node_limit)
        self.owned_accounts = owned = OwnedAccounts(self.house, self.principal)
        self.note_seen = owned.note_seen


class OwnedAccounts:
    """Ask the store, once, which accounts are the caller's; note, once each, which an application is shown."""

    def __init__(self, house: House, principal: Principal) -> None:
        self._house = house
        self._principal = principal
        self._answer: Future[frozenset[AccountNumber]] | None = None
        self._noted: set[AccountNumber] = set()

    async def __call__(self) -> frozenset[AccountNumber]:
        """Return the numbers of the caller's accounts; raises Unauthenticated for nobody.

        An application that acts under a grant sees the accounts that are both the customer's now and granted.
        """
        if self._answer is None:
            self._answer = ensure_future(self._numbers())
        return await self._answer

    async def note_seen(self, numbers: Collection[AccountNumber]) -> None:
        """Write into the audit trail what a third party is shown; a customer's own looks are nobody's business."""
        principal = self._principal
        new = [number for number in numbers if number not in self._noted]
        if principal.grant is None or principal.client is None or not new:
            return
        self._noted.update(new)
        client = await self._house.client(principal.client)
        scopes = " ".join(sorted(scope.value for scope in principal.scopes))
        seen = partial(AuditEvent, AuditKind.ACCOUNT_SEEN, subject=principal.subject, detail=scopes)
        await self._house.audit.record(*(seen(account=number, client=client) for number in new))

    async def _numbers(self) -> frozenset[AccountNumber]:
        linked = await self._house.links.numbers(self._principal.require())
        if self._principal.grant is None:
            return linked
        granted = await self._house.grants.accounts(self._principal.grant)
        if granted is None:
            raise Unauthenticated
        return linked & granted
