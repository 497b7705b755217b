"""Eskiz, PlayMobile and TurboSMS on the wire: what each takes, and how each says no.

Eskiz takes forms and answers 400 to a `user_sms_id` that is not a number of at most 12 digits. PlayMobile answers 200
with a line of text, or 400 with a numbered error. TurboSMS answers 200 to everything and says the truth in codes.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.identity.sms_inbox import Inbox, Quirks, Text

Answer = Callable[[Request], Awaitable[Response]]
_UZBEK = re.compile(r"998\d{9}", re.ASCII)
_NUMBER = re.compile(r"\d{10,15}", re.ASCII)
_USER_SMS_ID = re.compile(r"\d{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Hold the one account at each gateway."""

    eskiz_email: str = "gridgate@example.org"
    eskiz_password: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)
    playmobile_login: str = "gridgate"
    playmobile_password: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)
    turbosms_token: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)


class Eskiz:
    """Answer Eskiz's requests. A token lives until it is forgotten."""

    def __init__(self, accounts: Accounts, inbox: Inbox, quirks: Quirks) -> None:
        self._accounts = accounts
        self._inbox = inbox
        self._quirks = quirks
        self._tokens: set[str] = set()

    async def log_in(self, request: Request) -> Response:
        """Give a token for e-mail and password."""
        form = await _form(request)
        if (form.get("email"), form.get("password")) != (self._accounts.eskiz_email, self._accounts.eskiz_password):
            return JSONResponse({"message": "Invalid credentials", "status": "error"}, status_code=401)
        token = secrets.token_urlsafe(32)
        self._tokens.add(token)
        return JSONResponse({"message": "token_generated", "data": {"token": token}, "token_type": "bearer"})

    async def send(self, request: Request) -> Response:
        """Take a message."""
        if self._quirks.forget_tokens:
            self._quirks.forget_tokens = False
            self._tokens.clear()
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return JSONResponse({"message": "Expired", "status": "error"}, status_code=401)
        form = await _form(request)
        if refusal := self._refusal(form):
            return JSONResponse({"id": None, "status": "error", "message": refusal}, status_code=400)
        text = Text(
            "eskiz",
            f"+{form['mobile_phone']}",
            form["from"],
            form["message"],
            str(uuid4()),
            form.get("user_sms_id"),
            form.get("callback_url"),
        )
        self._inbox.take(text)
        return JSONResponse({"id": text.our_id, "status": "waiting", "message": "Waiting for SMS provider"})

    def _refusal(self, form: Mapping[str, str]) -> str | None:
        if not _UZBEK.fullmatch(form.get("mobile_phone", "")):
            return "mobile_phone is invalid"
        if not form.get("message") or not form.get("from"):
            return "message and from are required"
        if not _USER_SMS_ID.fullmatch(form.get("user_sms_id", "0")):
            return "user_sms_id is invalid"
        return "Этот смс текст еще не прошёл модерацию" if self._quirks.unapproved_text else None


class PlayMobile:
    """Answer PlayMobile's requests."""

    def __init__(self, accounts: Accounts, inbox: Inbox, quirks: Quirks) -> None:
        credentials = f"{accounts.playmobile_login}:{accounts.playmobile_password}".encode()
        self._authorization = f"Basic {b64encode(credentials).decode()}".encode()
        self._inbox = inbox
        self._quirks = quirks

    async def send(self, request: Request) -> Response:
        """Take messages: all of a request, or none."""
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), self._authorization):
            return PlainTextResponse("Unauthorized", status_code=401)
        try:
            messages = [self._text(message) for message in json.loads(await request.body())["messages"]]
        except (ValueError, KeyError, TypeError):
            return _playmobile_error(101, "Syntax error")
        if self._quirks.playmobile_error is not None:
            return _playmobile_error(self._quirks.playmobile_error, "refused on purpose")
        if refused := next(filter(None, map(_playmobile_refusal, messages)), None):
            return _playmobile_error(*refused)
        for each in messages:
            self._inbox.take(each)
        return PlainTextResponse("Request is received")

    def _text(self, message: Mapping[str, object]) -> Text:
        sms = message["sms"]
        if not isinstance(sms, dict):
            raise TypeError("sms is no object")
        phone, their_id = str(message.get("recipient", "")), str(message.get("message-id", ""))
        text = str(sms["content"]["text"])
        return Text("playmobile", f"+{phone}", str(sms.get("originator", "")), text, str(uuid4()), their_id)


def _playmobile_refusal(text: Text) -> tuple[int, str] | None:
    if not _NUMBER.fullmatch(text.phone.removeprefix("+")):
        return 202, "Empty recipient"
    if not text.their_id:
        return 205, "Empty message-id"
    return None if text.originator else (401, "Empty originator")


class TurboSms:
    """Answer TurboSMS's requests."""

    def __init__(self, accounts: Accounts, inbox: Inbox, quirks: Quirks) -> None:
        self._token = accounts.turbosms_token.encode()
        self._inbox = inbox
        self._quirks = quirks

    async def send(self, request: Request) -> Response:
        """Take a message to many recipients."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            return _turbosms(103, "REQUIRED_TOKEN")
        if not hmac.compare_digest(token.encode(), self._token):
            return _turbosms(301, "INVALID_TOKEN")
        try:
            wanted = json.loads(await request.body())
            sms, recipients = wanted["sms"], [str(each) for each in wanted["recipients"]]
            originator, text = str(sms["sender"]), str(sms["text"])
        except (ValueError, KeyError, TypeError):
            return _turbosms(300, "INVALID_REQUEST")
        if self._quirks.turbosms_code is not None:
            return _turbosms(self._quirks.turbosms_code, "REFUSED_ON_PURPOSE")
        results = [self._result(recipient, originator, text) for recipient in recipients]
        if all(result["response_code"] == 0 for result in results):
            return _turbosms(800, "SUCCESS_MESSAGE_ACCEPTED", results)
        return _turbosms(802, "SUCCESS_MESSAGE_PARTIAL_ACCEPTED", results)

    def _result(self, recipient: str, originator: str, text: str) -> dict[str, object]:
        code = self._quirks.turbosms_recipient_code
        if code is None and not _NUMBER.fullmatch(recipient):
            code = 305
        if code is not None:
            return {"phone": recipient, "response_code": code, "message_id": None, "response_status": "REFUSED"}
        taken = Text("turbosms", f"+{recipient}", originator, text, str(uuid4()))
        self._inbox.take(taken)
        return {"phone": recipient, "response_code": 0, "message_id": taken.our_id, "response_status": "OK"}


def mannered(operation: str, answer: Answer, quirks: Quirks, record: Callable[[str], None]) -> Answer:
    """Put the record and the manners of time and outage around an answer; what is lost has been carried out."""

    async def given(request: Request) -> Response:
        record(operation)
        if quirks.outage:
            return PlainTextResponse("Service Unavailable", status_code=503)
        response = await answer(request)
        if quirks.hang:
            while (await request.receive())["type"] != "http.disconnect":
                pass
        if quirks.lose_answers:
            quirks.lose_answers -= 1
            return PlainTextResponse("Gateway Timeout", status_code=504)
        return PlainTextResponse("<html>oops", status_code=response.status_code) if quirks.malformed else response

    return given


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(errors="replace")))


def _playmobile_error(code: int, text: str) -> Response:
    return JSONResponse({"error-code": code, "error-description": text}, status_code=400)


def _turbosms(code: int, status: str, result: object = None) -> Response:
    return JSONResponse({"response_code": code, "response_status": status, "response_result": result})
