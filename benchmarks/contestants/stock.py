"""The home screen in stock Strawberry, as its documentation writes it: none of our layers.

No sign-in, scopes, ownership, limits, masked errors or document caches: whoever names a customer in `X-Subject` is
that customer.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig

from benchmarks.contestants.stock_types import Asked, Query
from connectors.transport.deadline import Deadline
from gateway.settings import load_settings
from gateway.wiring import open_house
from resolvers.house import House
from resolvers.loaders import build_loaders
from schema.scalars import SCALARS


class HouseState(TypedDict):
    """What lives as long as the process."""

    house: House


class Endpoint(GraphQL[Asked, None]):
    """Strawberry's endpoint with loaders made anew for each request."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Asked:  # noqa: ARG002 -- Strawberry's signature
        """Believe the header."""
        house: House = request.state.house
        loaders = build_loaders(house, Deadline.within(house.deadline_s))
        return Asked(house, loaders, request.headers["x-subject"])


def create_app() -> Starlette:
    """Open the same house as the gateway and put Strawberry in front of it."""
    settings = load_settings()
    graph = strawberry.federation.Schema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[HouseState]:
        async with open_house(settings) as (house, _entrance):
            yield {"house": house}

    return Starlette(routes=[Route("/graphql", Endpoint(graph, graphql_ide=None))], lifespan=lifespan)
