"""The control endpoint, for tests and for people who try it: counters, bad manners, the clock, and what happens now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.calls import Calls
from sandbox.control_body import Wanted, json_object, positive
from sandbox.faults import KNOWN, FaultBoard
from sandbox.ledger import Payment
from sandbox.quirks import QuirkBoard
from sandbox.world import World

MOST_HOLDERS = 100
Answer = Callable[[Request], Awaitable[Response]]


def create_app(world: World, calls: Calls, board: FaultBoard, quirks: QuirkBoard) -> Starlette:
    """Build the control endpoint."""
    control = Control(world, calls, board, quirks)
    verbs: list[tuple[str, str, Answer]] = [
        ("GET", "/health", control.health),
        ("GET", "/calls", control.count),
        ("DELETE", "/calls", control.forget_calls),
        ("GET", "/faults", control.faults),
        ("DELETE", "/faults", control.mend),
        ("GET", "/faults/known", control.known_faults),
        ("PUT", "/faults/{system}", control.misbehave),
        ("DELETE", "/faults/{system}", control.mend),
        ("GET", "/quirks", control.show_quirks),
        ("PUT", "/quirks/{system}", control.set_quirks),
        ("DELETE", "/quirks", control.forget_quirks),
        ("DELETE", "/quirks/{system}", control.forget_quirks),
        ("GET", "/holders", control.holders),
        ("POST", "/payments", control.pay),
        ("POST", "/payments/{number:int}/post", control.post_payment),
        ("POST", "/readings", control.read),
        ("POST", "/outages", control.begin_outage),
        ("GET", "/greenbutton", control.loaded),
        ("POST", "/greenbutton", control.load),
        ("POST", "/clock", control.advance),
    ]
    return Starlette(routes=[Route(path, _answered(answer), methods=[method]) for method, path, answer in verbs])


@dataclass(frozen=True, slots=True)
class Control:
    """Carry the verbs out."""

    world: World
    calls: Calls
    board: FaultBoard
    quirks: QuirkBoard

    async def health(self, _request: Request) -> Response:
        """Say that the sandbox is there: {"status", "profile", "accounts", "time"}."""
        world = self.world
        time = world.now().isoformat(timespec="seconds")
        body = {"status": "ok", "profile": world.utility.profile, "accounts": world.size, "time": time}
        return JSONResponse(body)

    async def count(self, _request: Request) -> Response:
        """Give the calls counted since the last DELETE."""
        return JSONResponse(self.calls.as_json())

    async def forget_calls(self, _request: Request) -> Response:
        """Begin counting at zero."""
        self.calls.clear()
        return JSONResponse(self.calls.as_json())

    async def faults(self, _request: Request) -> Response:
        """Give every system's bad manners."""
        return JSONResponse(self.board.as_json())

    async def known_faults(self, _request: Request) -> Response:
        """Give the keys each system knows."""
        return JSONResponse(KNOWN)

    async def misbehave(self, request: Request) -> Response:
        """Replace one system's bad manners."""
        wanted = json_object(await request.body())
        return JSONResponse(self.board.put(request.path_params["system"], wanted).as_json())

    async def mend(self, request: Request) -> Response:
        """Bring good manners back, of one system or of all."""
        self.board.clear(request.path_params.get("system"))
        return JSONResponse(self.board.as_json())

    async def show_quirks(self, _request: Request) -> Response:
        """Give the quirks of every identity system."""
        return JSONResponse(self.quirks.as_json())

    async def set_quirks(self, request: Request) -> Response:
        """Change some quirks of one identity system."""
        self.quirks.put(request.path_params["system"], json_object(await request.body()))
        return JSONResponse(self.quirks.as_json())

    async def forget_quirks(self, request: Request) -> Response:
        """Bring one identity system, or all, back to having none."""
        self.quirks.clear(request.path_params.get("system"))
        return JSONResponse(self.quirks.as_json())

    async def holders(self, request: Request) -> Response:
        """Give holders of exactly `size` accounts with what links them: names, codes, bills, QR texts, meters."""
        size = positive(request.query_params.get("size", "1"), "size")
        wanted = min(positive(request.query_params.get("count", "1"), "count"), MOST_HOLDERS)
        found = islice(self.world.holders(size), wanted)
        return JSONResponse([{"accounts": [self._account(number) for number in numbers]} for numbers in found])

    async def pay(self, request: Request) -> Response:
        """Make a payment: {"account", "amount" (major units), "operator"?, "posted"? (default true)}."""
        wanted = Wanted(json_object(await request.body()), {"account", "amount", "operator", "posted"})
        amount = wanted.amount_minor("amount")
        posted = wanted.flag("posted", default=True)
        operator = wanted.text("operator", "")
        payment = self.world.make_payment(wanted.text("account"), amount, operator, posted=posted)
        return JSONResponse(self._payment(payment), status_code=201)

    async def post_payment(self, request: Request) -> Response:
        """Post a payment that waits in the staging table, by its id or its row's id."""
        return JSONResponse(self._payment(self.world.post_incoming(request.path_params["number"])))

    async def read(self, request: Request) -> Response:
        """Make a reading: {"account" or "meter", "obis"?, "value"?, "source"?}; by default what the meter shows."""
        wanted = Wanted(json_object(await request.body()), {"account", "meter", "obis", "value", "source"})
        serial = wanted.text("meter", "") or self._meter_of(wanted.text("account"))
        meter = self.world.meter(serial)
        if meter is None:
            raise LookupError(f"there is no meter {serial!r}")
        obis = wanted.text("obis", meter.registers[0].obis)
        value = wanted.energy("value")
        stand = self.world.current_stand(serial, obis) if value is None else value
        reading = self.world.make_reading(serial, obis, stand, source=wanted.text("source", "CUSTOMER"))
        body = {"id": reading.object_id, "meter": serial, "obis": obis, "value": f"{reading.value:f}"}
        return JSONResponse({**body, "readAt": reading.read_at.isoformat(), "source": reading.source}, status_code=201)

    async def begin_outage(self, request: Request) -> Response:
        """Begin an outage: {"account" or "group", "kind"? (default EMERGENCY), "minutes"? (default 120)}."""
        wanted = Wanted(json_object(await request.body()), {"account", "group", "kind", "minutes"})
        outage = self.world.make_outage(
            wanted.text("kind", "EMERGENCY"),
            account=wanted.text("account", "") or None,
            group=wanted.text("group", "") or None,
            minutes=wanted.whole("minutes", 120),
        )
        times = {"startsAt": outage.starts_at.isoformat(), "expectedEndAt": outage.expected_end_at.isoformat()}
        body = {"id": outage.id, "kind": outage.kind, "group": outage.group, "accounts": outage.accounts, **times}
        return JSONResponse(body, status_code=201)

    async def loaded(self, _request: Request) -> Response:
        """Give the interval meters that Green Button feeds brought."""
        return JSONResponse([self._loaded(each.meter.serial) for each in self.world.loaded_meters()])

    async def load(self, request: Request) -> Response:
        """Load a Green Button feed (the body) into the meter of ?account=."""
        meter = self.world.load_green_button(request.query_params.get("account", ""), await request.body())
        return JSONResponse(self._loaded(meter.serial), status_code=201)

    async def advance(self, request: Request) -> Response:
        """Move the clock forward: {"advance_seconds": n}."""
        wanted = Wanted(json_object(await request.body()), {"advance_seconds"})
        self.world.clock.advance(wanted.whole("advance_seconds"))
        return JSONResponse({"time": self.world.now().isoformat(timespec="seconds")})

    def _account(self, number: str) -> dict[str, object]:
        who = self.world.subscribers([number])[0]
        if who is None:
            raise LookupError(f"there is no account {number!r}")
        bills = self.world.bills(number)
        return {
            "number": number,
            "last_name": who.last_name,
            "region_code": who.region_code,
            "district_code": who.district_code,
            "bill_number": bills[-1].number if bills else None,
            "qr": bills[-1].qr if bills else None,
            "meters": [meter.serial for point in self.world.usage_points(number) for meter in point.meters],
        }

    def _meter_of(self, account: str) -> str:
        meters = [meter.serial for point in self.world.usage_points(account) for meter in point.meters]
        if not meters:
            raise LookupError(f"there is no account {account!r}")
        return meters[-1]

    def _payment(self, payment: Payment) -> dict[str, object]:
        balance = self.world.balance(payment.account)
        return {
            "id": payment.id,
            "account": payment.account,
            "amount": f"{Decimal(payment.amount_minor).scaleb(-2):f}",
            "operator": payment.operator,
            "posted": payment.posted_on is not None,
            "debt": None if balance is None else f"{Decimal(balance.debt_minor).scaleb(-2):f}",
        }

    def _loaded(self, serial: str) -> dict[str, object]:
        meter, readings = self.world.meter(serial), self.world.readings(serial)
        kwh = sum((reading.value for reading in readings), Decimal(0))
        account = meter.account if meter else None
        return {"account": account, "meter": serial, "readings": len(readings), "kwh": f"{kwh:f}"}


def _answered(answer: Answer) -> Answer:
    """Turn refusals (all of them ValueErrors, or LookupErrors) into 422 and 404 with {"error": text}."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except LookupError as error:
            return JSONResponse({"error": str(error.args[0])}, status_code=404)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=422)

    return answered
