"""Listeners: several HTTP servers in one event loop, each on a socket of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

_PAUSE_S = 0.005


class _Server(uvicorn.Server):
    """Serve without touching the process's signals: the sandbox ends all its listeners together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


@dataclass(frozen=True, slots=True)
class Listener:
    """Hold one running HTTP listener."""

    url: str
    _server: _Server
    _task: asyncio.Task[None]

    async def close(self) -> None:
        """Stop listening and end open connections."""
        self._server.should_exit = True
        await self._task


async def listen(app: ASGIApp, host: str, port: int, *, websockets: bool = False) -> Listener:
    """Serve an app; port 0 takes a free one. Returns when it answers; `OSError` when the port is taken."""
    sock = socket.create_server((host, port), backlog=512)
    # asyncio sets this only on sockets made with proto=IPPROTO_TCP; without it each answer waits 40 ms for an ACK.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="auto" if websockets else "none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    while not server.started:
        if task.done():
            await task
            raise OSError(f"the listener on {host}:{port} ended before it began")
        await asyncio.sleep(_PAUSE_S)
    return Listener(f"http://{host}:{sock.getsockname()[1]}", server, task)
