"""A small real gateway with the GraphiQL page, and a reader who visits it in a browser."""

import asyncio
import re
import socket
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UnsetType

from gateway import graphiql

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Locator, Page

OPERATIONS: Final = {
    "hello": "query Hello {\n  hello\n}\n",
    "me": "query Me {\n  me\n}\n",
    "ticks": "subscription Ticks {\n  ticks(upTo: 3)\n}\n",
    "endless": "subscription Endless {\n  endless\n}\n",
}
TOKEN: Final = "demo-token"
LEFT: Final = threading.Event()  # set when the reader of `endless` has gone
HEADERS: Final = "[aria-label=Headers] .graphiql-editor:not(.hidden)"
VARIABLES: Final = "[aria-label=Variables] .graphiql-editor:not(.hidden)"


@strawberry.type
class Customer:
    name: str


@strawberry.type
class SignedIn:
    access_token: str
    expires_at: datetime
    customer: Customer


@strawberry.type
class Refusal:
    code: str
    message: str


@strawberry.input
class SignInInput:
    login: str
    password: str


def caller(info: strawberry.Info[Any, Any]) -> str:
    shown = (info.context.get("connection_params") or info.context["request"].headers).get("authorization")
    return "Абонент" if shown == f"Bearer {TOKEN}" else "nobody"


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "Добрий день"

    @strawberry.field
    def me(self, info: strawberry.Info[Any, Any]) -> str:
        return caller(info)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def sign_in(
        self,
        input: SignInInput,  # noqa: A002 - the schema's own name of the argument
    ) -> Annotated[SignedIn | Refusal, strawberry.union("SignInResult")]:
        if input.password != "right":
            return Refusal(code="SIGN_IN_REFUSED", message="The login or the password is wrong.")
        lifetime = timedelta(seconds=0 if input.login == "brief" else 900)
        return SignedIn(access_token=TOKEN, expires_at=datetime.now(UTC) + lifetime, customer=Customer(name="Абонент"))


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, info: strawberry.Info[Any, Any], up_to: int) -> AsyncGenerator[str, None]:
        for number in range(1, up_to + 1):
            yield f"tick {number} for {caller(info)}"

    @strawberry.subscription
    async def endless(self) -> AsyncGenerator[str, None]:
        try:
            yield "listening"
            await asyncio.get_running_loop().create_future()
        finally:
            LEFT.set()


class Endpoint(GraphQL[dict[str, Any], None]):
    async def on_ws_connect(self, context: dict[str, Any]) -> UnsetType | dict[str, object] | None:
        if (context["connection_params"] or {}).get("authorization") == "Bearer stale":
            raise ConnectionRejectionError
        return await super().on_ws_connect(context)


def small_gateway(*, title: str = "Gridgate") -> list[BaseRoute]:
    schema = strawberry.Schema(Query, Mutation, Subscription)
    endpoint = Endpoint(schema, graphql_ide=None, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL])
    page = graphiql.routes(graphql_path="/graphql", operations=OPERATIONS, title=title)
    return [Route("/graphql", endpoint), WebSocketRoute("/graphql", endpoint), *page]


@contextmanager
def served(routes: Sequence[BaseRoute]) -> Iterator[str]:
    """Serve the routes on a free port; yields host:port, and the server is gone afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(Starlette(routes=routes), log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class Visit:
    """One browser tab on the page, in a reader's words; it writes down every request and every complaint."""

    def __init__(self, page: "Page", host: str, *, first: str = "hello") -> None:
        self.page = page
        self.host = host
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda opened: self.requests.append(opened.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self.listen)
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective))"
        )
        page.goto(f"http://{host}/graphiql")
        self.sees(".graphiql-query-editor", first)

    def listen(self, message: "ConsoleMessage") -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def sees(self, selector: str, text: str) -> None:
        """Wait until the element shows the text, and fail when it does not."""
        from playwright.sync_api import expect  # noqa: PLC0415 - absent where the browser tests are skipped

        expect(self.page.locator(selector)).to_contain_text(text)

    def tabs(self) -> list[str]:
        return self.page.get_by_role("tab").all_inner_texts()

    def lines(self, editor: str) -> str:
        return "\n".join(self.page.locator(f"{editor} .CodeMirror-line").all_inner_texts())

    def headers(self) -> str:
        return self.lines(HEADERS).strip("\n\u200b")

    def open_tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name, exact=True).click()
        self.sees(".graphiql-query-editor", name)

    def run(self, *, shows: str) -> None:
        self.page.get_by_role("button", name="Execute query").click()
        self.sees(".result-window", shows)

    def write_variables(self, text: str) -> None:
        self.button("Variables").click()
        self.write(VARIABLES, text)

    def write_headers(self, text: str) -> None:
        self.write(HEADERS, text)

    def write(self, editor: str, text: str) -> None:
        self.page.locator(f"{editor} .CodeMirror").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def sign_in(self, login: str, password: str) -> None:
        self.page.get_by_label("Login").fill(login)
        self.page.get_by_label("Password").fill(password)
        self.button("Sign in").click()

    def button(self, name: str) -> "Locator":
        return self.page.get_by_role("button", name=name, exact=True)

    def stored(self, storage: str) -> dict[str, str]:
        kept: dict[str, str] = self.page.evaluate(f"({{...{storage}}})")
        return kept

    def assert_clean(self) -> None:
        outside = [url for url in self.requests if not re.match(rf"(http|ws)://{self.host}/|data:", url)]
        assert (outside, self.complaints) == ([], [])
