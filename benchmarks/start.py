"""Start time and memory of gateway and sandbox, before a small utility and one of a million; see README.md."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median
from typing import Final

import httpx

from benchmarks.processes import HOST, free_port, gateway_command, resident_mib, running, wait_until_listening
from benchmarks.utility import running_utility
from gateway.app import example_operations

SIZES: Final = (2_000, 1_000_000)
HOLDER: Final = 10
"""The customer whose home screen is asked for has that many accounts."""
HOME_SCREENS: Final = 20
HEADINGS: Final = ("gateway s", "MiB", "MiB, served", "sandbox s", "MiB", "MiB, served")


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds until a process answered; MiB resident then, and after it had served some home screens."""

    gateway_s: float
    gateway_mib: float
    gateway_served_mib: float
    sandbox_s: float
    sandbox_mib: float
    sandbox_served_mib: float


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--accounts", type=int, nargs="+", default=list(SIZES), help="accounts of the utilities")
    parser.add_argument("--rounds", type=int, default=5, help="how often the utilities take turns")
    given = parser.parse_args()
    print(table(measure(given.accounts, given.rounds)))


def measure(sizes: Sequence[int], rounds: int) -> Mapping[int, Sequence[Start]]:
    """Start in front of each utility in turn, so that all meet the same weather."""
    found: dict[int, list[Start]] = {size: [] for size in sizes}
    for turn in range(rounds):
        for size in sizes:
            found[size].append(start(size))
        print(f"round {turn + 1} of {rounds}", file=sys.stderr, flush=True)
    return found


def start(accounts: int) -> Start:
    """Start a sandbox and a gateway with an empty store, weigh both, let them serve, and weigh them again."""
    with tempfile.TemporaryDirectory() as folder:
        began_at, port = time.monotonic(), free_port()
        with running_utility(Path(folder), accounts=accounts) as utility:
            sandbox_s = time.monotonic() - began_at
            sandbox_mib, began_at = resident_mib(utility.pid), time.monotonic()
            with running(gateway_command(port), utility.environment(Path(folder) / "house")) as gateway:
                wait_until_listening(gateway, port)
                gateway_s, gateway_mib = time.monotonic() - began_at, resident_mib(gateway.pid)
                url = f"http://{HOST}:{port}/graphql"
                _serve_home_screens(url, utility.customers(url, [HOLDER])[0].token)
                return Start(
                    gateway_s, gateway_mib, resident_mib(gateway.pid), sandbox_s, sandbox_mib, resident_mib(utility.pid)
                )


def ratios(found: Mapping[int, Sequence[Start]]) -> list[float]:
    """Divide the medians of the largest utility by those of the smallest, in the order of Start's fields."""
    small, large = _medians(found[min(found)]), _medians(found[max(found)])
    return [of_large / of_small for of_small, of_large in zip(small, large, strict=True)]


def table(found: Mapping[int, Sequence[Start]]) -> str:
    """Write the medians and, for more than one utility, their ratios."""
    lines = [f"{'':12}" + "".join(f"{heading:>14}" for heading in HEADINGS)]
    lines += [_line(f"{size:,}", _medians(starts)) for size, starts in found.items()]
    return "\n".join([*lines, _line("ratio", ratios(found))] if len(found) > 1 else lines)


def _line(title: str, values: Sequence[float]) -> str:
    return f"{title:12}" + "".join(f"{value:14.2f}" for value in values)


def _medians(starts: Sequence[Start]) -> list[float]:
    return [median(values) for values in zip(*map(astuple, starts), strict=True)]


def _serve_home_screens(url: str, token: str) -> None:
    headers, query = {"authorization": f"Bearer {token}"}, {"query": example_operations()["home"]}
    with httpx.Client(timeout=60, trust_env=False, headers=headers) as client:
        for _ in range(HOME_SCREENS):
            if "errors" in json.loads(client.post(url, json=query).raise_for_status().text):
                raise SystemExit("the home screen has errors: nothing was measured")


if __name__ == "__main__":
    main()
