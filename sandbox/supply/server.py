"""The supply system's listener: lets clients in, hears cancel requests, and ends with everything it began."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sandbox.calls import Calls
from sandbox.faults import FaultBoard
from sandbox.supply import scram, wire
from sandbox.supply.backend import Backend
from sandbox.supply.catalog import SETTINGS
from sandbox.supply.engine import Engine
from sandbox.supply.errors import Disconnected, FatalError, SqlError
from sandbox.supply.session import Session
from sandbox.world import World

__all__ = ["USER", "Supply", "serve"]

USER = "supply"
_REPORTED = (
    "server_version",
    "server_encoding",
    "client_encoding",
    "DateStyle",
    "IntervalStyle",
    "TimeZone",
    "integer_datetimes",
    "standard_conforming_strings",
    "is_superuser",
    "session_authorization",
)
_SASL, _SASL_CONTINUE, _SASL_FINAL, _OK = 10, 11, 12, 0


@dataclass(frozen=True, slots=True)
class Supply:
    """Hold the running stand-in.

    Attributes:
        port: where it listens.
        url: SQLAlchemy's address of it, password included.
    """

    port: int
    url: str
    _server: asyncio.Server
    _door: _Door

    async def close(self) -> None:
        """End every connection and let go of the port and the file."""
        self._server.close()
        await self._door.close()
        await self._server.wait_closed()


async def serve(  # noqa: PLR0913 - each is another part of the sandbox, named by the caller
    world: World, calls: Calls, board: FaultBoard, *, host: str, port: int, database: Path | None, password: str
) -> Supply:
    """Begin to listen; port 0 takes a free one, `database` is SQLite's file (`None`: in memory).

    The user and the database are called `supply`; the password is proved by SCRAM-SHA-256.
    """
    door = _Door(Backend(world, calls, board, Engine(world, database), password))
    server = await asyncio.start_server(door.enter, host, port)
    taken = int(server.sockets[0].getsockname()[1])
    url = f"postgresql+asyncpg://{USER}:{quote(password, safe='')}@{host}:{taken}/{USER}"
    return Supply(taken, url, server, door)


class _Door:
    """Receive connections, and know the sessions that a cancel request may name."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._visits: set[asyncio.Task[None]] = set()
        self._sessions: dict[tuple[int, int], Session] = {}
        self._processes = 0

    async def close(self) -> None:
        """Break off every connection and close the database."""
        for visit in self._visits:
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)
        self._backend.engine.close()

    def enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin a connection."""
        visit = asyncio.ensure_future(self._visit(reader, writer))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._receive(reader, writer)
        except SqlError as problem:
            writer.write(wire.error(problem))
        except (Disconnected, ConnectionError):
            pass  # the client went, or was cut off on purpose
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        startup = await wire.read_startup(reader)
        while startup.code in wire.ENCRYPTION:
            writer.write(b"N")
            startup = await wire.read_startup(reader)
        if startup.code == wire.CANCEL:
            self._cancel(wire.Cursor(startup.body))
            return
        options = startup.options()
        if self._backend.faults().hang:
            await reader.read()  # nothing is answered; the client leaves some day
            raise Disconnected
        self._backend.check_open()
        await self._authenticate(reader, writer, options.get("user", ""))
        if (database := options.get("database") or USER) != USER:
            raise FatalError("3D000", f'database "{database}" does not exist')
        await self._converse(reader, writer, options)

    def _cancel(self, cursor: wire.Cursor) -> None:
        """Interrupt the session whose pair of numbers is shown; a wrong pair is passed over in silence."""
        session = self._sessions.get((cursor.int32() & 0xFFFFFFFF, cursor.int32() & 0xFFFFFFFF))
        if session is not None:
            session.cancel()

    async def _authenticate(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, user: str) -> None:
        exchange = scram.Exchange(self._backend.verifier, user)
        writer.write(wire.authentication(_SASL, scram.MECHANISMS))
        cursor = wire.Cursor((await wire.read_message(reader)).body)
        cursor.text()  # the mechanism; there is only one
        writer.write(wire.authentication(_SASL_CONTINUE, exchange.first(cursor.counted() or b"")))
        proof = exchange.final((await wire.read_message(reader)).body)
        if user != USER:
            raise FatalError("28P01", f'password authentication failed for user "{user}"')
        writer.write(wire.authentication(_SASL_FINAL, proof) + wire.authentication(_OK))

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, options: dict[str, str]
    ) -> None:
        timeout_s = self._backend.timeout_s(options.get("statement_timeout", "0"))
        session = Session(reader, writer, self._backend, timeout_s)
        self._processes += 1
        key = (self._processes, secrets.randbits(32))
        self._sessions[key] = session
        writer.write(wire.parameter_statuses({name: SETTINGS[name] for name in _REPORTED}) + wire.backend_key(*key))
        try:
            await session.run()
        finally:
            del self._sessions[key]
