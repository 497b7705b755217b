"""The application: routes, middleware and the lifespan that opens the house."""

import contextlib
import gc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, TypedDict

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute

from auth.callers import Callers
from auth.server.server import AuthorizationServer
from gateway import graphiql, webhooks
from gateway.endpoint import GraphQLEndpoint
from gateway.entrance import Entrance
from gateway.logs import configure_logs
from gateway.middleware import AnswerHeaders, BoundedBody, BriefStartFailure
from gateway.operations import extensions
from gateway.pages import routes as pages
from gateway.settings import Settings, load_settings
from gateway.wiring import open_house
from resolvers.graph import Graph
from resolvers.house import House

GRAPHQL_PATH: Final = "/graphql"
GC_THRESHOLDS: Final = (50_000, 50, 100)
"""An operation makes many objects and no cycles: looking for garbage less often saves about 5 % of its time."""


class State(TypedDict):
    """What lives as long as the process; requests find it in `request.state`."""

    house: House
    entrance: Entrance
    callers: Callers
    authorization: AuthorizationServer


def create_app(settings: Settings) -> Starlette:
    """Put the house together. Nothing outside the process is touched before the lifespan begins."""
    graph = Graph(settings.systems, extensions(settings.limits))

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        async with open_house(settings) as (house, entrance):
            gc.freeze()  # what the start made lives as long as the process
            gc.set_threshold(*GC_THRESHOLDS)
            yield {"house": house, "entrance": entrance, "callers": entrance.callers, "authorization": entrance.server}

    return Starlette(routes=_routes(settings, graph), middleware=_middleware(settings), lifespan=lifespan)


def create_app_from_settings() -> Starlette:
    """Put the house together as the environment and the settings file say; what a server process calls."""
    settings = load_settings()
    configure_logs(settings.log_format)
    return create_app(settings)


def _routes(settings: Settings, graph: Graph) -> list[BaseRoute]:
    endpoint = GraphQLEndpoint(
        graph,
        url=settings.issuer.rstrip("/") + GRAPHQL_PATH,
        allowed_origins=settings.allowed_origins,
        max_subscriptions=settings.limits.subscriptions_per_connection,
    )
    routes: list[BaseRoute] = [
        Route(GRAPHQL_PATH, endpoint),
        WebSocketRoute(GRAPHQL_PATH, endpoint),
        Route("/health/live", _live),
        Route("/health/ready", _ready),
    ]
    routes += pages.routes()
    if settings.identity.sms is not None and settings.identity.sms.webhook_secret:
        routes += webhooks.routes(lambda request: request.state.entrance.webhooks)
    if settings.graphiql:
        title = f"Gridgate · {settings.load_profile().title}"
        routes += graphiql.routes(graphql_path=GRAPHQL_PATH, operations=example_operations(), title=title)
    routes.append(Route("/", _to_graphiql if settings.graphiql else _to_own_page))
    return routes


def _middleware(settings: Settings) -> list[Middleware]:
    return [
        Middleware(BriefStartFailure),
        Middleware(AnswerHeaders, headers=[("cache-control", "no-store"), ("x-content-type-options", "nosniff")]),
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "dpop"],
        ),
        Middleware(BoundedBody, max_bytes=settings.limits.body_bytes),
    ]


def example_operations() -> dict[str, str]:
    """Read the example operations that README, GraphiQL and the tests share, by name."""
    packed = Path(__file__).with_name("examples")
    folder = packed if packed.is_dir() else Path(__file__).parents[1] / "docs" / "operations"
    home_first = sorted(folder.glob("*.graphql"), key=lambda path: (path.stem != "home", path.stem))
    return {path.stem: path.read_text("utf-8") for path in home_first}


async def _live(_request: Request) -> JSONResponse:
    """Answer while the process runs."""
    return JSONResponse({"status": "live"})


async def _ready(request: Request) -> JSONResponse:
    """Answer 200 while the store answers; legacy systems may fail without the gateway being taken out."""
    ready = await request.state.house.store_answers()
    return JSONResponse({"status": "ready" if ready else "store does not answer"}, status_code=200 if ready else 503)


async def _to_graphiql(_request: Request) -> RedirectResponse:
    return RedirectResponse("/graphiql")


async def _to_own_page(_request: Request) -> RedirectResponse:
    """Take whoever signs in on the way to nowhere in particular to what is theirs."""
    return RedirectResponse("/security")
