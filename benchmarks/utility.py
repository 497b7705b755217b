"""The simulated utility that every contestant stands in front of, and its customers."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.processes import running
from gateway.app import example_operations
from gateway.demo_users import DemoUser, front_door
from schema.nodes import parse_node_id

PROFILE: Final = "ua-kharkiv"
PATIENCE_S: Final = "30"


@dataclass(frozen=True, slots=True)
class Customer:
    """A signed-in customer: how they prove themselves, and how a contestant without sign-in is told who they are."""

    accounts: int
    token: str
    subject: str


@dataclass(frozen=True, slots=True)
class Utility:
    """A running sandbox as it announced itself."""

    announced: dict[str, Any]
    pid: int
    client: httpx.Client

    def environment(self, data_dir: Path) -> dict[str, str]:
        """Write the settings of a gateway in front of it; all contestants share `data_dir`, so they share a key."""
        billing, distribution = self.announced["billing"], self.announced["distribution"]
        values = {
            "PROFILE": PROFILE,
            "DATA_DIR": str(data_dir),
            "TOKEN_LIFETIME_S": "600",  # the longest there is
            "DEADLINE_S": PATIENCE_S,  # requests queue on a busy core, and a queue is no failure
            "BILLING__TIMEOUT_S": PATIENCE_S,
            "DISTRIBUTION__TIMEOUT_S": PATIENCE_S,
            "SUPPLY__TIMEOUT_S": PATIENCE_S,
            "BILLING__BASE_URL": billing["url"],
            "BILLING__API_KEY": billing["api_key"],
            "DISTRIBUTION__ENDPOINT": distribution["url"],
            "DISTRIBUTION__USER": distribution["user"],
            "DISTRIBUTION__PASSWORD": distribution["password"],
            "SUPPLY__URL": self.announced["supply"]["url"],
        }
        return {f"GRIDGATE_{name}": value for name, value in values.items()}

    def customers(self, graphql_url: str, sizes: Sequence[int]) -> list[Customer]:
        """Register customers with so many accounts through the front door and sign them in."""
        users = asyncio.run(_settle(graphql_url, self.announced["control_url"], sizes))
        return [self._sign_in(graphql_url, user) for user in users]

    def calls(self) -> int:
        """Return the number of calls to all systems since `forget_calls`."""
        total: int = self.client.get(f"{self.announced['control_url']}/calls").raise_for_status().json()["total"]
        return total

    def forget_calls(self) -> None:
        """Set every counter to zero."""
        self.client.delete(f"{self.announced['control_url']}/calls").raise_for_status()

    def _sign_in(self, graphql_url: str, user: DemoUser) -> Customer:
        variables = {"input": {"login": user.login, "password": user.password}}
        body = {"query": example_operations()["sign-in"], "variables": variables}
        token = self.client.post(graphql_url, json=body).json()["data"]["signIn"]["accessToken"]
        headers = {"authorization": f"Bearer {token}"}
        me = self.client.post(graphql_url, json={"query": "{ me { id } }"}, headers=headers).json()["data"]["me"]
        return Customer(len(user.accounts), token, subject=parse_node_id(me["id"]).parts[0])


@contextmanager
def running_utility(data_dir: Path, *, accounts: int = 2000) -> Iterator[Utility]:
    """Run a sandbox whose clock stands still, so that every answer to one question is the same."""
    options = [f"--profile={PROFILE}", f"--accounts={accounts}", f"--data-dir={data_dir}", "--clock-speed=0"]
    with (
        running([sys.executable, "-m", "sandbox", "--until-stdin-closes", *options], {}) as process,
        httpx.Client(timeout=30, trust_env=False) as client,
    ):
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError("the sandbox could not start; its messages are above")
        yield Utility(json.loads(line), process.pid, client)


async def _settle(graphql_url: str, control_url: str, sizes: Sequence[int]) -> list[DemoUser]:
    async with front_door(graphql_url, control_url) as door:
        return [await door.settle(f"holder-of-{size}", size) for size in sizes]
