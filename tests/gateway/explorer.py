"""A small schema with the GraphiQL page behind a real front, and a reader who visits it in a browser."""

import asyncio
import re
import threading
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final, cast

import strawberry
from graphql import GraphQLError
from starlette.routing import BaseRoute, Route, WebSocketRoute
from strawberry.types import ExecutionContext

from gateway import graphiql
from gateway.endpoint import Caller, GraphQLEndpoint
from resolvers.graph import Graph
from schema.errors import Unauthenticated
from tests.gateway.reader import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Locator, Page

OPERATIONS: Final = {
    "hello": "query Hello {\n  hello\n}\n",
    "me": "query Me {\n  me {\n    name\n  }\n}\n",
    "ticks": "subscription Ticks {\n  ticks(upTo: 3)\n}\n",
    "endless": "subscription Endless {\n  endless\n}\n",
}
LEFT: Final = threading.Event()  # set when the reader of `endless` has gone
HEADERS: Final = "[aria-label=Headers] .graphiql-editor:not(.hidden)"
VARIABLES: Final = "[aria-label=Variables] .graphiql-editor:not(.hidden)"

Info = strawberry.Info[Caller, None]


@strawberry.type
class Customer:
    name: str


async def caller(info: Info) -> str | None:
    """Return the name of whoever asks, None for nobody."""
    subject = info.context.current().subject
    known = await info.context.house.customers.get(subject) if subject else None
    return known.name if known else None


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "Добрий день"

    @strawberry.field
    async def me(self, info: Info) -> Customer:
        name = await caller(info)
        if name is None:
            raise Unauthenticated
        return Customer(name=name)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, info: Info, up_to: int) -> AsyncGenerator[str, None]:
        for number in range(1, up_to + 1):
            yield f"tick {number} for {await caller(info) or 'nobody'}"

    @strawberry.subscription
    async def endless(self) -> AsyncGenerator[str, None]:
        try:
            yield "listening"
            await asyncio.get_running_loop().create_future()
        finally:
            LEFT.set()


class SmallSchema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing: readers who are not signed in are what is tested."""


def explorer(*, title: str = "Gridgate") -> list[BaseRoute]:
    """Return the routes of the small schema and of its page; people sign in on the pages of a front."""
    schema = SmallSchema(Query, subscription=Subscription)
    endpoint = GraphQLEndpoint(cast("Graph", schema), url="http://localhost/graphql")
    page = graphiql.routes(graphql_path="/graphql", operations=OPERATIONS, title=title)
    return [Route("/graphql", endpoint), WebSocketRoute("/graphql", endpoint), *page]


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

    def sign_in(self, login: str, password: str = PASSWORD) -> None:
        """Go from the title bar through the pages of signing in, by password, and back."""
        self.page.get_by_role("link", name="Sign in", exact=True).click()
        self.page.locator("a[href^='/sign-in/password']").click()
        self.page.locator("[name=login]").fill(login)
        self.page.locator("[name=password]").fill(password)
        self.page.locator("main form button").click()

    def button(self, name: str) -> "Locator":
        return self.page.get_by_role("button", name=name, exact=True)

    def stored(self, storage: str) -> dict[str, str]:
        kept: dict[str, str] = self.page.evaluate(f"({{...{storage}}})")
        return kept

    def assert_clean(self) -> None:
        outside = [url for url in self.requests if not re.match(rf"(http|ws)://{self.host}/|data:", url)]
        assert (outside, self.complaints) == ([], [])
