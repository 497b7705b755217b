"""Billing: the REST stand-in. An API key, JSON, DD.MM.YYYY local dates, balances positive for a debt.

`openapi.json` beside this file describes it and is served as it is. A batch takes at most 200 accounts and leaves out
those it does not know; pages are cut by `limit` and `before`.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from importlib.resources import files

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.billing_query import LedgerQuery, QueryRefused, accounts_of, ledger_query
from sandbox.billing_wording import Wording
from sandbox.calls import Calls
from sandbox.disturbance import Disturbed
from sandbox.faults import FaultBoard
from sandbox.manners import rows_of_page
from sandbox.notices import notices
from sandbox.world import World

SYSTEM = "billing"
Answer = Callable[[Request], Awaitable[Response]]


def create_app(world: World, calls: Calls, board: FaultBoard, *, api_key: str) -> ASGIApp:
    """Build the stand-in as an ASGI app that has the manners on the board."""
    billing = Billing(world, calls, board, api_key)
    routes = [
        Route("/v1/ping", billing.guarded("ping", billing.ping)),
        Route("/v1/openapi.json", billing.openapi),
        Route("/v1/notices", billing.guarded("notices", billing.notices)),
        Route("/v1/subscribers/query", billing.guarded("subscribers.query", billing.subscribers), methods=["POST"]),
        Route("/v1/subscribers/{account}", billing.guarded("subscribers.get", billing.subscriber)),
        Route("/v1/balances/query", billing.guarded("balances.query", billing.balances), methods=["POST"]),
        Route("/v1/balances/{account}", billing.guarded("balances.get", billing.balance)),
        Route("/v1/accruals/query", billing.guarded("accruals.query", billing.accruals), methods=["POST"]),
        Route("/v1/bills/query", billing.guarded("bills.query", billing.bills), methods=["POST"]),
    ]
    return Disturbed(Starlette(routes=routes), board, SYSTEM)


class Billing:
    """Answer billing's requests from the world."""

    def __init__(self, world: World, calls: Calls, board: FaultBoard, api_key: str) -> None:
        self._world = world
        self._calls = calls
        self._board = board
        self._api_key = api_key.encode()
        self._openapi = files("sandbox").joinpath("openapi.json").read_text("utf-8")

    def guarded(self, operation: str, answer: Answer) -> Answer:
        """Put the key, the counter, maintenance and `fault_in_200` before an answer."""

        async def guarded(request: Request) -> Response:
            key = request.headers.get("x-api-key", "").encode()
            if not hmac.compare_digest(key, self._api_key):
                return _error(401, "UNAUTHORIZED", "The header X-Api-Key is missing or wrong.")
            self._calls.record(SYSTEM, operation)
            if until := self._board.maintenance(SYSTEM, self._world.now()):
                return self._maintenance(until)
            if self._board.of(SYSTEM).fault_in_200:
                return JSONResponse({"error": {"code": "E500", "text": "Внутрішня помилка / Ichki xatolik"}})
            try:
                return await answer(request)
            except QueryRefused as refused:
                return _error(422, "VALIDATION", str(refused))

        return guarded

    async def ping(self, _request: Request) -> Response:
        """Say that billing is there, and its local time."""
        return JSONResponse({"status": "ok", "time": f"{self._world.now():%d.%m.%Y %H:%M:%S}"})

    async def openapi(self, _request: Request) -> Response:
        """Serve the OpenAPI document; it needs no key."""
        return Response(self._openapi, media_type="application/json")

    async def notices(self, _request: Request) -> Response:
        """Give notices: planned maintenance of every system, and news."""
        words = self._wording()
        rows = [words.notice(notice) for notice in notices(self._world, self._board)]
        return JSONResponse(words.listing("items", rows))

    async def subscriber(self, request: Request) -> Response:
        """Give one subscriber."""
        account = request.path_params["account"]
        found = self._world.subscribers([account])[0]
        return _not_found(account) if found is None else JSONResponse(self._wording().subscriber(found))

    async def subscribers(self, request: Request) -> Response:
        """Give many subscribers."""
        numbers = accounts_of(await request.body())
        words = self._wording()
        return self._items([words.subscriber(each) for each in self._world.subscribers(sorted(numbers)) if each])

    async def balance(self, request: Request) -> Response:
        """Give one balance."""
        account = request.path_params["account"]
        found = self._world.balance(account)
        return _not_found(account) if found is None else JSONResponse(self._wording().balance(found))

    async def balances(self, request: Request) -> Response:
        """Give many balances."""
        numbers = accounts_of(await request.body())
        words = self._wording()
        found = (self._world.balance(number) for number in sorted(numbers))
        return self._items([words.balance(balance) for balance in found if balance])

    async def accruals(self, request: Request) -> Response:
        """Give accruals of many accounts, newest first."""
        query = ledger_query(await request.body())
        words = self._wording()
        return self._pages(
            query, lambda number: [(row.month, words.accrual(row)) for row in self._world.accruals(number)]
        )

    async def bills(self, request: Request) -> Response:
        """Give bills of many accounts, newest first."""
        query = ledger_query(await request.body())
        words = self._wording()
        return self._pages(query, lambda number: [(row.month, words.bill(row)) for row in self._world.bills(number)])

    def _wording(self) -> Wording:
        return Wording(self._board.of(SYSTEM), self._world.utility.zone)

    def _items(self, items: Sequence[object]) -> Response:
        words = self._wording()
        return JSONResponse(words.listing("items", rows_of_page(items, words.faults)))

    def _pages(self, query: LedgerQuery, rows_of: Callable[[str], list[tuple[date, dict[str, object]]]]) -> Response:
        """Cut each account's page; with `repeat_rows` it begins with the row the page before ended with."""
        words = self._wording()
        items: list[object] = []
        for number in sorted(query.accounts):
            if self._world.index(number) is None:
                continue
            matching = [row for row in reversed(rows_of(number)) if query.matches(row[0])]
            start = sum(not query.is_before(month) for month, _ in matching)
            page = [row for _, row in matching[start : start + query.limit]]
            last = matching[start - 1][1] if start else None
            rows = rows_of_page(page, words.faults, before=last)
            item: dict[str, object] = {"accountNo": words.account(number), "total": len(matching)}
            items.append(words.listing("rows", rows, item))
        return JSONResponse(words.listing("items", items))

    def _maintenance(self, until: datetime) -> Response:
        now, zone = self._world.now(), self._world.utility.zone
        seconds = max(1, int((until - now).total_seconds()))
        body = {"error": {"code": "MAINTENANCE", "until": f"{until.astimezone(zone):%d.%m.%Y %H:%M:%S}"}}
        return JSONResponse(body, status_code=503, headers={"Retry-After": str(seconds)})


def _error(status: int, code: str, text: str) -> Response:
    return JSONResponse({"error": {"code": code, "text": text}}, status_code=status)


def _not_found(account: str) -> Response:
    return _error(404, "NOT_FOUND", f"There is no account {account}.")
