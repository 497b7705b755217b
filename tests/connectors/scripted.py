"""An HTTP server on a real socket that answers as a test writes it, byte by byte; for what no healthy server does."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias


class Silence(Enum):
    """Ways not to answer."""

    HANG = "keep the connection open and say nothing"
    HANG_UP = "close the connection"


Reply: TypeAlias = bytes | Silence


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    head: str
    body: bytes


@dataclass(slots=True)
class Scripted:
    """A running server; the last reply of the script is given again and again."""

    script: Sequence[Reply]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lengths = [line.partition(":")[2] for line in head.split("\r\n") if line.lower().startswith("content-length:")]
        body = await reader.readexactly(int(lengths[0])) if lengths else b""
        reply = self.script[min(len(self.asked), len(self.script) - 1)]
        self.asked.append(Asked(head, body))
        if reply is Silence.HANG:
            await self.closing.wait()
        if not isinstance(reply, bytes):
            return False
        writer.write(reply)
        await writer.drain()
        return b"connection: close" not in reply


@asynccontextmanager
async def scripted(*script: Reply) -> AsyncIterator[Scripted]:
    """Serve a script."""
    running = Scripted(script)
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield running
    finally:
        running.closing.set()
        server.close()
        await server.wait_closed()


def http(body: bytes | str = b"", status: int = 200, *, declared: int | None = None, **headers: str) -> bytes:
    """Write an answer; `declared` is a Content-Length that may be wrong, and then the connection closes."""
    content = body if isinstance(body, bytes) else body.encode()
    fields = {"content-length": str(len(content) if declared is None else declared)}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    if declared is not None:
        fields["connection"] = "close"
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode() + content
