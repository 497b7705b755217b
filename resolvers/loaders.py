"""Loaders: each is one connector method, bound to the deadline of one operation."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import TypeVar

from strawberry.dataloader import DataLoader

from connectors.transport.deadline import Deadline
from resolvers.house import House
from schema.context import Loaders
from schema.errors import GridgateError
from schema.paging import Page

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def build_loaders(house: House, deadline: Deadline) -> Loaders:
    """Bind every connector method to one operation's deadline."""
    return Loaders(
        details=DataLoader(partial(house.billing.details, deadline=deadline)),
        balances=DataLoader(partial(house.billing.balances, deadline=deadline)),
        charges=DataLoader(partial(_by_page, partial(house.billing.charges, deadline=deadline))),
        bills=DataLoader(partial(_by_page, partial(house.billing.bills, deadline=deadline))),
        usage_points=DataLoader(partial(house.distribution.usage_points, deadline=deadline)),
        readings=DataLoader(partial(_by_page, partial(house.distribution.readings, deadline=deadline))),
        payments=DataLoader(partial(_by_page, partial(house.supply.payments, deadline=deadline))),
        pending_payments=DataLoader(partial(house.supply.pending, deadline=deadline)),
    )


async def _by_page(
    ask: Callable[[Sequence[K], Page], Awaitable[Sequence[V]]], keys: list[tuple[K, Page]]
) -> list[V | GridgateError]:
    """Make one call for each page that is asked for; a page that is refused spoils no other."""
    ids_by_page: dict[Page, list[K]] = {}
    for identifier, page in keys:
        ids_by_page.setdefault(page, []).append(identifier)
    answers = await gather(*(_ask_page(ask, ids, page) for page, ids in ids_by_page.items()))
    found = {
        (identifier, page): answer
        for (page, ids), rows in zip(ids_by_page.items(), answers, strict=True)
        for identifier, answer in zip(ids, rows, strict=True)
    }
    return [found[key] for key in keys]


async def _ask_page(
    ask: Callable[[Sequence[K], Page], Awaitable[Sequence[V]]], ids: Sequence[K], page: Page
) -> Sequence[V | GridgateError]:
    try:
        return await ask(ids, page)
    except GridgateError as error:
        return [error] * len(ids)
