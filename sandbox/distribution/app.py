"""The distribution system's front door: POST /soap for the operations, GET /soap?wsdl for their description."""

from __future__ import annotations

import hmac
from importlib.resources import files

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.calls import Calls
from sandbox.distribution.envelope import (
    NAMESPACE,
    Content,
    Request,
    SoapFaultError,
    answer,
    attribute,
    fault,
    read_request,
)
from sandbox.distribution.operations import operations, renamed
from sandbox.distribution.spelling import Spelling, element, local
from sandbox.disturbance import Disturbed
from sandbox.faults import FaultBoard, Faults
from sandbox.world import World

SYSTEM = "distribution"
LARGEST_REQUEST = 1 << 20
MEDIA_TYPE = "text/xml"


def create_app(world: World, calls: Calls, board: FaultBoard, *, user: str, password: str) -> ASGIApp:
    """Build the stand-in as an ASGI app that has the manners on the board."""
    door = _Door(world, calls, board, (user, password))
    routes = [Route("/soap", door.answer, methods=["POST"]), Route("/soap", door.describe, methods=["GET"])]
    return Disturbed(Starlette(routes=routes), board, SYSTEM)


class _Door:
    """Answer HTTP requests of one stand-in."""

    def __init__(self, world: World, calls: Calls, board: FaultBoard, credentials: tuple[str, str]) -> None:
        self._world = world
        self._calls = calls
        self._board = board
        self._credentials = _one_secret(*credentials)
        self._operations = operations(world)
        self._wsdl = files("sandbox.distribution").joinpath("distribution.wsdl").read_text("utf-8")

    async def answer(self, http: HttpRequest) -> Response:
        """Answer one SOAP request; a fault has status 500 (SOAP 1.1, 6.2), or 200 by the manner `fault_in_200`."""
        faults = self._board.of(SYSTEM)
        try:
            request = await self._recorded(http, faults)
            self._admit(request, http.headers.get("soapaction", ""))
            content = self._carry_out(request, faults)
        except SoapFaultError as error:
            return Response(fault(error), 200 if faults.fault_in_200 else 500, media_type=MEDIA_TYPE)
        if faults.fault_in_200:
            return Response(fault(SoapFaultError("Server", "internal error")), media_type=MEDIA_TYPE)
        return Response(answer(request.operation, content), media_type=MEDIA_TYPE)

    async def _recorded(self, http: HttpRequest, faults: Faults) -> Request:
        """Read a request and count it, even where it is refused later."""
        try:
            request = read_request(await _body(http))
        except SoapFaultError:
            self._calls.record(SYSTEM, "unreadable")
            raise
        if request.operation not in self._known(faults):
            self._calls.record(SYSTEM, "unknown")
            raise SoapFaultError("Client", f"unknown operation {request.operation}")
        self._calls.record(SYSTEM, request.operation)
        return request

    def _known(self, faults: Faults) -> dict[str, str]:
        """Give names on the wire with their names in the WSDL."""
        return {renamed(name) if faults.renamed_operations else name: name for name in self._operations}

    def _admit(self, request: Request, action: str) -> None:
        """Refuse during maintenance, without credentials, and for a SOAPAction that contradicts the body."""
        until = self._board.maintenance(SYSTEM, self._world.now())
        if until is not None:
            end = local(until.astimezone(self._world.utility.zone))
            detail = f'<maintenance xmlns="{NAMESPACE}">{element("until", end)}</maintenance>'
            raise SoapFaultError("Server", f"MAINTENANCE until {end}", detail)
        if not hmac.compare_digest(_one_secret(request.user, request.password), self._credentials):
            raise SoapFaultError("Client", "the credentials of MultiSpeakMsgHeader are not accepted")
        if action.strip('"') and renamed(action.strip('"')) != renamed(f"{NAMESPACE}/{request.operation}"):
            raise SoapFaultError("Client", "SOAPAction names another operation than soap:Body")

    def _carry_out(self, request: Request, faults: Faults) -> Content:
        operation = self._operations[self._known(faults)[request.operation]]
        spelling = Spelling(request.operation, faults, self._world.now(), self._world.utility.zone)
        return operation(request.arguments, spelling)

    async def describe(self, http: HttpRequest) -> Response:
        """Answer the WSDL with this stand-in's own address, and with the vendor's names where they are renamed."""
        if not any(key.lower() == "wsdl" for key in http.query_params):
            return PlainTextResponse("POST a SOAP 1.1 envelope, or GET ?wsdl\n", 404)
        self._calls.record(SYSTEM, "wsdl")
        text = renamed(self._wsdl) if self._board.of(SYSTEM).renamed_operations else self._wsdl
        address = attribute(str(http.url.replace(query="", fragment="")))
        return Response(text.replace("http://127.0.0.1/soap", address), media_type=MEDIA_TYPE)


def _one_secret(user: str, password: str) -> bytes:
    """Join what XML can carry by what it cannot."""
    return f"{user}\0{password}".encode()


async def _body(http: HttpRequest) -> bytes:
    body = bytearray()
    async for chunk in http.stream():
        body += chunk
        if len(body) > LARGEST_REQUEST:
            raise SoapFaultError("Client", f"a request holds at most {LARGEST_REQUEST} bytes")
    return bytes(body)
