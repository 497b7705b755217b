"""The sandbox as a process of its own: what it announced, and the hands on its control endpoint."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

_ROOT: Final = Path(__file__).parents[1]
_LONGEST_GOODBYE_S: Final = 10


@dataclass(frozen=True, slots=True)
class Holder:
    """A holder's account as the control endpoint tells it."""

    accounts: tuple[Mapping[str, Any], ...]

    @property
    def numbers(self) -> list[str]:
        return [account["number"] for account in self.accounts]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: its announcement and its control endpoint."""

    billing: Mapping[str, str]
    distribution: Mapping[str, str]
    supply: Mapping[str, str]
    control: httpx.Client

    def holder(self, size: int) -> Holder:
        """Return a holder of exactly that many accounts."""
        return self.holders(size, 1)[0]

    def holders(self, size: int, count: int) -> list[Holder]:
        """Return holders of exactly that many accounts each."""
        found = self._ask("GET", "/holders", params={"size": size, "count": count})
        return [Holder(tuple(each["accounts"])) for each in found]

    def calls(self, system: str) -> dict[str, int]:
        """Return what was asked of a system since `forget_calls`, by operation."""
        counted: dict[str, int] = self._ask("GET", "/calls")["systems"][system]
        return counted

    def forget_calls(self) -> None:
        """Set every counter to zero."""
        self._ask("DELETE", "/calls")

    @contextmanager
    def faults(self, system: str, **faults: object) -> Iterator[None]:
        """Give a system bad manners for a while."""
        self._ask("PUT", f"/faults/{system}", json=faults)
        try:
            yield
        finally:
            self._ask("DELETE", f"/faults/{system}")

    def post(self, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 -- JSON
        """Make something happen."""
        return self._ask("POST", path, json=body)

    def load_green_button(self, account: str, feed: bytes) -> str:
        """Replace an account's meter by an interval meter with a feed's readings; return its serial number."""
        serial: str = self._ask("POST", "/greenbutton", params={"account": account}, content=feed)["meter"]
        return serial

    def _ask(self, method: str, path: str, **arguments: Any) -> Any:  # noqa: ANN401 -- httpx's arguments, JSON
        answer = self.control.request(method, path, **arguments)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@contextmanager
def running_sandbox(**options: object) -> Iterator[Sandbox]:
    """Run a sandbox with command-line options (`accounts=61` is `--accounts 61`) and end it, whatever happens.

    It ends by itself when this process dies: its stdin closes.
    """
    flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--until-stdin-closes", *flags],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"the sandbox ended with {process.wait(_LONGEST_GOODBYE_S)} before it was ready"
        announced = json.loads(line)
        with httpx.Client(base_url=announced["control_url"], trust_env=False) as control:
            yield Sandbox(announced["billing"], announced["distribution"], announced["supply"], control)
    finally:
        process.terminate()
        process.communicate(timeout=_LONGEST_GOODBYE_S)
