"""The demo's customers: registered and linked through the front door, like anybody else."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from rich.progress import track

from connectors.transport.deadline import Deadline
from connectors.transport.http import HttpTransport
from connectors.transport.port import Exchange, Transport
from gateway.app import example_operations
from schema.systems import System

PASSWORD: Final = "correct-demo-battery"  # noqa: S105 -- of simulated customers, on loopback
CALL_S: Final = 30


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A customer of the demo with the numbers of the linked accounts."""

    login: str
    password: str
    accounts: tuple[str, ...]


class FrontDoor:
    """The gateway's endpoint and the sandbox's control endpoint, as a client sees them."""

    def __init__(self, transport: Transport, graphql_url: str, control_url: str) -> None:
        self.transport = transport
        self._graphql_url = graphql_url
        self._control_url = control_url
        self._operations = example_operations()

    async def settle(self, name: str, size: int) -> DemoUser:
        """Sign a customer in, registering them the first time, and link every account of a holder of that size."""
        login = f"{name}@demo.example"
        token = await self._token(login, f"Demo {name}")
        accounts = await self._accounts_of_holder(size) if size else []
        for account in track(accounts, description=f"Linking {size} accounts", transient=True, disable=size < 2):  # noqa: PLR2004 -- one needs no bar
            await self._graphql("link-account", {"input": {"billQr": account["qr"]}}, token)
        return DemoUser(login, PASSWORD, tuple(account["number"] for account in accounts))

    async def _token(self, login: str, name: str) -> str:
        signed_in = await self._graphql("sign-in", {"input": {"login": login, "password": PASSWORD}})
        if "accessToken" not in signed_in["signIn"]:
            signed_in = await self._graphql("register", {"input": {"name": name, "email": login, "password": PASSWORD}})
        token: str = next(iter(signed_in.values()))["accessToken"]
        return token

    async def _accounts_of_holder(self, size: int) -> list[dict[str, str]]:
        exchange = Exchange("demo.holders", "GET", f"{self._control_url}/holders?size={size}&count=1")
        answer = await self.transport.send(exchange, Deadline.within(CALL_S))
        accounts: list[dict[str, str]] = json.loads(answer.body)[0]["accounts"]
        return accounts

    async def _graphql(self, name: str, variables: Mapping[str, object], token: str | None = None) -> dict[str, Any]:
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        body = json.dumps({"query": self._operations[name], "variables": variables}).encode()
        exchange = Exchange(f"demo.{name}", "POST", self._graphql_url, headers, body)
        answer = await self.transport.send(exchange, Deadline.within(CALL_S))
        data: dict[str, Any] = json.loads(answer.body)["data"]
        return data


@asynccontextmanager
async def front_door(graphql_url: str, control_url: str) -> AsyncIterator[FrontDoor]:
    """Open the front door as a client."""
    transport = HttpTransport(System.IDENTITY)
    try:
        yield FrontDoor(transport, graphql_url, control_url)
    finally:
        await transport.aclose()
