"""Where the gateway's processor time goes: its stack is sampled while it answers, one request after another.

A sample every millisecond of processor time costs next to nothing, where cProfile would make small functions look dear.
It belongs to the innermost part of the house or package on the stack, which the standard library's functions work for.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette

from benchmarks.processes import ROOT
from benchmarks.utility import Customer
from gateway.app import create_app_from_settings, example_operations

EVERY_S: Final = 0.001
SHOWN: Final = 30
WARM_UP: Final = 5
BODY: Final = json.dumps({"query": example_operations()["home"]}).encode()
HTTPX, SQL, REST = "httpx, httpcore, h11", "sqlalchemy and its drivers", "the event loop and the rest"
PACKAGES: Final = {
    **dict.fromkeys(("httpx", "httpcore", "h11", "anyio", "sniffio"), HTTPX),
    **dict.fromkeys(("sqlalchemy", "asyncpg", "aiosqlite"), SQL),
    "graphql": "graphql-core",
    "json": "json",
}
AROUND: Final = frozenset({"", "starlette"})
"""Parts whose functions do nothing but call what is within."""
WAITING: Final = frozenset({"select", "run", "_worker", "wait", "_connection_worker_thread"})
"""Functions in which a thread has nothing to do: its stack says nothing then."""


@dataclass(slots=True)
class Samples:
    """How many samples fell to each part, and to each function itself or to what it called."""

    parts: Counter[str] = field(default_factory=Counter)
    own: Counter[str] = field(default_factory=Counter)
    within: Counter[str] = field(default_factory=Counter)

    def take(self, _signal: int, frame: FrameType | None) -> None:
        """Note the stack that runs now: the event loop's, or that of a thread that works for it."""
        stacks = [_stack(frame), *(_stack(each) for each in _other_threads())]
        stack = next((stack for stack in stacks if stack and stack[0].co_name not in WAITING), stacks[0])
        places = [_place(code) for code in stack if not code.co_filename.startswith("<")]  # generated: its caller's
        self.parts[next((part for part, _ in places if part), REST)] += 1
        self.own.update(name for _, name in places[:1])
        self.within.update({name for part, name in places if part not in AROUND})

    def show(self, title: str) -> None:
        """Print the parts, and the functions that lead."""
        total = self.parts.total() or 1
        for heading, counts, shown in (
            (title, self.parts, len(self.parts)),
            ("  functions, themselves", self.own, SHOWN),
            ("  functions, with all that they call", self.within, SHOWN),
        ):
            print(heading)
            for name, count in counts.most_common(shown):
                print(f"    {count / total:6.1%}  {name}")


def profile(environment: Mapping[str, str], customers: Sequence[Customer], seconds: float) -> None:
    """Answer home screens in this process, some seconds for each customer, and print where the time went."""
    os.environ.update(environment)
    app = create_app_from_settings()
    with asyncio.Runner(loop_factory=uvicorn.Config(app).get_loop_factory()) as runner:
        runner.run(_profile(app, customers, seconds))


async def _profile(app: Starlette, customers: Sequence[Customer], seconds: float) -> None:
    async with app.router.lifespan_context(app) as state:
        for customer in customers:
            for _ in range(WARM_UP):
                await _ask(app, state or {}, customer)
            samples, asked = Samples(), 0
            before_s, until = time.process_time(), time.monotonic() + seconds
            with _sampling(samples):
                while time.monotonic() < until:
                    await _ask(app, state or {}, customer)
                    asked += 1
            spent_ms = (time.process_time() - before_s) / asked * 1e3
            samples.show(f"{customer.accounts} account(s): {spent_ms:.1f} ms of processor time per request, of which")


async def _ask(app: Starlette, state: Mapping[str, Any], customer: Customer) -> None:
    """Send a home screen through the application, without a server in front of it."""
    headers = [(b"authorization", f"Bearer {customer.token}".encode()), (b"content-type", b"application/json")]
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "method": "POST",
        "headers": headers,
    }
    scope |= {"path": "/graphql", "raw_path": b"/graphql", "query_string": b"", "root_path": "", "state": dict(state)}
    answer = bytearray()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: Any) -> None:  # noqa: ANN401 -- ASGI's message
        answer.extend(message.get("body", b""))

    await app(scope, receive, send)
    if b'"errors"' in answer or b'"data"' not in answer:
        raise SystemExit(f"the home screen has errors: {answer[:500]!r}")


@contextmanager
def _sampling(samples: Samples) -> Iterator[None]:
    before = signal.signal(signal.SIGPROF, samples.take)
    signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _stack(frame: FrameType | None) -> list[CodeType]:
    """Return what runs, innermost first."""
    codes: list[CodeType] = []
    while frame is not None:
        codes.append(frame.f_code)
        frame = frame.f_back
    return codes


def _other_threads() -> Iterator[FrameType]:
    here = threading.get_ident()
    # The interpreter is locked while it lists its frames: a garbage collection just then would wait for itself.
    gc.disable()
    try:
        frames = sys._current_frames()  # noqa: SLF001 -- the documented way
    finally:
        gc.enable()
    return (frame for thread, frame in frames.items() if thread != here)


@cache
def _place(code: CodeType) -> tuple[str, str]:
    """Return the part that a function belongs to, empty for the standard library and this benchmark, and its name."""
    path = Path(code.co_filename)
    if "site-packages" in path.parts:
        inside = path.parts[path.parts.index("site-packages") + 1 :]
        part = PACKAGES.get(inside[0], inside[0])
    elif path.is_relative_to(ROOT):
        inside = path.relative_to(ROOT).parts
        part = "" if inside[0] == "benchmarks" else "/".join(inside[: 2 if inside[0] == "connectors" else 1])
    else:
        inside = path.parts[-2:]
        part = PACKAGES.get(inside[0], "")
    return part, f"{'/'.join(inside[-3:])}:{code.co_firstlineno} {code.co_qualname}"
