"""The outgoing port on httpx: a pool for one system, one deadline around everything, one repetition where it helps.

BodyTooLarge(Exception)    an answer's body passed the limit; the cause of an UpstreamMalformed
"""

import ssl
import time
from dataclasses import dataclass
from typing import Final

import httpx
from opentelemetry.propagate import inject

from connectors.transport.deadline import Deadline
from connectors.transport.port import Answer, Exchange
from connectors.transport.tracing import exchange_span
from schema.errors import UpstreamMalformed, UpstreamUnavailable
from schema.systems import System

_PASSING_STATUSES: Final = frozenset({502, 503, 504})
_HEADERS: Final = {"User-Agent": "gridgate", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """What one system may take of this process.

    `idle_s` is how long an unused connection is kept: shorter than a server keeps it (5 s is common), so that a write
    never meets a connection that is just being closed.
    """

    max_connections: int = 100
    max_idle: int = 50
    idle_s: float = 4.0
    max_body_bytes: int = 16 * 1024 * 1024


class BodyTooLarge(Exception):
    """The body passed the limit."""


class HttpTransport:
    """Carries exchanges to one system over its own pool, so that one hanging system takes no connection from another.

    Follows no redirect and reads no proxy from the environment. Certificates are checked, against `tls` where given.
    """

    def __init__(self, system: System, limits: PoolLimits | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._system = system
        self._limits = limits or PoolLimits()
        self._client = httpx.AsyncClient(
            headers=_HEADERS,
            verify=tls or True,
            follow_redirects=False,
            trust_env=False,
            timeout=None,  # noqa: S113 -- the deadline bounds the whole exchange, connecting and pool included
            limits=httpx.Limits(
                max_connections=self._limits.max_connections,
                max_keepalive_connections=self._limits.max_idle,
                keepalive_expiry=self._limits.idle_s,
            ),
        )

    async def send(self, exchange: Exchange, deadline: Deadline) -> Answer:
        """Return the answer; see `Transport.send`. Repeats once, while time allows, what may be repeated."""
        with exchange_span(self._system, exchange) as span:
            async with deadline.scope(self._system):
                answer = await self._send(exchange, deadline)
            span.set_attribute("http.response.status_code", answer.status)
            return answer

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _send(self, exchange: Exchange, deadline: Deadline) -> Answer:
        if not exchange.may_repeat:
            return await self._once(exchange)
        began_at = time.monotonic()
        try:
            answer = await self._once(exchange)
        except UpstreamUnavailable:
            if _is_too_late(began_at, deadline):
                raise
        else:
            if not _is_passing(answer) or _is_too_late(began_at, deadline):
                return answer
        return await self._once(exchange)

    async def _once(self, exchange: Exchange) -> Answer:
        headers = dict(exchange.headers)
        inject(headers)
        request = self._client.build_request(exchange.method, exchange.url, headers=headers, content=exchange.body)
        try:
            response = await self._client.send(request, stream=True)
        except httpx.TransportError as error:
            raise UpstreamUnavailable(self._system) from error
        try:
            return Answer(response.status_code, response.headers, await self._body(response))
        except httpx.RequestError as error:
            raise UpstreamMalformed(self._system) from error
        finally:
            await response.aclose()

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._limits.max_body_bytes:
                raise UpstreamMalformed(self._system) from BodyTooLarge(
                    f"more than {self._limits.max_body_bytes} bytes"
                )
        return bytes(body)


def _is_passing(answer: Answer) -> bool:
    """Tell whether a refusal may pass at once; one that says when to come back (RFC 9110, 10.2.3) will not."""
    return answer.status in _PASSING_STATUSES and "retry-after" not in answer.headers


def _is_too_late(began_at: float, deadline: Deadline) -> bool:
    """Tell whether less time is left than the first attempt took."""
    return deadline.remaining() < time.monotonic() - began_at
