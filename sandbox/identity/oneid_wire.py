"""OneID's stand-in on the wire: parameters from the query or the body, refusals, and manners of time and outage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.identity.oneid_page import maintenance_page
from sandbox.identity.oneid_person import Quirks

Parameters = Mapping[str, str]
_GRANTS = frozenset({"one_authorization_code", "one_access_token_identify", "one_log_out"})


class OneIdRefused(Exception):
    """Refuse a request with HTTP 400 and OneID's body."""

    def __init__(self, message: str, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.message = message
        self.error = error
        self.status = status


def mannered_answer(
    answer: Callable[[Request, Parameters], Awaitable[Response]],
    operation: Callable[[Parameters], str],
    quirks: Quirks,
    record: Callable[[str], None],
) -> Callable[[Request], Awaitable[Response]]:
    """Put the record and the manners of time and outage before an answer."""

    async def mannered(request: Request) -> Response:
        asked = await parameters(request)
        record(operation(asked))
        if quirks.hang:
            while (await request.receive())["type"] != "http.disconnect":
                pass
        if quirks.hang or quirks.outage:
            return Response("Service Unavailable", 503, media_type="text/plain")
        return maintenance_page() if quirks.maintenance_page else await answer(request, asked)

    return mannered


def grant_of(asked: Parameters) -> str:
    """Name the operation of a POST."""
    named = asked.get("grant_type", "")
    return named if named in _GRANTS else "unknown"


def refusal_answer(now: Callable[[], datetime]) -> Callable[[Request, Exception], Response]:
    """Write refusals as OneID does: {"status", "message", "path", "error", "timestamp" (milliseconds)}."""

    def refusal(request: Request, error: Exception) -> Response:
        if not isinstance(error, OneIdRefused):
            raise error
        body = {
            "status": error.status,
            "message": error.message,
            "path": request.url.path,
            "error": error.error,
            "timestamp": int(now().timestamp() * 1000),
        }
        return JSONResponse(body, status_code=error.status)

    return refusal


async def parameters(request: Request) -> Parameters:
    """Give the parameters of the query string and of a form in the body, which wins."""
    body = (await request.body()).decode("utf-8", "replace")
    return dict([*request.query_params.items(), *parse_qsl(body, keep_blank_values=True)])
