"""A subscriber's phone: what it sends to the short number, and the reports that gateways send, as HTTP to the gateway.

Formats: PlayMobile's XML, or a JSON object whose field names were agreed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from xml.sax.saxutils import escape, quoteattr

import httpx

from sandbox.identity.sms_inbox import Text

PLAYMOBILE_XML = "playmobile-xml"
JSON_FIELDS = "json"
_LONGEST_S = 10


@dataclass(slots=True)
class Webhooks:
    """Hold where the operator delivers messages and reports, to be set once the other side is up."""

    inbound: str | None = None
    report: str | None = None


class NobodyThere(Exception):
    """Say that there is no address to deliver to, or nobody answers there."""


class Operator:
    """Deliver what subscribers send, and reports."""

    def __init__(self, webhooks: Webhooks, inbound_format: str) -> None:
        self._webhooks = webhooks
        self._format = inbound_format
        self._ids = count(1_107_962)

    async def deliver(self, phone: str, text: str, message_id: str | None = None) -> tuple[int, str]:
        """Deliver a message to the short number; gives the HTTP status that came back and the message's id."""
        number, named = phone.removeprefix("+"), message_id or str(next(self._ids))
        if self._format == JSON_FIELDS:
            content: dict[str, object] = {"json": {"message_id": named, "from": number, "text": text}}
        else:
            document = (
                f'<?xml version="1.0" encoding="UTF-8"?><sms-request version="1.0">'
                f'<message id={quoteattr(named)} msisdn={quoteattr(number)} submit-date="2026-11-02 14:00:00">'
                f'<content type="text/plain">{escape(text)}</content></message></sms-request>'
            )
            content = {"content": document.encode(), "headers": {"Content-Type": "text/xml"}}
        return await _post(self._webhooks.inbound, content), named

    async def report(self, text: Text, status: str) -> int:
        """Report what became of a message, as its gateway does; gives the HTTP status that came back."""
        if text.gateway == "eskiz":
            form = {"message_id": text.our_id, "user_sms_id": text.their_id or "", "status": status, "country": "UZ"}
            return await _post(text.callback_url, {"data": form})
        if text.gateway == "playmobile":
            body: object = {"messages": [{"message-id": text.their_id, "status": status}]}
        else:
            data = {"message_id": text.our_id, "status": status}
            body = {"id": text.our_id, "type": "message_status", "try": 1, "data": data}
        return await _post(self._webhooks.report, {"json": body})


async def _post(url: str | None, content: dict[str, object]) -> int:
    if url is None:
        raise NobodyThere("no address was given")
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=_LONGEST_S) as client:
            return (await client.post(url, **content)).status_code  # type: ignore[arg-type] # httpx's own arguments
    except httpx.TransportError as error:
        raise NobodyThere(f"nobody answers at {url}") from error
