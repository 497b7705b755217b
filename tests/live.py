"""Balances followed live in a running demo: what an event shows, and what can be made to happen."""

from asyncio import timeout
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.demo_process import DemoProcess, operation
from tests.transport_ws import LONGEST_WAIT_S, Connection, connected


@dataclass(frozen=True, slots=True)
class Shown:
    """A balance as an event or an answer shows it, in minor units; a debt is positive."""

    number: str
    owes: int
    is_stale: bool
    pending: int | None

    @classmethod
    def of(cls, number: str, balance: dict[str, Any]) -> "Shown":
        """Read the fields of the shared operation."""
        amount = int(balance["amount"]["minor"])
        owes = -amount if balance["standing"] == "CUSTOMER_IN_CREDIT" else amount
        pending = balance["pendingTotal"]
        return cls(number, owes, balance["isStale"], int(pending["minor"]) if pending else None)

    @classmethod
    def in_event(cls, result: dict[str, Any]) -> "Shown":
        """Read an event, which has no errors."""
        assert "errors" not in result, result
        changed = result["data"]["balanceChanged"]
        return cls.of(changed["account"]["number"], changed["balance"])


def pay(demo: DemoProcess, number: str, minor: int, *, posted: bool = True) -> int:
    """Pay at the utility, past the gateway; returns the payment's id."""
    amount = f"{minor // 100}.{minor % 100:02}"
    made: int = demo.make("payments", account=number, amount=amount, posted=posted)["id"]
    return made


def holder(demo: DemoProcess, size: int) -> list[dict[str, Any]]:
    """Return the accounts of the first holder of so many, with what links them."""
    found = demo.client.get(f"{demo.facts['control_url']}/holders?size={size}&count=1").json()
    accounts: list[dict[str, Any]] = found[0]["accounts"]
    return accounts


def link(demo: DemoProcess, account: dict[str, Any], token: str) -> None:
    """Link an account by its bill's QR."""
    linked = demo.ask("link-account", {"input": {"billQr": account["qr"]}}, token)
    assert linked["data"]["linkAccount"]["number"] == account["number"]


def unlink(demo: DemoProcess, number: str, token: str) -> None:
    """Unlink an account."""
    answer = demo.send("mutation($n: AccountNumber!) { unlinkAccount(number: $n) { number } }", {"n": number}, token)
    assert answer["data"]["unlinkAccount"]["number"] == number


def looks(demo: DemoProcess) -> int:
    """Return how often billing was asked for balances since the counts were forgotten."""
    return demo.calls().get("billing", {}).get("balances.query", 0)


async def time_passes(demo: DemoProcess, seconds: float) -> None:
    """Listen for a while on a connection that nothing is subscribed on."""
    async with connected(demo.facts["websocket_url"]) as connection:
        await connection.is_silent_for(seconds)


async def next_look(demo: DemoProcess) -> None:
    """Return when billing has been asked once more, whether or not it has answered."""
    demo.forget_calls()
    async with timeout(LONGEST_WAIT_S), connected(demo.facts["websocket_url"]) as connection:
        while not looks(demo):
            await connection.is_silent_for(0.02)


def ask_balances(demo: DemoProcess, token: str, numbers: Sequence[str]) -> dict[str, Shown]:
    """Ask by an ordinary query."""
    fields = "number balance { amount standing isStale pendingTotal }"
    query = f"query($n: [AccountNumber!]) {{ me {{ accounts(first: 100, numbers: $n) {{ nodes {{ {fields} }} }} }} }}"
    answer = demo.send(query, {"n": list(numbers)}, token)
    assert "errors" not in answer, answer
    nodes = answer["data"]["me"]["accounts"]["nodes"]
    return {node["number"]: Shown.of(node["number"], node["balance"]) for node in nodes}


@asynccontextmanager
async def following(
    demo: DemoProcess,
    token: str | None,
    numbers: Sequence[str],
    query: str | None = None,
    **options: Any,  # noqa: ANN401 -- of websockets
) -> AsyncIterator[Connection]:
    """Follow accounts by the shared operation, or another one; no event is taken yet."""
    async with connected(demo.facts["websocket_url"], token, **options) as connection:
        await connection.subscribe(query or operation("balance-changed"), {"accounts": list(numbers)})
        yield connection


async def current(connection: Connection, numbers: Sequence[str]) -> dict[str, Shown]:
    """Take the first events: one for each account, in any order."""
    shown = [Shown.in_event(await connection.event()) for _ in numbers]
    assert sorted(each.number for each in shown) == sorted(numbers)
    return {each.number: each for each in shown}


async def next_shown(connection: Connection) -> Shown:
    """Take the next event."""
    return Shown.in_event(await connection.event())
