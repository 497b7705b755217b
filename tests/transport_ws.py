"""A client of graphql-transport-ws over `websockets`, no larger than the protocol."""

import json
from asyncio import timeout
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PROTOCOL: Final = Subprotocol("graphql-transport-ws")
LONGEST_WAIT_S: Final = 20


@dataclass(frozen=True, slots=True)
class Connection:
    """An acknowledged connection; operations on it go by their ids."""

    socket: ClientConnection

    async def subscribe(self, query: str, variables: dict[str, Any], operation_id: str = "1") -> None:
        """Begin an operation."""
        payload = {"query": query, "variables": variables}
        await self._send({"id": operation_id, "type": "subscribe", "payload": payload})

    async def complete(self, operation_id: str = "1") -> None:
        """End an operation from this side."""
        await self._send({"id": operation_id, "type": "complete"})

    async def message(self) -> dict[str, Any]:
        """Return the next message; an event within LONGEST_WAIT_S or the test fails."""
        async with timeout(LONGEST_WAIT_S):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def event(self) -> dict[str, Any]:
        """Return the whole result of the next `next` message."""
        message = await self.message()
        assert message["type"] == "next", message
        result: dict[str, Any] = message["payload"]
        return result

    async def is_silent_for(self, seconds: float) -> None:
        """Listen for a while, and fail where anything is said."""
        with pytest.raises(TimeoutError):
            async with timeout(seconds):
                raise AssertionError(await self.socket.recv())

    async def _send(self, message: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(message))


@asynccontextmanager
async def connected(url: str, token: str | None = None, **options: Any) -> AsyncIterator[Connection]:  # noqa: ANN401 -- of websockets
    """Open a connection, with a token as `connection_init` carries it, and wait for the acknowledgement."""
    async with connect(url, subprotocols=[PROTOCOL], proxy=None, max_size=None, **options) as socket:
        payload = {"authorization": f"Bearer {token}"} if token else {}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        connection = Connection(socket)
        assert await connection.message() == {"type": "connection_ack"}
        yield connection
