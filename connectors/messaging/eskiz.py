"""Eskiz (notify.eskiz.uz): a form, a bearer token that lives about 30 days, and reports to a callback address.

Source: the vendor's Postman collection and public clients; the bounds of `user_sms_id` were measured on the service.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from connectors.legacy.errors import Unreadable
from connectors.messaging.sms import DeliveryReport, SentSms, SmsMessage, SmsRefused, SmsUnavailable, delivery_of
from connectors.messaging.wire import ask, read_fields, read_object, text_of
from connectors.transport.deadline import Deadline
from connectors.transport.port import Answer, Exchange, Transport
from schema.errors import UpstreamError
from schema.systems import System

_UNAUTHORIZED: Final = 401
_OK: Final = 200
_OF_THE_MESSAGE: Final = frozenset({_OK, 400, 422})
_REASONS: Final = (("user_sms_id", "MESSAGE_ID"), ("модерац", "TEXT_NOT_APPROVED"), ("moderat", "TEXT_NOT_APPROVED"))
"""What its words mean; they themselves stay out of our log, since they may repeat the message."""


@dataclass(frozen=True, slots=True)
class EskizSettings:
    """An account at Eskiz. Without `callback_url`, which holds our secret, no reports are asked for."""

    email: str
    password: str = field(repr=False)
    sender: str = "4546"
    callback_url: str | None = field(default=None, repr=False)
    base_url: str = "https://notify.eskiz.uz/api"


class Eskiz:
    """The port over Eskiz. The token is kept until it is refused; of many who need a new one, one signs in."""

    def __init__(self, settings: EskizSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport
        self._token: str | None = None
        self._signing_in = asyncio.Lock()

    async def send(self, message: SmsMessage, deadline: Deadline) -> SentSms:
        """Send a message; see `SmsGateway.send`. A refused token is renewed once."""
        form = {
            "mobile_phone": message.recipient,
            "message": message.text,
            "from": self._settings.sender,
            "user_sms_id": message.id,
        }
        if self._settings.callback_url is not None:
            form["callback_url"] = self._settings.callback_url
        token = await self._valid_token(None, deadline)
        answer = await self._post("message/sms/send", form, deadline, token)
        if answer.status == _UNAUTHORIZED:
            token = await self._valid_token(token, deadline)
            answer = await self._post("message/sms/send", form, deadline, token)
        return _read_sent(answer)

    def read_reports(self, body: bytes, content_type: str) -> Sequence[DeliveryReport]:
        """Read a callback, JSON or a form; see `SmsGateway.read_reports`."""
        fields = read_fields(body, content_type)
        delivery = delivery_of(text_of(fields, "status") or "")
        named = text_of(fields, "user_sms_id"), text_of(fields, "message_id", "id")
        return [DeliveryReport(delivery, *named)] if delivery is not None else []

    async def _valid_token(self, refused: str | None, deadline: Deadline) -> str:
        """Return the token, a new one where there is none or the one refused is still it."""
        try:
            async with deadline.scope(System.IDENTITY), self._signing_in:
                if self._token is None or self._token == refused:
                    self._token = await self._sign_in(deadline)
                return self._token
        except UpstreamError as error:
            raise SmsUnavailable(error.code.value) from error

    async def _sign_in(self, deadline: Deadline) -> str:
        credentials = {"email": self._settings.email, "password": self._settings.password}
        answer = await self._post("auth/login", credentials, deadline)
        if answer.status != _OK:
            raise SmsRefused("SIGN_IN", permanent=False)
        data = _object_of(answer).get("data")
        token = data.get("token") if isinstance(data, dict) else None
        if not isinstance(token, str) or not token:
            raise SmsUnavailable("MALFORMED")
        return token

    async def _post(self, path: str, form: Mapping[str, str], deadline: Deadline, token: str | None = None) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = f"{self._settings.base_url.rstrip('/')}/{path}"
        return await ask(
            self._transport, Exchange(f"eskiz {path}", "POST", url, headers, urlencode(form).encode()), deadline
        )


def _read_sent(answer: Answer) -> SentSms:
    if answer.status == _UNAUTHORIZED:
        raise SmsRefused("TOKEN", permanent=False)
    body = _object_of(answer)
    if answer.status != _OK or text_of(body, "status") == "error":
        words = (text_of(body, "message") or "").lower()
        known = (code for mark, code in _REASONS if mark in words)
        code = next(known, f"HTTP_{answer.status}")
        raise SmsRefused(code, permanent=answer.status in _OF_THE_MESSAGE)
    return SentSms(text_of(body, "id"))


def _object_of(answer: Answer) -> Mapping[str, object]:
    try:
        return read_object(answer.body)
    except Unreadable as error:
        raise SmsUnavailable("MALFORMED") from error
