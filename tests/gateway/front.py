"""A real gateway in a thread of this process, in front of a sandbox, and a visitor who reads its pages over HTTP."""

import asyncio
import http.client
import re
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

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
from tests.sandbox_process import Sandbox

T = TypeVar("T")

PASSWORD: Final = "vechirnii-tramvai-42"
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


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    text: str

    @property
    def location(self) -> str:
        return self.headers["location"]

    @property
    def form(self) -> dict[str, str]:
        """The fields of the page's first form, as the page fills them."""
        return self.forms[0]

    @property
    def forms(self) -> list[dict[str, str]]:
        reader = _Forms()
        reader.feed(self.text)
        return reader.forms

    @property
    def words(self) -> str:
        """What a reader reads: no markup, single spaces."""
        reader = _Words()
        reader.feed(self.text)
        return " ".join(" ".join(reader.words).split())

    @property
    def links(self) -> list[str]:
        return [link.replace("&amp;", "&") for link in re.findall(r'<a [^>]*href="([^"]*)"', self.text)]


def ask(
    host: str, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: str | None = None
) -> Answer:
    connection = http.client.HTTPConnection(host.replace("localhost", "127.0.0.1"), timeout=20)
    try:
        connection.request(method, path, body, {"host": host, **(headers or {})})  # the path goes out as it is written
        response = connection.getresponse()
        pairs = [(name.lower(), value) for name, value in response.getheaders()]
        jar = SimpleCookie()
        for name, value in pairs:
            if name == "set-cookie":
                jar.load(value)
        cookies = {name: morsel.value for name, morsel in jar.items()}
        return Answer(response.status, dict(pairs), cookies, response.read().decode())
    finally:
        connection.close()


@dataclass(slots=True)
class Visitor:
    """One browser, in a reader's words: it keeps cookies and tells where its forms come from."""

    host: str
    language: str = "en"
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask(path, "GET", headers, None)

    def post(self, path: str, form: Mapping[str, str] | Sequence[tuple[str, str]], **headers: str) -> Answer:
        own = {
            "origin": f"http://{self.host}",
            "sec-fetch-site": "same-origin",
            "content-type": "application/x-www-form-urlencoded",
        }
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._ask(path, "POST", {**own, **given}, urlencode(form))

    def sign_in(self, login: str, password: str = PASSWORD, at: str = "/sign-in/password") -> Answer:
        page = self.get(at)
        return self.post("/sign-in/password/callback", {**page.form, "login": login, "password": password})

    def register(self, login: str, return_to: str = "/") -> Answer:
        form = {"name": "Olena Koval", "email": login, "password": PASSWORD, "return_to": return_to}
        return self.post("/register", form)

    def _ask(self, path: str, method: str, headers: Mapping[str, str], body: str | None) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"accept-language": self.language, **({"cookie": cookies} if cookies else {}), **headers}
        answer = ask(self.host, path, method, sent, body)
        for name, value in answer.cookies.items():
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append({})
        elif tag == "input" and self.forms and given.get("name") and given.get("type") != "checkbox":
            self.forms[-1][given["name"] or ""] = given.get("value") or ""


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)
