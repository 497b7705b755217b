"""A distribution stand-in on a free port of loopback, and a zeep client for it that loads the WSDL from its file."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn
import zeep
from zeep.proxy import AsyncServiceProxy
from zeep.transports import AsyncTransport

from sandbox.calls import Calls
from sandbox.clock import Clock
from sandbox.distribution.app import create_app
from sandbox.distribution.envelope import NAMESPACE, SOAP
from sandbox.faults import FaultBoard
from sandbox.metering import Reading
from sandbox.world import World

ROOT = Path(__file__).parents[2]
WSDL = ROOT / "sandbox" / "distribution" / "distribution.wsdl"
CLIENT_WSDL = ROOT / "connectors" / "distribution" / "distribution.wsdl"
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HEADER = {"Version": "3.0", "UserID": "gridgate", "Pwd": "open sesame", "AppName": "tests", "Company": "tests"}
STRICT = zeep.Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)


@dataclass(frozen=True, slots=True)
class Stand:
    """Hold a running stand-in and what is behind it."""

    world: World
    calls: Calls
    board: FaultBoard
    url: str

    def counted(self) -> Mapping[str, int]:
        """Give the operations counted so far."""
        systems = self.calls.as_json()["systems"]
        assert isinstance(systems, dict)
        return dict(systems["distribution"])

    def newest_first(self, serial: str) -> list[Reading]:
        """Give a meter's readings newest first, by objectID within one time."""
        return sorted(self.world.readings(serial), key=lambda each: (-each.read_at.timestamp(), each.object_id))

    def meters(self, count: int) -> list[str]:
        """Give the serials of the meters in place at the first accounts."""
        accounts = (self.world.number(index) for index in range(self.world.size))
        points = (point for number in accounts for point in self.world.usage_points(number))
        serials = (meter.serial for point in points for meter in point.meters if meter.removed_on is None)
        return [serial for _, serial in zip(range(count), serials, strict=False)]


@contextmanager
def running(accounts: int = 400) -> Iterator[Stand]:
    """Serve a world whose clock stands still; the socket listens before the server starts, so nobody waits."""
    world = World("ua-kharkiv", accounts=accounts, seed=1, clock=Clock(NOW, speed=0))
    calls, board = Calls(), FaultBoard(world.utility.zone)
    app = create_app(world, calls, board, user=HEADER["UserID"], password=HEADER["Pwd"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Stand(world, calls, board, f"http://127.0.0.1:{listener.getsockname()[1]}/soap")
        finally:
            server.should_exit = True
            thread.join()


@asynccontextmanager
async def operations(stand: Stand, wsdl: str | None = None) -> AsyncIterator[AsyncServiceProxy]:
    """Give the operations at the stand-in as zeep calls them."""
    with httpx.Client() as for_wsdl:
        async with httpx.AsyncClient(timeout=10) as client:
            transport = AsyncTransport(client=client, wsdl_client=for_wsdl)  # type: ignore[no-untyped-call] # zeep has no types
            soap = zeep.AsyncClient(wsdl or str(WSDL), transport=transport, settings=STRICT)  # type: ignore[no-untyped-call] # zeep has no types
            soap.set_default_soapheaders({"MultiSpeakMsgHeader": HEADER})  # type: ignore[no-untyped-call] # zeep has no types
            binding = soap.wsdl.bindings[f"{{{NAMESPACE}}}DistributionSoap"]
            yield AsyncServiceProxy(soap, binding, address=stand.url)  # type: ignore[no-untyped-call] # zeep has no types


def feed(begin: datetime, *, hours: int) -> bytes:
    """Write a Green Button feed of hourly intervals of 1 kWh."""
    readings = "".join(
        f"<IntervalReading><timePeriod><duration>3600</duration><start>{int(begin.timestamp()) + 3600 * hour}</start>"
        "</timePeriod><value>1000</value></IntervalReading>"
        for hour in range(hours)
    )
    espi = "http://naesb.org/espi"
    kind = f'<ReadingType xmlns="{espi}"><powerOfTenMultiplier>0</powerOfTenMultiplier><uom>72</uom></ReadingType>'
    block = f'<IntervalBlock xmlns="{espi}">{readings}</IntervalBlock>'
    entries = "".join(f"<entry><content>{content}</content></entry>" for content in (kind, block))
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()


def strings(*numbers: str) -> dict[str, list[str]]:
    """Give an ArrayOfString as zeep takes it."""
    return {"string": list(numbers)}


def envelope(body: str, *, user: str = HEADER["UserID"], password: str = HEADER["Pwd"]) -> str:
    """Write a request by hand."""
    header = f'<d:MultiSpeakMsgHeader UserID="{user}" Pwd="{password}"/>'
    opening = f'<s:Envelope xmlns:s="{SOAP}" xmlns:d="{NAMESPACE}">'
    return f"{opening}<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"


def post(stand: Stand, document: str | bytes, **headers: str) -> httpx.Response:
    """Send a document as it is."""
    return httpx.post(stand.url, content=document, headers={"content-type": "text/xml", **headers}, timeout=10)


def items(listing: Mapping[str, Sequence[Any]] | None, name: str) -> list[Any]:
    """Give the items of a list as zeep read it: it reads the empty element as None."""
    return [] if listing is None else list(listing[name])
