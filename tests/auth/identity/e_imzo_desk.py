"""Both ways of E-IMZO, wired to the stand-in of E-IMZO-SERVER on a socket, with a clock that tests move."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from auth.identity.e_imzo import EImzo
from auth.identity.e_imzo_mobile import EImzoMobile
from auth.identity.e_imzo_server import EImzoServer
from auth.identity.e_imzo_settings import EImzoSettings
from auth.identity.port import Beginning, Identity, ProviderUnavailable, SignInRefused, Visitor
from connectors.transport.deadline import Deadline
from connectors.transport.http import HttpTransport
from sandbox.clock import Clock
from sandbox.identity import e_imzo
from sandbox.identity.certificates import Carrier, Certificate, certificates
from sandbox.identity.e_imzo_quirks import Quirks
from sandbox.identity.people import People, Person
from sandbox.identity.pkcs7 import sign
from sandbox.listeners import listen
from sandbox.quirks import QuirkBoard
from sandbox.world import World
from schema.systems import System

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
SITE = "kabinet.example"
ADDRESS = "192.0.2.7"
DEADLINE_S = 20.0


def clock() -> Clock:
    return Clock(NOON, speed=0)


@cache
def people() -> list[Person]:
    return list(People(World("uz-het", accounts=400, clock=clock())))


def settings(**changes: Any) -> EImzoSettings:  # noqa: ANN401 -- any setting
    return EImzoSettings(**{"base_url": "http://127.0.0.1:9", "site": SITE, **changes})


def beginning(
    address: str = ADDRESS, callback_url: str = "https://kabinet.example/sign-in/e-imzo/callback"
) -> Beginning:
    return Beginning("a state", callback_url, Visitor(address))


def verdict(error: BaseException) -> tuple[type[BaseException], str]:
    """Return how a sign-in failed, and the reason."""
    assert isinstance(error, SignInRefused | ProviderUnavailable)
    return type(error), error.reason


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that reached E-IMZO-SERVER."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Recorder:
    """Write down what reaches an app."""

    app: ASGIApp
    asked: list[Asked] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        message = await receive()
        self.asked.append(Asked(scope["method"], scope["path"], headers, message.get("body", b"")))
        messages = [message]

        async def again() -> Any:  # noqa: ANN401 -- ASGI's message
            return messages.pop() if messages else await receive()

        await self.app(scope, again, send)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the tests of both ways use."""

    desktop: EImzo
    mobile: EImzoMobile
    server_url: str
    quirks: Quirks
    clock: Clock
    people: list[Person]
    asked: list[Asked]

    def certificate(self, login: str, carrier: Carrier = Carrier.FILE, *, acts: bool = False) -> Certificate:
        """Return somebody's certificate, or with `acts` the one with which they act for their organisation."""
        return next(
            each
            for each in certificates(self.people, self.clock.now())
            if (each.person.login, each.carrier, each.organisation is not None) == (login, carrier, acts)
        )

    def sign(self, content: str, signer: Certificate) -> dict[str, str]:
        """Return the answer of a browser whose customer signed."""
        signature = sign(content.encode(), signer.serial, signer.alias, self.clock.now())
        return {"pkcs7": b64encode(signature).decode()}

    def forget(self) -> None:
        """Begin a new test: good manners, and nothing was asked."""
        QuirkBoard({"e_imzo": self.quirks}).clear()
        self.asked.clear()

    async def begin(self) -> Mapping[str, str]:
        """Begin on a computer; returns what is kept for the browser."""
        return (await self.desktop.begin(beginning(), Deadline.within(DEADLINE_S))).kept

    async def finish(self, answer: Mapping[str, str], kept: Mapping[str, str]) -> Identity:
        return await self.desktop.finish(answer, kept, beginning(), Deadline.within(DEADLINE_S))

    async def sign_in(self, login: str = "person1") -> Identity:
        """Sign in on a computer with a key file."""
        kept = await self.begin()
        return await self.finish(self.sign(kept["challenge"], self.certificate(login)), kept)

    async def begin_mobile(self) -> Mapping[str, str]:
        """Begin on a phone; returns what is kept for the browser."""
        return (await self.mobile.begin(beginning(), Deadline.within(DEADLINE_S))).kept

    async def finish_mobile(self, kept: Mapping[str, str], answer: Mapping[str, str] | None = None) -> Identity:
        return await self.mobile.finish(answer or {}, kept, beginning(), Deadline.within(DEADLINE_S))

    async def phone_signs(self, kept: Mapping[str, str], login: str) -> None:
        async with httpx.AsyncClient(base_url=self.server_url) as phone:
            answer = await phone.post("/phone", data={"document_id": kept["document_id"], "login": login})
            answer.raise_for_status()


@asynccontextmanager
async def open_desk(**changes: Any) -> AsyncIterator[Desk]:  # noqa: ANN401 -- any setting
    time, crowd, quirks = clock(), people(), Quirks()
    recorder = Recorder(e_imzo.create_app(crowd, now=time.now, quirks=quirks))
    listener = await listen(recorder, "127.0.0.1", 0)
    transport = HttpTransport(System.IDENTITY)
    chosen = settings(**{"base_url": listener.url, **changes})
    server = EImzoServer(chosen, transport)
    try:
        yield Desk(
            desktop=EImzo(chosen, server, time.now),
            mobile=EImzoMobile(chosen, server, time.now),
            server_url=listener.url,
            quirks=quirks,
            clock=time,
            people=crowd,
            asked=recorder.asked,
        )
    finally:
        await transport.aclose()
        await listener.close()
