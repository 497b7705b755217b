"""Middleware in pure ASGI: a bound on request bodies, and headers that every answer carries."""

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schema.errors import ErrorCode


class BoundedBody:
    """Refuse request bodies over a size with 413, before and while they are read."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on while it stays within the bound."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdigit() or int(declared) > self._max_bytes:
            await _too_large(self._max_bytes)(scope, receive, send)
            return
        try:
            await self._app(scope, self._counting(receive), send)
        except _BodyTooLargeError:
            await _too_large(self._max_bytes)(scope, receive, send)

    def _counting(self, receive: Receive) -> Receive:
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_bytes:
                raise _BodyTooLargeError
            return message

        return counted


class AnswerHeaders:
    """Add headers to every HTTP answer that does not set them itself."""

    def __init__(self, app: ASGIApp, headers: Sequence[tuple[str, str]]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add to what comes back."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers:
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class BriefStartFailure:
    """Say in one line, without a traceback, why the start failed; the server logs it and exits."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; shorten the message of a failed start to its last line."""

        async def brief(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                message = {**message, "message": message["message"].strip().splitlines()[-1]}
            await send(message)

        await self._app(scope, receive, brief if scope["type"] == "lifespan" else send)


class _BodyTooLargeError(Exception):
    """The body grew over the bound while it was read."""


def _too_large(max_bytes: int) -> JSONResponse:
    error = {
        "message": f"A request may have {max_bytes} bytes.",
        "extensions": {"code": ErrorCode.REQUEST_TOO_LARGE.value, "limit": max_bytes},
    }
    return JSONResponse({"errors": [error]}, status_code=413)
