"""PlayMobile (smsxabar.uz): JSON with Basic authentication, numbered errors, and reports by our own id.

Source: the error list of the package playmobile-client, and public clients; spellings of reports other than
"Delivered" are not published, so all that are common are known.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from json import dumps
from typing import Final

from connectors.legacy.errors import Unreadable
from connectors.legacy.rows import read_list
from connectors.messaging.sms import DeliveryReport, SentSms, SmsMessage, SmsRefused, delivery_of
from connectors.messaging.wire import ask, read_object, text_of
from connectors.transport.deadline import Deadline
from connectors.transport.port import Answer, Exchange, Transport

_OK: Final = 200
_OF_THE_MESSAGE: Final = 400
_OF_THE_ACCOUNT: Final = frozenset({"100", "102", "103"})
"""Internal error, account locked, no channel: the message is not at fault."""


@dataclass(frozen=True, slots=True)
class PlayMobileSettings:
    """An account at PlayMobile; `originator` is the number or name that messages come from."""

    login: str
    password: str = field(repr=False)
    originator: str
    base_url: str = "https://send.smsxabar.uz"


class PlayMobile:
    """The port over PlayMobile, which gives no id of its own."""

    def __init__(self, settings: PlayMobileSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport

    async def send(self, message: SmsMessage, deadline: Deadline) -> SentSms:
        """Send a message; see `SmsGateway.send`."""
        sms = {"originator": self._settings.originator, "content": {"text": message.text}}
        body = {"messages": [{"recipient": message.recipient, "message-id": message.id, "sms": sms}]}
        credentials = b64encode(f"{self._settings.login}:{self._settings.password}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json; charset=UTF-8"}
        url = f"{self._settings.base_url.rstrip('/')}/broker-api/send"
        exchange = Exchange("playmobile send", "POST", url, headers, dumps(body, ensure_ascii=False).encode())
        answer = await ask(self._transport, exchange, deadline)
        if answer.status != _OK:
            raise _refusal(answer)
        return SentSms(None)

    def read_reports(self, body: bytes, content_type: str) -> Sequence[DeliveryReport]:  # noqa: ARG002 -- always JSON
        """Read a report; see `SmsGateway.read_reports`."""
        rows = read_list(read_object(body).get("messages"))
        read = [(delivery_of(text_of(row, "status") or ""), text_of(row, "message-id")) for row in rows]
        return [DeliveryReport(delivery, message_id=named) for delivery, named in read if delivery is not None]


def _refusal(answer: Answer) -> SmsRefused:
    """Read an error; whoever is not let in at all is not refused because of the message."""
    try:
        body: Mapping[str, object] = read_object(answer.body)
    except Unreadable:
        body = {}
    code = text_of(body, "error-code")
    if answer.status != _OF_THE_MESSAGE or code is None:
        return SmsRefused(f"HTTP_{answer.status}", permanent=answer.status == _OF_THE_MESSAGE)
    return SmsRefused(code[:10], permanent=code not in _OF_THE_ACCOUNT)
