"""A real gateway in a thread of this process, in front of a sandbox, whose ways to sign in a test may choose."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from auth.identity.port import (
    Beginning,
    Identity,
    IdentityProvider,
    ProviderUnavailable,
    Redirect,
    SignInRefused,
    Step,
)
from connectors.transport.deadline import Deadline
from gateway.entrance import Entrance
from gateway.pages import routes as pages
from gateway.settings import GivenSettings, Settings
from gateway.wiring import open_house
from resolvers.house import House
from schema.authentication import Assurance
from tests.gateway.reader import Visitor, ask
from tests.sandbox_process import Sandbox

T = TypeVar("T")

_NUMBERS: Final = count(1)

SMS: Final = {"turbosms": {"token": "t", "sender": "Grid", "base_url": "http://127.0.0.1:9"}}
"""A gateway that is set up and never reached: nothing here is sent."""


@dataclass(slots=True)
class Elsewhere:
    """Somebody who vouches for people as a test says: what a browser is sent to, and what is made of its answer."""

    name: str
    step: Step
    verdict: Identity | SignInRefused | ProviderUnavailable
    assurance: Assurance = Assurance.HIGH
    signs_out_to: str | None = None
    hints: list[str] = field(default_factory=list)

    async def begin(self, beginning: Beginning, deadline: Deadline) -> Step:  # noqa: ARG002 -- the port's signature
        if isinstance(self.step, Redirect):
            return Redirect(f"{self.step.url}?state={beginning.state}")
        return self.step

    async def finish(
        self,
        answer: Mapping[str, str],  # noqa: ARG002 -- the port's signature
        kept: Mapping[str, str],  # noqa: ARG002 -- same
        beginning: Beginning,  # noqa: ARG002 -- same
        deadline: Deadline,  # noqa: ARG002 -- same
    ) -> Identity:
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict

    async def sign_out(self, hint: str, return_to: str, deadline: Deadline) -> str | None:  # noqa: ARG002 -- same
        self.hints.append(hint)
        return self.signs_out_to


@dataclass(slots=True)
class Front:
    """A running gateway: its address, and its parts, whose verbs run on the gateway's own loop."""

    host: str
    house: House
    entrance: Entrance
    loop: asyncio.AbstractEventLoop

    def run(self, verb: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(verb, self.loop).result(timeout=20)


def newcomer(front: Front) -> tuple[Visitor, str]:
    """Return a new customer, signed in, and their login."""
    visitor, login = Visitor(front.host), f"customer{next(_NUMBERS)}@example.org"
    assert visitor.register(login).status == 303
    return visitor, login


def subject_of(front: Front, login: str) -> str:
    known = front.run(front.house.customers.by_email(login))
    assert known is not None
    return known.customer.subject


def settings_for(sandbox: Sandbox, data_dir: Path, host: str, **more: object) -> Settings:
    distribution = sandbox.distribution
    given: dict[str, Any] = {
        "profile": "ua-kharkiv",
        "data_dir": data_dir,
        "issuer": f"http://{host}",
        "billing": {"base_url": sandbox.billing["url"], "api_key": sandbox.billing["api_key"]},
        "distribution": {
            "endpoint": distribution["url"],
            "user": distribution["user"],
            "password": distribution["password"],
        },
        "supply": {"url": sandbox.supply["url"]},
        "identity": {"sms": SMS},
        **more,
    }
    return GivenSettings(**given)


@contextmanager
def running_front(
    sandbox: Sandbox,
    data_dir: Path,
    *,
    providers: Sequence[IdentityProvider] | None = None,
    more_routes: Sequence[BaseRoute] = (),
    **more: object,
) -> Iterator[Front]:
    """Run a gateway on a free port; `providers`, where given, are the ways to sign in instead of the profile's."""
    opened: list[Front] = []

    def app(host: str) -> Starlette:
        settings = settings_for(sandbox, data_dir, host, **more)
        return Starlette(
            routes=[*pages.routes(deadline_s=10.0), *more_routes], lifespan=_lifespan(settings, providers, opened)
        )

    with served(app) as host:
        ask(host, "/pages/static/none")  # answered as soon as the house is open
        yield opened[0]


@contextmanager
def served(app: Callable[[str], Starlette]) -> Iterator[str]:
    """Serve an application, made for its host, on a free port; the server is gone afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host = f"localhost:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(app(host), log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield host
        finally:
            server.should_exit = True
            thread.join()


def _lifespan(
    settings: Settings, providers: Sequence[IdentityProvider] | None, opened: list[Front]
) -> Callable[[Starlette], Any]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[Mapping[str, object]]:
        async with open_house(settings) as (house, shipped):
            entrance = shipped
            if providers is not None:
                by_name = {provider.name: provider for provider in providers}
                entrance = replace(shipped, flow=replace(shipped.flow, providers=by_name))
            host = settings.issuer.removeprefix("http://")
            opened.append(Front(host, house, entrance, asyncio.get_running_loop()))
            yield {
                "house": house,
                "entrance": entrance,
                "callers": entrance.callers,
                "authorization": entrance.server,
            }

    return lifespan
