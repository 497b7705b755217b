"""Webhooks of SMS operators: what subscribers send to the short number, and what became of our messages.

Operators sign nothing. What speaks for a caller is the secret in the path, compared in constant time, and the network
that it calls from, where the operator names one. Whoever has not both finds nothing here (404).
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final, TypeAlias

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from auth.sms_credentials import SmsCredentials
from auth.sms_sending import SmsSender
from connectors.legacy.errors import Unreadable
from connectors.messaging.inbound import MAX_BODY, InboundReader

_ANY: Final = ()

log = structlog.get_logger("gridgate")

Network: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class SmsWebhooks:
    """What the webhooks call. `secret` is part of their address; `networks` bounds the callers, unless it is empty."""

    secret: str = field(repr=False)
    read_inbound: InboundReader
    credentials: SmsCredentials
    sender: SmsSender
    networks: Sequence[Network] = _ANY

    def admits(self, request: Request) -> bool:
        """Tell whether a request is an operator's."""
        given = request.path_params["secret"].encode(errors="surrogatepass")
        knows_secret = hmac.compare_digest(given, self.secret.encode())
        return knows_secret and (not self.networks or self._is_near(request.client.host if request.client else ""))

    def _is_near(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(parsed, "ipv4_mapped", None)
        return any((mapped or parsed) in network for network in self.networks)


def routes(find: Callable[[Request], SmsWebhooks]) -> list[Route]:
    """Return the routes; `find` gives what they call, once the house is open."""

    async def inbound(request: Request) -> Response:
        return await _inbound(find(request), request)

    async def report(request: Request) -> Response:
        return await _report(find(request), request)

    return [
        Route("/webhooks/sms/{secret}/inbound", inbound, methods=["POST"]),
        Route("/webhooks/sms/{secret}/report", report, methods=["POST"]),
    ]


async def _inbound(webhooks: SmsWebhooks, request: Request) -> Response:
    """Take messages to the short number; 200 once they are queued, so that what we lost is delivered again."""
    if not webhooks.admits(request):
        return Response(status_code=404)
    body = await _read(request)
    if body is None:
        return Response(status_code=413)
    try:
        messages = webhooks.read_inbound(body, request.headers.get("content-type", ""))
    except Unreadable as error:
        log.warning("sms_inbound_unreadable", reason=str(error))
        return Response(status_code=400)
    for message in messages:
        await webhooks.credentials.received(message)
    return Response()


async def _report(webhooks: SmsWebhooks, request: Request) -> Response:
    """Take delivery reports; 200 also for what is unknown or cannot be read, for no repetition would change that."""
    if not webhooks.admits(request):
        return Response(status_code=404)
    body = await _read(request)
    if body is None:
        return Response(status_code=413)
    try:
        reports = webhooks.sender.gateway.read_reports(body, request.headers.get("content-type", ""))
    except Unreadable as error:
        log.warning("sms_report_unreadable", reason=str(error))
        return Response()
    await webhooks.sender.note(reports)
    return Response()


async def _read(request: Request) -> bytes | None:
    """Read the body, None where it passes the bound."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)
