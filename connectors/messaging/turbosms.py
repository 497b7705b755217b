"""TurboSMS (turbosms.ua): JSON with a bearer key; HTTP 200 whatever happened, the truth is in the codes.

A request that was taken may still have refused the recipient, so the recipient's own code decides. Source: the vendor's
API page. Its callback is described on a page of its own that is not at hand: the shape is what public receivers read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from json import dumps
from typing import Final

from connectors.legacy.errors import Unreadable
from connectors.legacy.rows import read_list
from connectors.messaging.sms import DeliveryReport, SentSms, SmsMessage, SmsRefused, SmsUnavailable, delivery_of
from connectors.messaging.wire import ask, read_object, text_of
from connectors.transport.deadline import Deadline
from connectors.transport.port import Answer, Exchange, Transport

_OK: Final = "0"
_TAKEN: Final = frozenset({_OK, "800", "801", "802", "803"})
_OF_THE_ACCOUNT: Final = frozenset(
    {"103", "105", "106", "203", "301", "400", "401", "500", "501", "502", "503", "504", "999"}
)
"""Key, balance, sender, or a failure there: the message is not at fault."""


@dataclass(frozen=True, slots=True)
class TurboSmsSettings:
    """An account at TurboSMS; `sender` is a name that it has approved."""

    token: str = field(repr=False)
    sender: str
    base_url: str = "https://api.turbosms.ua"


class TurboSms:
    """The port over TurboSMS, which reports by its own id."""

    def __init__(self, settings: TurboSmsSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport

    async def send(self, message: SmsMessage, deadline: Deadline) -> SentSms:
        """Send a message; see `SmsGateway.send`."""
        body = {"recipients": [message.recipient], "sms": {"sender": self._settings.sender, "text": message.text}}
        headers = {"Authorization": f"Bearer {self._settings.token}", "Content-Type": "application/json"}
        url = f"{self._settings.base_url.rstrip('/')}/message/send.json"
        exchange = Exchange("turbosms send", "POST", url, headers, dumps(body, ensure_ascii=False).encode())
        return _read_sent(await ask(self._transport, exchange, deadline))

    def read_reports(self, body: bytes, content_type: str) -> Sequence[DeliveryReport]:  # noqa: ARG002 -- always JSON
        """Read a callback; see `SmsGateway.read_reports`."""
        report = read_object(body)
        data = report.get("data")
        fields: Mapping[str, object] = data if isinstance(data, dict) else report
        delivery = delivery_of(text_of(fields, "status") or "")
        return [DeliveryReport(delivery, gateway_id=text_of(fields, "message_id"))] if delivery is not None else []


def _read_sent(answer: Answer) -> SentSms:
    try:
        body = read_object(answer.body)
        code = text_of(body, "response_code") or "MALFORMED"
        results = read_list(body.get("response_result")) if code in _TAKEN else []
    except Unreadable as error:
        raise SmsUnavailable("MALFORMED") from error
    if code not in _TAKEN:
        raise SmsRefused(code, permanent=code not in _OF_THE_ACCOUNT)
    if not results:
        raise SmsUnavailable("MALFORMED")
    own = text_of(results[0], "response_code") or "MALFORMED"
    if own not in _TAKEN:
        raise SmsRefused(own, permanent=own not in _OF_THE_ACCOUNT)
    return SentSms(text_of(results[0], "message_id"))
