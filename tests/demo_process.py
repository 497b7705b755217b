"""A demo in a process of its own, and a client of its front door."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2

from tests.emitted import EMITTED

OPERATIONS: Final = Path(__file__).parents[1] / "docs" / "operations"


def operation(name: str) -> str:
    """Read one of the operations that README, GraphiQL and the tests share."""
    return (OPERATIONS / f"{name}.graphql").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class DemoProcess:
    """A running demo: its addresses, its customers, and ways to ask and to disturb."""

    facts: dict[str, Any]
    client: httpx2.Client
    pid: int
    data_dir: Path
    tokens: dict[tuple[int | str, ...], str] = field(default_factory=dict)

    def user(self, accounts: int) -> dict[str, Any]:
        """Return the customer with so many accounts."""
        found: dict[str, Any] = next(user for user in self.facts["users"] if len(user["accounts"]) == accounts)
        return found

    def token(self, accounts: int, scopes: list[str] | None = None) -> str:
        """Return an access token of the customer with so many accounts; each is asked for once."""
        key = (accounts, *(scopes or ()))
        if key not in self.tokens:
            self.tokens[key] = self.sign_in(accounts, scopes)
        return self.tokens[key]

    def sign_in(self, accounts: int, scopes: list[str] | None = None) -> str:
        """Sign the customer with so many accounts in, and return the access token."""
        user = self.user(accounts)
        given = {"login": user["login"], "password": user["password"]} | ({"scopes": scopes} if scopes else {})
        token: str = self.ask("sign-in", {"input": given})["data"]["signIn"]["accessToken"]
        EMITTED.register("an access token", token)
        return token

    def register_secrets(self) -> None:
        """Let what is known of the demo's customers and neighbours be looked for in everything that is emitted."""
        EMITTED.register_folder(self.data_dir)
        for user in self.facts["users"]:
            EMITTED.register("a login", user["login"])
            EMITTED.register("a password", user["password"])
            EMITTED.register("an account number", *user["accounts"])

    def ask(self, name: str, variables: dict[str, Any] | None = None, token: str | None = None) -> dict[str, Any]:
        """Send one of the shared operations."""
        return self.send(operation(name), variables, token)

    def send(self, query: str, variables: dict[str, Any] | None = None, token: str | None = None) -> dict[str, Any]:
        """Send an operation and return the whole answer."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"query": query, "variables": variables or {}}
        answer = self.client.post(self.facts["graphql_url"], json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        whole: dict[str, Any] = answer.json()
        return whole

    def calls(self) -> dict[str, dict[str, int]]:
        """Return the calls that the sandbox counted, by system and operation."""
        systems: dict[str, dict[str, int]] = self.client.get(f"{self.facts['control_url']}/calls").json()["systems"]
        return {system: operations for system, operations in systems.items() if operations}

    def forget_calls(self) -> None:
        """Set the sandbox's counts to zero."""
        self.client.delete(f"{self.facts['control_url']}/calls").raise_for_status()

    def disturb(self, system: str, **manners: object) -> None:
        """Switch a system's bad manners."""
        self.client.put(f"{self.facts['control_url']}/faults/{system}", json=manners).raise_for_status()

    def pretend(self, system: str, **quirks: object) -> None:
        """Switch the quirks of one of those who vouch for people."""
        self.client.put(f"{self.facts['control_url']}/quirks/{system}", json=quirks).raise_for_status()

    def calm(self) -> None:
        """Switch all bad manners off."""
        for manners in ("faults", "quirks"):
            self.client.delete(f"{self.facts['control_url']}/{manners}").raise_for_status()

    def make(self, what: str, **values: object) -> dict[str, Any]:
        """Let a payment or a reading happen now."""
        answer = self.client.post(f"{self.facts['control_url']}/{what}", json=values)
        answer.raise_for_status()
        made: dict[str, Any] = answer.json()
        return made


@contextmanager
def running_demo(data_dir: Path, **options: object) -> Iterator[DemoProcess]:
    """Run `gridgate demo` on a free port until the block ends."""
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    command = [
        str(Path(sys.executable).with_name("gridgate")),
        "demo",
        "--port=0",
        f"--data-dir={data_dir}",
        *arguments,
    ]
    with (
        (data_dir / "messages.log").open("w") as messages,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=messages, text=True) as process,
        httpx2.Client(timeout=60, trust_env=False) as client,
    ):
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if "Ctrl-C" in line:
                    break
            else:
                raise AssertionError((data_dir / "messages.log").read_text())
            demo = DemoProcess(json.loads((data_dir / "demo.json").read_text("utf-8")), client, process.pid, data_dir)
            demo.register_secrets()
            yield demo
        finally:
            process.terminate()
            rest, _ = process.communicate(timeout=20)
            (data_dir / "output.log").write_text(rest)
            EMITTED.logs += [data_dir / "messages.log", data_dir / "output.log"]
