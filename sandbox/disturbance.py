"""Bad manners of bytes and time for an HTTP stand-in, as one pure-ASGI wrapper.

A disturbed call is still carried out and counted by the stand-in: only its answer is late, lost or damaged. That is the
worst the other side can do, and what a gateway must survive.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.faults import FaultBoard, Faults

_GARBAGE = b'{"items": [<oops \x00\xff\xfe not a document'
_CP1251 = "cp1251"


class Disturbed:
    """Wrap a stand-in's app so that its answers have the manners on the board.

    Order: latency, hang, error rate (HTTP 500), then malformed, wrong encoding, truncation of the body.
    """

    def __init__(self, app: ASGIApp, board: FaultBoard, system: str) -> None:
        self._app = app
        self._board = board
        self._system = system

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, then disturb the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, keep)
        faults = self._board.of(self._system)
        await asyncio.sleep(self._board.delay_s(self._system))
        if faults.hang:
            await self._hang(receive)
            return
        if self._board.fails(self._system):
            answer = _answer(500, b"text/plain; charset=utf-8", b"Internal Server Error")
        for message in _disturb(answer, faults):
            await send(message)

    async def _hang(self, receive: Receive) -> None:
        """Wait until the client leaves or the sandbox ends."""
        gone = asyncio.ensure_future(_disconnected(receive))
        closing = asyncio.ensure_future(self._board.closing.wait())
        _, pending = await asyncio.wait({gone, closing}, return_when=asyncio.FIRST_COMPLETED)
        for waiting in pending:
            waiting.cancel()


class QuietTruncation(logging.Filter):
    """Drop the server's complaint about an answer that was cut short on purpose."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every other record pass."""
        return not record.getMessage().startswith("ASGI callable returned without")


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _disturb(answer: list[Message], faults: Faults) -> list[Message]:
    """Damage the body, keeping status and headers; a truncated answer is never completed, so the server closes."""
    if not (faults.malformed or faults.wrong_encoding or faults.truncate):
        return answer
    start = answer[0]
    body = b"".join(message.get("body", b"") for message in answer[1:])
    if faults.malformed:
        body = _GARBAGE
    if faults.wrong_encoding and not faults.malformed:
        body = body.decode("utf-8").encode(_CP1251, "replace")
    declared = len(body) + 64 if faults.truncate else len(body)
    start = {**start, "headers": _with_length(start["headers"], declared)}
    sent = body[: len(body) // 2] if faults.truncate else body
    return [start, {"type": "http.response.body", "body": sent, "more_body": faults.truncate}]


def _with_length(headers: Iterable[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    return [*kept, (b"content-length", str(length).encode())]


def _answer(status: int, content_type: bytes, body: bytes) -> list[Message]:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    return [
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body, "more_body": False},
    ]
