"""A small site whose only page is the one that the script of E-IMZO expects, with both stand-ins beside it."""

import asyncio
import html
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from string import Template
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

import gateway
from auth.identity.e_imzo import EImzo
from auth.identity.e_imzo_server import EImzoServer
from auth.identity.port import ProviderUnavailable, SignInRefused
from connectors.transport.deadline import Deadline
from connectors.transport.http import HttpTransport
from sandbox.clock import Clock
from sandbox.identity import capiws, e_imzo
from sandbox.identity.capiws import Computer
from sandbox.identity.people import Person
from sandbox.listeners import listen
from schema.systems import System
from tests.auth.identity.e_imzo_desk import beginning, people, settings

SCRIPT: Final = Path(gateway.__file__).parent / "static" / "pages" / "e-imzo.js"
WORDS: Final = {
    "looking": "Looking for keys",
    "choose": "Choose a key",
    "signing": "Signing",
    "id-card": "ID-card",
    "token": "BAIK token",
    "until": "valid until",
    "key-expired": "too old",
    "no-plugin": "E-IMZO is not running",
    "no-keys": "No key files",
    "no-domain": "E-IMZO does not know",
    "wrong-password": "Wrong password",
    "failed": "E-IMZO says",
    "expired": "Begin again",
}
_PAGE: Final = Template("""\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>E-IMZO</title><link rel="icon" href="data:,">
<script defer src="/e-imzo.js"></script></head>
<body><form id="e-imzo" method="post" action="/callback" $data>
<input type="hidden" name="pkcs7"><p role="status"></p><ul></ul>
</form></body></html>
""")


@dataclass(frozen=True, slots=True)
class Site:
    """A running site: where it is, and what may be changed about the customer's computer and its time."""

    url: str
    computer: Computer
    clock: Clock
    people: list[Person]


@dataclass(frozen=True, slots=True)
class _Pages:
    """The page shows what `begin` gives, or what the address says instead; the callback tells who came."""

    provider: EImzo
    kept: dict[str, str]

    async def page(self, request: Request) -> Response:
        form = await self.provider.begin(beginning(callback_url=str(request.base_url)), Deadline.within(10))
        self.kept.update(form.kept)
        shown = {**form.shown, **request.query_params}
        data = {
            "data-capiws": shown["capiws_url"],
            "data-api-keys": shown["api_keys"],
            "data-challenge": shown["challenge"],
            "data-ttl": shown["ttl"],
            **{f"data-text-{name}": text for name, text in WORDS.items()},
        }
        attributes = " ".join(f'{name}="{html.escape(value)}"' for name, value in data.items())
        origin = shown["capiws_url"].removesuffix("/service/cryptapi")
        policy = f"default-src 'none'; script-src 'self'; connect-src {origin}; img-src data:; form-action 'self'"
        return HTMLResponse(_PAGE.substitute(data=attributes), headers={"content-security-policy": policy})

    async def script(self, _request: Request) -> Response:
        return Response(SCRIPT.read_bytes(), media_type="text/javascript")

    async def callback(self, request: Request) -> Response:
        async with request.form() as form:
            answer: Mapping[str, str] = {"pkcs7": str(form["pkcs7"])}
        try:
            identity = await self.provider.finish(answer, self.kept, beginning(), Deadline.within(10))
        except (SignInRefused, ProviderUnavailable) as error:
            return PlainTextResponse(error.reason)
        tins = ",".join(each.tin for each in identity.organisations)
        return PlainTextResponse(f"{identity.subject} {identity.amr[0]} {tins}")


@contextmanager
def running_site() -> Iterator[Site]:
    """Serve the site and the stand-ins in a thread of their own."""
    ready: Queue[tuple[Site, asyncio.AbstractEventLoop, asyncio.Event]] = Queue()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(ready)))
    thread.start()
    site, loop, stop = ready.get(timeout=30)
    try:
        yield site
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


async def _serve(ready: "Queue[tuple[Site, asyncio.AbstractEventLoop, asyncio.Event]]") -> None:
    computer, clock, stop, keys = Computer(), Clock(), asyncio.Event(), {"127.0.0.1": "KEY"}
    application = capiws.create_app(people(), api_keys=keys, now=clock.now, computer=computer)
    agent = await listen(application, "127.0.0.1", 0, websockets=True)
    server = await listen(e_imzo.create_app(people(), now=clock.now), "127.0.0.1", 0)
    transport = HttpTransport(System.IDENTITY)
    address = f"ws{agent.url.removeprefix('http')}/service/cryptapi"
    chosen = settings(base_url=server.url, agent_url=address, api_keys=keys)
    pages = _Pages(EImzo(chosen, EImzoServer(chosen, transport), clock.now), {})
    routes = [
        Route("/", pages.page),
        Route("/e-imzo.js", pages.script),
        Route("/callback", pages.callback, methods=["POST"]),
        Route("/favicon.ico", Response(status_code=204)),
    ]
    site = await listen(Starlette(routes=routes), "127.0.0.1", 0)
    ready.put((Site(site.url, computer, clock, people()), asyncio.get_running_loop(), stop))
    await stop.wait()
    await transport.aclose()
    await asyncio.gather(*(each.close() for each in (site, server, agent)))
