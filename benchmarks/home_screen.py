"""The home screen through the gateway, beside a handler written by hand and stock Strawberry; see README.md."""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from benchmarks import load
from benchmarks.processes import (
    HOST,
    cores,
    free_port,
    gateway_command,
    pinned,
    quiet_processor_s,
    running,
    wait_until_listening,
)
from benchmarks.profiling import profile
from benchmarks.report import Figures, table
from benchmarks.utility import Customer, Utility, running_utility
from gateway.app import example_operations

GATEWAY, BY_HAND, STOCK = "gateway", "by hand", "stock Strawberry"
PATHS: Final = {GATEWAY: "/graphql", BY_HAND: "/home", STOCK: "/graphql"}


@dataclass(frozen=True, slots=True)
class Contestant:
    """A running server of the home screen."""

    name: str
    url: str
    pid: int


@dataclass(frozen=True, slots=True)
class Course:
    """How long and how often each contestant is measured."""

    accounts: Sequence[int]
    rounds: int
    seconds: float
    connections: int


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.home_screen", description=__doc__)
    parser.add_argument("--accounts", type=int, nargs="+", default=[1, 10, 50], help="accounts on the home screen")
    parser.add_argument("--rounds", type=int, default=3, help="how often the contestants take turns")
    parser.add_argument("--seconds", type=float, default=5, help="how long one turn lasts")
    parser.add_argument("--connections", type=int, default=8, help="requests in flight")
    parser.add_argument("--profile", action="store_true", help="show where the gateway's time goes instead")
    given = parser.parse_args()
    others, contestants = cores()
    with tempfile.TemporaryDirectory() as folder, pinned(others), running_utility(Path(folder)) as utility:
        environment = utility.environment(Path(folder) / "house")
        if given.profile:
            with pinned(contestants), _server(GATEWAY, environment) as gateway:
                customers = utility.customers(gateway.url, given.accounts)
            with pinned(contestants):
                profile(environment, customers, given.seconds)
            return
        course = Course(given.accounts, given.rounds, given.seconds, given.connections)
        with ExitStack() as opened, pinned(contestants):
            servers = [opened.enter_context(_server(name, environment)) for name in PATHS]
            opened.enter_context(pinned(others))
            for size, rounds in measure(course, servers, utility):
                print(table(size, rounds, GATEWAY), flush=True)


def measure(
    course: Course, servers: Sequence[Contestant], utility: Utility
) -> Iterator[tuple[int, Sequence[dict[str, Figures]]]]:
    """Yield, for each number of accounts, what each round showed of each contestant."""
    for customer in utility.customers(servers[0].url, course.accounts):
        requests = {server.name: _request(server, customer) for server in servers}
        _check_same_data(requests)
        for server in servers:  # connections, caches and code paths are warm before anything counts
            load.by_python(requests[server.name], course.connections, min(1, course.seconds))
        rounds: list[dict[str, Figures]] = []
        for turn in range(course.rounds):
            order = [*servers[turn % len(servers) :], *servers[: turn % len(servers)]]
            rounds.append({each.name: _turn(each, requests[each.name], course, utility) for each in order})
            print(f"{customer.accounts} account(s): round {turn + 1} of {course.rounds}", file=sys.stderr, flush=True)
        yield customer.accounts, rounds


def _turn(server: Contestant, request: load.Request, course: Course, utility: Utility) -> Figures:
    utility.forget_calls()
    before = quiet_processor_s(server.pid)
    found = load.load(request, connections=course.connections, seconds=course.seconds)
    spent_s = quiet_processor_s(server.pid) - before
    return Figures(
        processor_us=spent_s / found.served * 1e6,
        a_second=found.completed / found.seconds,
        p50_ms=found.p50_ms,
        p99_ms=found.p99_ms,
        calls=utility.calls() / found.served,
    )


def _request(server: Contestant, customer: Customer) -> load.Request:
    """Ask once and keep the answer as what every later one must be."""
    headers = {"authorization": f"Bearer {customer.token}", "x-subject": customer.subject}
    method, body = "GET", ""
    if server.name != BY_HAND:
        method, body = "POST", json.dumps({"query": example_operations()["home"]})
        headers["content-type"] = "application/json"
    answer = httpx.request(method, server.url, headers=headers, content=body, timeout=60, trust_env=False)
    return load.Request(method, server.url, headers, body, answer.raise_for_status().text)


def _check_same_data(requests: dict[str, load.Request]) -> None:
    """Refuse to compare contestants whose answers differ."""
    answers = {name: json.loads(request.expected) for name, request in requests.items()}
    for name, answer in answers.items():
        if answer != answers[GATEWAY] or "errors" in answer:
            raise SystemExit(f"{name} answers otherwise than the {GATEWAY}, or with errors: nothing was measured")


@contextmanager
def _server(name: str, environment: dict[str, str]) -> Iterator[Contestant]:
    port = free_port()
    peer = [sys.executable, "-m", "benchmarks.contestants", "by_hand" if name == BY_HAND else "stock", str(port)]
    with running(gateway_command(port) if name == GATEWAY else peer, environment) as process:
        wait_until_listening(process, port)
        yield Contestant(name, f"http://{HOST}:{port}{PATHS[name]}", process.pid)


if __name__ == "__main__":
    main()
