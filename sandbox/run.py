"""Wiring: the stand-ins around one world, from the first listener to the last goodbye."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import signal
import sys
import threading
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from sandbox import billing, control
from sandbox.calls import Calls
from sandbox.distribution import app as distribution
from sandbox.faults import FaultBoard
from sandbox.greenbutton import FeedRefused
from sandbox.identity.neighbours import settle
from sandbox.listeners import Listener, listen
from sandbox.mirror import Mirror
from sandbox.quirks import QuirkBoard
from sandbox.supply import postgres
from sandbox.supply import server as supply
from sandbox.world import World

_log = logging.getLogger("sandbox")
SEEDED_ACCOUNTS = 2_000
"""So many accounts at most are written into a real PostgreSQL."""


@dataclass(frozen=True, slots=True)
class Options:
    """Hold where to listen and what to load; see `python -m sandbox --help`."""

    host: str
    control_port: int
    billing_port: int
    distribution_port: int
    supply_port: int
    supply_url: str | None
    data_dir: Path
    green_button: Path | None
    until_stdin_closes: bool


async def run(world: World, options: Options) -> None:
    """Serve until a signal (or the end of stdin) comes; print the announcement when every listener answers."""
    stop = _stop_event(until_stdin_closes=options.until_stdin_closes)
    if options.green_button is not None:
        load_feeds(world, options.green_button)
    async with AsyncExitStack() as open_doors:
        announcement = await _open_all(open_doors, world, options)
        sys.stdout.write(json.dumps(announcement) + "\n")
        sys.stdout.flush()
        await stop.wait()


async def _open_all(open_doors: AsyncExitStack, world: World, options: Options) -> dict[str, object]:
    """Open every listener, and give what is announced of them."""
    calls, board = Calls(), FaultBoard(world.utility.zone)
    api_key, soap_password, supply_password = map(_secret, ("API_KEY", "SOAP_PASSWORD", "SUPPLY_PASSWORD"))
    soap_user = os.environ.get("SANDBOX_SOAP_USER", "gridgate")
    billing_app = billing.create_app(world, calls, board, api_key=api_key)
    soap_app = distribution.create_app(world, calls, board, user=soap_user, password=soap_password)
    neighbours = settle(world, calls, _secret)
    control_app = control.create_app(world, calls, board, QuirkBoard(neighbours.quirks))
    supply_url = await _open_supply(open_doors, world, calls, board, options, supply_password)
    listeners: list[Listener] = []
    open_doors.push_async_callback(_close_all, listeners)
    for app, port in (
        (billing_app, options.billing_port),
        (soap_app, options.distribution_port),
        (control_app, options.control_port),
    ):
        listeners.append(await listen(app, options.host, port))
    billing_url, soap_url, control_url = (listener.url for listener in listeners)
    identity = await neighbours.open(options.host, listeners)
    open_doors.callback(board.closing.set)  # first of all: whoever hangs on purpose lets go
    soap = {"url": f"{soap_url}/soap", "wsdl_url": f"{soap_url}/soap?wsdl", "user": soap_user}
    return {
        "billing": {"url": billing_url, "api_key": api_key},
        "distribution": {**soap, "password": soap_password},
        "supply": {"url": supply_url},
        "identity": identity,
        "control_url": control_url,
    }


async def _close_all(listeners: list[Listener]) -> None:
    await asyncio.gather(*(listener.close() for listener in listeners))


async def _open_supply(  # noqa: PLR0913, PLR0917 - each is another part of the sandbox
    open_doors: AsyncExitStack, world: World, calls: Calls, board: FaultBoard, options: Options, password: str
) -> str:
    """Open the supply system, built in or in a real PostgreSQL, and give its address."""
    if options.supply_url is not None:
        if world.size > SEEDED_ACCOUNTS:
            _log.warning("PostgreSQL gets the payments of the first %d accounts only", SEEDED_ACCOUNTS)
        await postgres.seed(world, options.supply_url, accounts=SEEDED_ACCOUNTS)
        mirror = Mirror(world, options.supply_url)
        mirror.begin()
        open_doors.push_async_callback(mirror.close)
        return options.supply_url.replace("postgresql://", "postgresql+asyncpg://", 1)
    options.data_dir.mkdir(parents=True, exist_ok=True)
    system = await supply.serve(
        world,
        calls,
        board,
        host=options.host,
        port=options.supply_port,
        database=options.data_dir / "supply.sqlite3",
        password=password,
    )
    open_doors.push_async_callback(system.close)
    return system.url


def load_feeds(world: World, folder: Path) -> None:
    """Load a folder's Green Button feeds, by name, into the first meters of holders of ten and then of fifty accounts.

    A feed that is not electricity is passed over with a line in the log. `GET /greenbutton` tells what went where.
    """
    numbers = chain.from_iterable(chain(world.holders(10), world.holders(50)))
    for path, account in zip(sorted(folder.glob("*.xml")), numbers, strict=False):
        try:
            world.load_green_button(account, path)
        except FeedRefused as refused:
            _log.warning("%s is passed over: %s", path.name, refused)


def _secret(name: str) -> str:
    return os.environ.get(f"SANDBOX_{name}") or secrets.token_urlsafe(24)


def _stop_event(*, until_stdin_closes: bool) -> asyncio.Event:
    """Give an event that is set by SIGTERM, SIGINT and, if asked, by the end of stdin."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    if until_stdin_closes:
        threading.Thread(target=_wait_for_end, args=(loop, stop), daemon=True).start()
    return stop


def _wait_for_end(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Read stdin to its end; by descriptor, because a lock of sys.stdin held at exit would abort the interpreter."""
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(stop.set)
