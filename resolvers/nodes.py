"""Nodes: any object by its id, under the same scope and ownership as on every other way to it."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final, TypeAlias

import strawberry
from strawberry import Info

from resolvers.context import OperationContext
from schema.accounts import Account
from schema.billing import Bill, Charge
from schema.customers import Customer
from schema.errors import InvalidArgument, NotFound
from schema.identifiers import AccountNumber
from schema.metering import Meter, UsagePoint
from schema.nodes import Node, NodeKey, parse_node_id
from schema.paging import MAX_FIRST, Page
from schema.payments import Payment
from schema.period import Period
from schema.scopes import Scope, authenticated

Find: TypeAlias = Callable[[OperationContext, AccountNumber, tuple[str, ...]], Awaitable[Node | None]]


async def find_node(context: OperationContext, key: NodeKey) -> Node:
    """Return an object of the caller's; raises NotFound for any other, Forbidden where the scope is missing."""
    if key.typename == "Customer":
        return await _own_customer(context, key.parts[0])
    if key.typename not in FINDERS:
        raise NotFound
    scope, find = FINDERS[key.typename]
    context.principal.require(scope)
    account = await Account.owned(context, AccountNumber(key.parts[0]))
    found = await find(context, account.number, key.parts[1:])
    if found is None:
        raise NotFound
    return found


async def _own_customer(context: OperationContext, subject: str) -> Customer:
    if context.principal.require(Scope.PROFILE_READ) != subject:
        raise NotFound
    found = await context.house.customers.get(subject)
    if found is None:
        raise NotFound
    return found


async def _account(_context: OperationContext, number: AccountNumber, _key: tuple[str, ...]) -> Account:
    return Account(number=number)


async def _usage_point(context: OperationContext, number: AccountNumber, key: tuple[str, ...]) -> UsagePoint | None:
    points = await context.loaders.usage_points.load(number)
    return next((point for point in points if point.key[1:] == key), None)


async def _meter(context: OperationContext, number: AccountNumber, key: tuple[str, ...]) -> Meter | None:
    points = await context.loaders.usage_points.load(number)
    return next((meter for point in points for meter in point.meters if meter.key[1:] == key), None)


async def _charge(context: OperationContext, number: AccountNumber, key: tuple[str, ...]) -> Charge | None:
    found = await context.loaders.charges.load((number, _month_page(key)))
    return next((charge for charge in found.rows if charge.key[1:] == key), None)


async def _bill(context: OperationContext, number: AccountNumber, key: tuple[str, ...]) -> Bill | None:
    found = await context.loaders.bills.load((number, _month_page(key)))
    return next((bill for bill in found.rows if bill.key[1:] == key), None)


async def _payment(context: OperationContext, number: AccountNumber, key: tuple[str, ...]) -> Payment | None:
    day = _day(key)
    page = Page(MAX_FIRST, period=Period(day, day + timedelta(days=1)))
    found = await context.loaders.payments.load((number, page))
    return next((payment for payment in found.rows if payment.key[1:] == key), None)


def _month_page(key: tuple[str, ...]) -> Page:
    day = _day(key)
    return Page(1, period=Period.month(day.year, day.month))


def _day(key: tuple[str, ...]) -> date:
    try:
        return date.fromisoformat(key[0])
    except (IndexError, ValueError) as error:
        raise NotFound from error


FINDERS: Final[Mapping[str, tuple[Scope, Find]]] = {
    "Account": (Scope.ACCOUNTS_READ, _account),
    "UsagePoint": (Scope.READINGS_READ, _usage_point),
    "Meter": (Scope.READINGS_READ, _meter),
    "Charge": (Scope.CHARGES_READ, _charge),
    "Bill": (Scope.CHARGES_READ, _bill),
    "Payment": (Scope.PAYMENTS_READ, _payment),
}
"""How each type is found again among the things of one account."""


@strawberry.type
class NodeQuery:
    """Root fields of global object identification."""

    @strawberry.federation.field(shareable=True, extensions=[authenticated()], description="An object by its id.")
    async def node(self, info: Info[OperationContext, None], id: strawberry.ID) -> Node | None:  # noqa: A002 -- Relay's name
        """Find one object."""
        return await find_node(info.context, parse_node_id(id))


async def resolve_entities(context: OperationContext, representations: list[Mapping[str, Any]]) -> list[Any]:
    """Answer another subgraph's references, each as `node` would; one that is refused spoils no other."""
    context.principal.require()
    if len(representations) > MAX_FIRST:
        raise InvalidArgument("representations", f"At most {MAX_FIRST} representations at a time.")
    return await gather(*(_resolve_entity(context, each) for each in representations), return_exceptions=True)


async def _resolve_entity(context: OperationContext, representation: Mapping[str, Any]) -> Node:
    return await find_node(context, _reference(representation))


def _reference(representation: Mapping[str, Any]) -> NodeKey:
    match representation:
        case {"__typename": "Account", "number": str() as number}:
            return NodeKey("Account", (number,))
        case {"__typename": str() as typename, "id": str() as text}:
            key = parse_node_id(text)
            if key.typename == typename:
                return key
    raise NotFound
