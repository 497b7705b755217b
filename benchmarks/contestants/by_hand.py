"""The home screen written by hand in Starlette: the same checks, the same upstream calls, the same JSON, no GraphQL."""

from asyncio import gather
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from auth.callers import Asked, Callers
from benchmarks.contestants import by_hand_json as write
from connectors.transport.deadline import Deadline
from gateway.app import State
from gateway.settings import load_settings
from gateway.wiring import open_house
from resolvers.house import House
from schema.errors import GridgateError, UpstreamError
from schema.identifiers import AccountNumber
from schema.paging import Page
from schema.scopes import Principal, Scope

T = TypeVar("T")

SCOPES: Final = (
    Scope.PROFILE_READ,
    Scope.ACCOUNTS_READ,
    Scope.BALANCE_READ,
    Scope.CHARGES_READ,
    Scope.READINGS_READ,
    Scope.PAYMENTS_READ,
)
PAGE: Final = Page(12)
MOST_ACCOUNTS: Final = 100


def create_app() -> Starlette:
    """Open the same house as the gateway and put one route in front of it."""
    settings = load_settings()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        async with open_house(settings) as (house, entrance):
            yield {"house": house, "entrance": entrance, "callers": entrance.callers, "authorization": entrance.server}

    return Starlette(routes=[Route("/home", home)], lifespan=lifespan)


async def home(request: Request) -> JSONResponse:
    """Answer a signed-in customer; who may not, or has a failing system behind them, gets an error and nothing else."""
    house: House = request.state.house
    try:
        subject = (await _principal(request)).require()
        customer, owned = await gather(house.customers.get(subject), house.links.numbers(subject))
        accounts = await _accounts(house, sorted(owned)[:MOST_ACCOUNTS])
    except GridgateError as error:
        status = 502 if isinstance(error, UpstreamError) else 403
        return JSONResponse({"errors": [{"message": str(error)}]}, status_code=status)
    shown = {"totalCount": len(owned), "nodes": accounts}
    return JSONResponse({"data": {"me": {"name": customer.name if customer else None, "accounts": shown}}})


async def _principal(request: Request) -> Principal:
    callers: Callers = request.state.callers
    principal = await callers.by_token(request.headers.get("authorization", ""), Asked("GET", str(request.url)))
    for scope in SCOPES:
        principal.require(scope)
    return principal


async def _accounts(house: House, numbers: Sequence[AccountNumber]) -> list[dict[str, Any]]:
    """Ask for everything at once, then for the readings of the meters that came; raises UpstreamError."""
    deadline = Deadline.within(house.deadline_s)
    details, balances, charges, points, payments, pending = await gather(
        house.billing.details(numbers, deadline),
        house.billing.balances(numbers, deadline),
        house.billing.charges(numbers, PAGE, deadline),
        house.distribution.usage_points(numbers, deadline),
        house.supply.payments(numbers, PAGE, deadline),
        house.supply.pending(numbers, deadline),
    )
    meters = [[meter for point in _good(each) for meter in point.meters] for each in points]
    serials = [meter.serial_number for each in meters for meter in each]
    readings = dict(zip(serials, await house.distribution.readings(serials, PAGE, deadline), strict=True))
    return [
        {
            "number": number,
            **write.details(_good(details[at]), house.profile),
            "balance": write.balance(_good(balances[at]), _good(pending[at])),
            "charges": {"nodes": [write.charge(row) for row in _good(charges[at]).rows]},
            "meters": [write.meter(each, _good(readings[each.serial_number])) for each in meters[at]],
            "payments": {"nodes": [write.payment(row) for row in _good(payments[at]).rows]},
        }
        for at, number in enumerate(numbers)
    ]


def _good(answer: T | UpstreamError) -> T:
    if isinstance(answer, UpstreamError):
        raise answer
    return answer
